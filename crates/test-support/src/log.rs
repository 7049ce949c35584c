//! What is logged, by whatever library.

use std::sync::{Mutex, MutexGuard};

struct Capture(Mutex<String>);

static CAPTURE: Capture = Capture(Mutex::new(String::new()));

/// What `run` has logged, down to the level of trace. For a test that is [alone](super::alone): there is one logger a
/// process.
pub fn of(run: impl FnOnce()) -> MutexGuard<'static, String> {
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
        // A dump has 40 columns of hexadecimal digits before 16 of text, which are joined to be searched.
        text.push_str(line.get(41..).filter(|_| line.len() == 57).unwrap_or(&line));
    }

    fn flush(&self) {}
}
