//! `identifai sandbox`: the sandbox for other programs.

use std::sync::mpsc;

use identifai::RateLimit;
use identifai_sandbox::Sandbox;

use crate::args::Serve;
use crate::{output, signals};

/// Serves until Ctrl-C, and returns the exit status.
pub(crate) fn run(arguments: &Serve) -> u8 {
    let sandbox = match Sandbox::start_on(arguments.port) {
        Ok(sandbox) => sandbox,
        Err(error) => {
            output::note(&format!("--port: the sandbox does not start on port {}: {error}", arguments.port));
            return output::FAILED;
        }
    };
    sandbox.set_limits(match arguments.no_limits {
        true => RateLimit::unlimited(),
        false => RateLimit::per_minute(arguments.submits_per_minute, arguments.reads_per_minute),
    });
    sandbox.set_credits(arguments.credits);
    sandbox.set_analysis_time(arguments.analysis_time);
    let (stop, stopped) = mpsc::channel();
    let first = {
        let stop = stop.clone();
        move |_| stop.send(()).unwrap_or_default()
    };
    if let Err(error) = signals::listen(first, || ()) {
        output::note(&format!("Ctrl-C will not be noticed: {error}"));
    }
    // The first line, which a program that started this one waits for.
    if output::result(&format!("listening on {}", sandbox.base_url())).is_err() {
        return output::FAILED;
    }
    output::note(&format!("sandbox: answers are made up; its key is `{}`; Ctrl-C stops it", sandbox.api_key()));
    // `stop` lives until here, so this waits even if Ctrl-C is not noticed.
    let _ = stopped.recv();
    drop(stop);
    output::DONE
}
