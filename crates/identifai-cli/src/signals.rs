//! Signals that end the program: the first one lets it finish its work in progress, and the second one ends it at once.

use std::io;
use std::sync::atomic::{AtomicU8, Ordering};

use crate::exit_status::ExitStatus;

/// The exit status that corresponds to the last signal. 0 if there was no signal.
static STATUS: AtomicU8 = AtomicU8::new(0);

/// Returns the exit status of an interrupted program: 128 plus the number of the signal, as in shells.
pub(crate) fn exit_status() -> u8 {
    match STATUS.load(Ordering::Relaxed) {
        0 => ExitStatus::Interrupted as u8,
        status => status,
    }
}

/// Returns `true` after a signal has requested the end of the program.
pub(crate) fn is_requested() -> bool {
    STATUS.load(Ordering::Relaxed) != 0
}

/// The kind of a signal that ends the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Signal {
    /// SIGINT: a person pressed Ctrl-C and may press it again.
    Interrupt,
    /// Any other signal. The sender often sends SIGKILL next.
    Terminate,
}

/// Calls `first` at the first signal and `second` at the second signal, on a separate thread. The program ends after
/// `second`. A third signal ends it even if `second` is blocked, which happens if standard error is a full pipe that
/// nothing reads.
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

pub(crate) use self::system::handle_file_size_signal;

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

    /// The signals that end a program by default and that are sent for this purpose. Job schedulers announce the end of
    /// a job by SIGUSR1, SIGUSR2 or SIGXCPU. SIGQUIT keeps its default effect, because it requests a core dump.
    const ENDING: [i32; 7] = [SIGINT, SIGTERM, SIGHUP, SIGXCPU, SIGUSR1, SIGUSR2, SIGALRM];

    /// Makes a write beyond the limit on the file size (`ulimit -f`) return an error. By default, SIGXFSZ ends the
    /// program in the middle of a line.
    pub(crate) fn handle_file_size_signal() {
        // The handler only sets a flag that is not read. If it cannot be installed, SIGXFSZ keeps its default effect.
        let _ = flag::register(SIGXFSZ, Arc::default());
    }

    pub(super) fn listen(mut handle: impl FnMut(Signal, u8) + Send + 'static) -> io::Result<()> {
        // Signals are received with their details. Without them, a signal that arrives twice before the thread runs is
        // reported only once.
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
        // If the thread cannot be started, the first signal must end the program at once, because the handlers above
        // disable the default effect. If the thread is only slow to start, a signal waits for it.
        thread.map(drop).inspect_err(|_| is_leaving.store(true, Ordering::SeqCst))
    }

    fn status_of(signal: i32) -> u8 {
        u8::try_from(signal).unwrap_or_default().saturating_add(128)
    }

    /// The signals that were ignored when the program started, such as SIGHUP under `nohup`. They stay ignored.
    struct Ignored(Option<u64>);

    impl Ignored {
        /// Reads the ignored signals on Linux. On other systems, this would require `unsafe`.
        fn read() -> Self {
            Self(std::fs::read_to_string("/proc/self/status").ok().and_then(|status| parse(&status)))
        }

        fn includes(&self, signal: i32) -> bool {
            match (signal, self.0) {
                // Shells make background jobs ignore SIGINT. A SIGINT sent to one is meant to end it.
                (SIGINT, _) => false,
                // The ignored signals are unknown on other systems. SIGHUP is not handled there, so `nohup` works, and
                // without `nohup` SIGHUP ends the program at once.
                (signal, None) => signal == SIGHUP,
                (signal, Some(mask)) => u32::try_from(signal - 1)
                    .ok()
                    .and_then(|bit| mask.checked_shr(bit))
                    .is_some_and(|rest| rest & 1 == 1),
            }
        }
    }

    /// Parses the mask of ignored signals from the status of a process. Bit 0 is signal 1.
    fn parse(status: &str) -> Option<u64> {
        let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"))?;
        u64::from_str_radix(mask.trim(), 16).ok()
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn ignored_signals_stay_ignored_except_sigint() {
            let status = "Name:\tidentifai\nSigBlk:\t0000000000000000\nSigIgn:\t0000000000001003\nSigCgt:\t0\n";
            let ignored = Ignored(parse(status));
            assert!(ignored.includes(SIGHUP), "bit 0");
            assert!(!ignored.includes(SIGINT) && !ignored.includes(SIGTERM) && !ignored.includes(SIGXCPU));
        }

        #[test]
        fn sighup_without_process_status_is_not_handled() {
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

    /// Does nothing: the limit exists only on Unix.
    pub(crate) fn handle_file_size_signal() {}

    pub(super) fn listen(mut handle: impl FnMut(Signal, u8) + Send + 'static) -> io::Result<()> {
        ctrlc::set_handler(move || handle(Signal::Interrupt, ExitStatus::Interrupted as u8)).map_err(io::Error::other)
    }
}
