//! Signals that ask the program to end: the first one asks for an orderly end, the second one for an end at once.

use std::io;
use std::sync::atomic::{AtomicU8, Ordering};

use crate::exit_status::ExitStatus;

/// The exit status that the last signal stands for. 0 if there was none.
static STATUS: AtomicU8 = AtomicU8::new(0);

/// Returns the exit status of a program that was interrupted: 128 and the number of the signal, as shells have it.
pub(crate) fn exit_status() -> u8 {
    match STATUS.load(Ordering::Relaxed) {
        0 => ExitStatus::Interrupted as u8,
        status => status,
    }
}

/// Returns `true` once a signal has asked for the end.
pub(crate) fn is_requested() -> bool {
    STATUS.load(Ordering::Relaxed) != 0
}

/// A request to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Signal {
    /// A person pressed Ctrl-C, and may press it again.
    Interrupt,
    /// Any of the others: who sends one often sends SIGKILL next.
    Terminate,
}

/// Calls `first` for the first signal, on a thread of its own, and `second` for the second one, after which the program
/// ends. A third one ends it even if `second` cannot go on, as standard error may be a pipe that nobody reads.
pub(crate) fn listen(
    first: impl FnOnce(Signal) + Send + 'static,
    second: impl FnOnce() + Send + 'static,
) -> io::Result<()> {
    let (mut first, mut second) = (Some(first), Some(second));
    system::listen(move |signal, status| {
        STATUS.store(status, Ordering::Relaxed);
        if let Some(first) = first.take() {
            return first(signal);
        }
        if let Some(second) = second.take() {
            second();
        }
        std::process::exit(status.into());
    })
}

pub(crate) use self::system::survive_file_size_limit;

#[cfg(unix)]
mod system {
    use std::io;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::thread;

    use signal_hook::consts::{SIGALRM, SIGHUP, SIGINT, SIGTERM, SIGUSR1, SIGUSR2, SIGXCPU, SIGXFSZ};
    use signal_hook::flag;
    use signal_hook::iterator::SignalsInfo;
    use signal_hook::iterator::exfiltrator::WithRawSiginfo;

    use super::Signal;

    /// The signals that end a program by default and that others send for that: job schedulers announce the end of a
    /// job by SIGUSR1, SIGUSR2 or SIGXCPU. SIGQUIT keeps its effect, as it asks for a core dump.
    const ENDING: [i32; 7] = [SIGINT, SIGTERM, SIGHUP, SIGXCPU, SIGUSR1, SIGUSR2, SIGALRM];

    /// Makes a write beyond the limit on the size of files (`ulimit -f`) fail like any other one. By default SIGXFSZ
    /// ends the program in the middle of a line.
    pub(crate) fn survive_file_size_limit() {
        // A handler that does next to nothing; without one the program is no worse off.
        let _ = flag::register(SIGXFSZ, Arc::default());
    }

    pub(super) fn listen(mut handle: impl FnMut(Signal, u8) + Send + 'static) -> io::Result<()> {
        // With its details, as a signal without them that comes twice before the thread runs is told once.
        let mut signals = SignalsInfo::<WithRawSiginfo>::new([0_i32; 0])?;
        let is_leaving = Arc::new(AtomicBool::new(false));
        let ignored = Ignored::read();
        for signal in ENDING {
            if !ignored.includes(signal) {
                flag::register_conditional_shutdown(signal, status_of(signal).into(), Arc::clone(&is_leaving))?;
                signals.add_signal(signal)?;
            }
        }
        let is_second = Arc::clone(&is_leaving);
        let thread = thread::Builder::new().name("signals".to_owned()).spawn(move || {
            let mut has_come = false;
            for info in signals.forever() {
                let signal = if info.si_signo == SIGINT { Signal::Interrupt } else { Signal::Terminate };
                is_second.store(has_come, Ordering::SeqCst);
                has_come = true;
                handle(signal, status_of(info.si_signo));
            }
        });
        // Without a thread, the first signal ends the program at once: the handlers above keep the system from doing
        // so. As long as the thread is only slow to start, a signal waits for it.
        thread.map(drop).inspect_err(|_| is_leaving.store(true, Ordering::SeqCst))
    }

    fn status_of(signal: i32) -> u8 {
        u8::try_from(signal).unwrap_or_default().saturating_add(128)
    }

    /// The signals that were ignored when the program started, as `nohup` does with SIGHUP. They stay ignored.
    struct Ignored(Option<u64>);

    impl Ignored {
        /// Reads them where that can be done without `unsafe`: on Linux.
        fn read() -> Self {
            Self(std::fs::read_to_string("/proc/self/status").ok().and_then(|status| parse(&status)))
        }

        fn includes(&self, signal: i32) -> bool {
            match (signal, self.0) {
                // Shells ignore it for what they start in the background. Who sends it to that means it.
                (SIGINT, _) => false,
                // Elsewhere SIGHUP keeps its effect: `nohup` works, and otherwise the program ends at once.
                (signal, None) => signal == SIGHUP,
                (signal, Some(mask)) => u32::try_from(signal - 1)
                    .ok()
                    .and_then(|bit| mask.checked_shr(bit))
                    .is_some_and(|rest| rest & 1 == 1),
            }
        }
    }

    /// Finds the mask of ignored signals in a process's status: bit 0 is signal 1.
    fn parse(status: &str) -> Option<u64> {
        let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"))?;
        u64::from_str_radix(mask.trim(), 16).ok()
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn ignored_signals_stay_ignored_but_for_ctrl_c() {
            let status = "Name:\tidentifai\nSigBlk:\t0000000000000000\nSigIgn:\t0000000000001003\nSigCgt:\t0\n";
            let ignored = Ignored(parse(status));
            assert!(ignored.includes(SIGHUP), "bit 0");
            assert!(!ignored.includes(SIGINT) && !ignored.includes(SIGTERM) && !ignored.includes(SIGXCPU));
        }

        #[test]
        fn without_a_status_a_hangup_keeps_its_effect() {
            for status in ["", "SigIgn:\tnonsense\n"] {
                let ignored = Ignored(parse(status));
                assert!(ignored.includes(SIGHUP) && !ignored.includes(SIGTERM) && !ignored.includes(SIGINT));
            }
        }
    }
}

#[cfg(not(unix))]
mod system {
    use std::io;

    use super::Signal;
    use crate::exit_status::ExitStatus;

    /// Does nothing: there is no such limit.
    pub(crate) fn survive_file_size_limit() {}

    pub(super) fn listen(mut handle: impl FnMut(Signal, u8) + Send + 'static) -> io::Result<()> {
        ctrlc::set_handler(move || handle(Signal::Interrupt, ExitStatus::Interrupted as u8)).map_err(io::Error::other)
    }
}
