//! The progress bar of an upload.

use std::ops::ControlFlow;

use identifai::UploadProgress;
use indicatif::{ProgressBar, ProgressStyle};

use crate::signals;

/// Creates a progress bar that appears with the first bytes. It draws nothing if standard error is not a terminal.
pub(crate) fn new() -> ProgressBar {
    let style = ProgressStyle::with_template("{wide_bar} {bytes} of {total_bytes}, {bytes_per_sec}, {eta} left");
    let bar = ProgressBar::no_length();
    match style {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

/// Returns a function that updates the bar. It also ends the upload after a signal that ends the program, because an
/// incomplete upload costs nothing.
pub(crate) fn updates(bar: &ProgressBar) -> impl Fn(UploadProgress<'_>) -> ControlFlow<()> + Send + Sync + 'static {
    let bar = bar.clone();
    move |progress| {
        if bar.length() != Some(progress.total) {
            bar.set_length(progress.total);
        }
        bar.set_position(progress.sent);
        if signals::is_requested() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }
}
