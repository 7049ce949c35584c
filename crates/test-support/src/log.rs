//! Capture of the log records of all libraries.

use std::sync::{Mutex, MutexGuard};

struct Capture(Mutex<String>);

static CAPTURE: Capture = Capture(Mutex::new(String::new()));

/// Returns everything that is logged while `run` runs, at all levels including trace.
///
/// A process has a single logger, so a test that calls this must [run in its own process](super::run_in_subprocess).
pub fn capture(run: impl FnOnce()) -> MutexGuard<'static, String> {
    log::set_logger(&CAPTURE).unwrap();
    log::set_max_level(log::LevelFilter::Trace);
    run();
    CAPTURE.0.lock().unwrap()
}

impl log::Log for Capture {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &log::Record<'_>) {
        let line = record.args().to_string();
        let mut text = self.0.lock().unwrap();
        // A line of a hex dump has 57 columns: 40 of hexadecimal digits, a space, and 16 of text. Only the text is kept,
        // and the lines are joined, so a search finds text that spans several lines.
        text.push_str(line.get(41..).filter(|_| line.len() == 57).unwrap_or(&line));
    }

    fn flush(&self) {}
}
