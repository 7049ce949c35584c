//! The servers that the test programs connect to: the sandbox, and a server that fails in every way.

use std::path::PathBuf;
use std::process::Command;
use std::sync::LazyLock;
use std::time::Duration;

use identifai::RateLimit;
use identifai_sandbox::Sandbox;
use test_support::{Connection, Server, response, response_with};

use crate::tools::shared_library;

/// The servers and files of one program.
pub(crate) struct Fixture {
    sandbox: Sandbox,
    pub(crate) failing: Server,
    /// A server that closes every connection at once.
    closing: Server,
    pub(crate) image: PathBuf,
}

impl Fixture {
    pub(crate) fn new() -> Self {
        let sandbox = Sandbox::start().unwrap();
        sandbox.set_limits(RateLimit::unlimited());
        sandbox.set_credits(1_000_000);
        sandbox.set_analysis_time(Duration::ZERO);
        Self { sandbox, failing: Server::start(fail), closing: Server::start(|_| ()), image: image() }
    }

    /// Returns a command with the environment variables that tell the program where everything is.
    pub(crate) fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        command.env("IDENTIFAI_BASE_URL", self.sandbox.base_url());
        command.env("IDENTIFAI_API_KEY", self.sandbox.api_key());
        command.env("FAILING_SERVER", self.failing.address.to_string());
        command.env("CLOSING_SERVER", self.closing.base_url());
        command.env("IMAGE", &self.image);
        command.env("LIBRARY", shared_library());
        command
    }
}

/// Returns the path of an image file. The sandbox reads only its first bytes. It is written once, because other
/// programs may be reading it.
fn image() -> PathBuf {
    static IMAGE: LazyLock<PathBuf> = LazyLock::new(|| {
        let path = shared_library().with_file_name("capi-image.png");
        std::fs::write(&path, [&b"\x89PNG\r\n\x1a\n"[..], &vec![7; 200_000]].concat()).unwrap();
        path
    });
    IMAGE.clone()
}

/// Serves a connection. The first part of the request's path selects the failure.
fn fail(connection: &mut Connection) {
    while let Some(request) = connection.request() {
        let (method, rest) = request.head.split_once(" /").unwrap();
        let path = rest.split_whitespace().next().unwrap();
        let (failure, identifier) = (path.split('/').next().unwrap(), path.rsplit('/').next().unwrap());
        let reads = method == "GET";
        let pending = format!("{{\"identifier\":\"{identifier}\",\"status\":\"new\"}}");
        match failure {
            "fine" => connection.send(&response(200, "application/json", "{\"identifier\":\"8d64370a\"}")),
            "pending" | "stuck" if reads => connection.send(&response(200, "application/json", &pending)),
            "stuck" => return connection.wait_for_end(),
            "redirect" => connection.send(&response_with(302, "Location: https://elsewhere.test/\r\n", "")),
            "server" => connection.send(&response(500, "application/json", "{\"error\":\"down\"}")),
            "html" => connection.send(&response(200, "text/html", "<html>a portal</html>")),
            // "gone": the connection ends without a response.
            _ => return,
        }
    }
    // A request that is not HTTP, such as a TLS handshake.
    connection.send("HTTP/1.1 400 Bad Request\r\n\r\n");
}
