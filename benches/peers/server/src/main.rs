//! The server for all peers. It accepts submits and uploads, over plain TCP and over TLS.
//!
//! `server CA_PEM [--close-after N]` writes the certificate to trust to `CA_PEM`, prints the two base URLs, and runs
//! until it is killed. With `--close-after`, it closes each connection after N responses.

mod connection;
mod counts;
mod tls;

use std::io::Write;
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;

use connection::serve;
use counts::Counts;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (ca, close_after) = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [ca] => (ca, usize::MAX),
        [ca, "--close-after", count] => (ca, count.parse().expect("a number of responses")),
        _ => panic!("usage: server CA_PEM [--close-after N]"),
    };
    let counts = Arc::new(Counts::default());
    let tls = tls::config(ca);

    let encrypted = {
        let counts = Arc::clone(&counts);
        listen(move |stream| {
            if let Ok(stream) = tls::accept(stream, &tls, &counts) {
                serve(stream, &counts, close_after);
            }
        })
    };
    let plain = listen(move |stream| serve(stream, &counts, close_after));
    println!("http://127.0.0.1:{plain} https://127.0.0.1:{encrypted}");
    std::io::stdout().flush().expect("a reader of the ports");
    loop {
        thread::park();
    }
}

/// Listens on a free port and serves each connection in its own thread. Returns the port.
fn listen(serve: impl Fn(TcpStream) + Send + Sync + 'static) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = listener.local_addr().expect("an address").port();
    let serve = Arc::new(serve);
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let serve = Arc::clone(&serve);
            thread::spawn(move || {
                if stream.set_nodelay(true).is_ok() {
                    serve(stream);
                }
            });
        }
    });
    port
}
