//! `identifai sandbox`: the sandbox as a server for other programs.

use std::sync::mpsc;

use identifai::RateLimit;
use identifai_sandbox::Sandbox;

use crate::args::Serve;
use crate::cli_error::CliError;
use crate::exit_status::ExitStatus;
use crate::{output, signals};

/// Runs the sandbox until Ctrl-C.
pub(crate) fn run(arguments: &Serve) -> Result<ExitStatus, CliError> {
    let Serve { port, submits_per_minute, reads_per_minute, no_limits, .. } = *arguments;
    let sandbox = Sandbox::start_on(port)
        .map_err(|error| CliError::Failed(format!("--port: cannot start the sandbox on port {port}: {error}")))?;
    sandbox.set_limits(if no_limits {
        RateLimit::unlimited()
    } else {
        RateLimit::per_minute(submits_per_minute, reads_per_minute)
    });
    sandbox.set_credits(arguments.credits);
    sandbox.set_analysis_time(arguments.analysis_time);
    let (stop, stopped) = mpsc::channel();
    let first = {
        let stop = stop.clone();
        move |_| stop.send(()).unwrap_or_default()
    };
    if let Err(error) = signals::listen(first, || ()) {
        output::note(&format!("cannot handle Ctrl-C: {error}"));
    }
    // Programs that start this command wait for this line, so it is the first one.
    output::print_result(&format!("listening on {}", sandbox.base_url())).map_err(CliError::output)?;
    output::note(&format!(
        "sandbox: all responses are made up; the API key is `{}`; press Ctrl-C to stop",
        sandbox.api_key()
    ));
    // `stop` is dropped after this line, so `recv` blocks even if no signal handler could be installed.
    let _ = stopped.recv();
    drop(stop);
    Ok(ExitStatus::Done)
}
