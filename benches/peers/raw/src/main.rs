//! The baseline for all peers: a plain socket, the request in one write, and a minimal parser of the expected response.

use std::io::{Read, Write};
use std::net::TcpStream;

use measured::{Arguments, FIELDS, KEY};
use serde::Deserialize;

#[derive(Deserialize)]
struct SubmitResponse<'a> {
    identifier: &'a str,
}

const BOUNDARY: &str = "4f9c2a7be1d08365";

fn main() {
    let arguments = Arguments::of_program();
    let host = arguments.base_url.split_once("://").expect("a base URL").1;
    arguments.run(|| {
        let mut stream = connect(&arguments, host);
        let mut request = Vec::with_capacity(2048);
        let mut response = vec![0; 4096];
        move || {
            write_request(&mut request, host);
            stream.write_all(&request).expect("a server that reads");
            let body = read(&mut stream, &mut response);
            serde_json::from_slice::<SubmitResponse>(body).expect("a response in JSON").identifier.to_owned()
        }
    });
}

#[cfg(not(feature = "tls"))]
fn connect(_: &Arguments, host: &str) -> TcpStream {
    let stream = TcpStream::connect(host).expect("a server");
    stream.set_nodelay(true).expect("a socket");
    stream
}

#[cfg(feature = "tls")]
fn connect(arguments: &Arguments, host: &str) -> rustls::StreamOwned<rustls::ClientConnection, TcpStream> {
    use rustls::pki_types::{CertificateDer, pem::PemObject};

    let ca = CertificateDer::from_pem_slice(&arguments.ca().expect("--ca")).expect("a certificate");
    let mut roots = rustls::RootCertStore::empty();
    roots.add(ca).expect("a certificate");
    let config = rustls::ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    let (name, _) = host.split_once(':').expect("a port");
    let name = name.to_owned().try_into().expect("a name");
    let connection = rustls::ClientConnection::new(config.into(), name).expect("a connection");
    let stream = TcpStream::connect(host).expect("a server");
    stream.set_nodelay(true).expect("a socket");
    rustls::StreamOwned::new(connection, stream)
}

fn write_request(request: &mut Vec<u8>, host: &str) {
    let part = |(name, value): &(&str, &str)| {
        format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
    };
    let form: String = FIELDS.iter().map(part).collect();
    request.clear();
    write!(
        request,
        "POST /api/image_fromurl HTTP/1.1\r\nHost: {host}\r\nX-Api-Key: {KEY}\r\nAccept: application/json\r\n\
         Content-Type: multipart/form-data; boundary={BOUNDARY}\r\nContent-Length: {}\r\n\r\n{form}--{BOUNDARY}--\r\n",
        form.len() + BOUNDARY.len() + 6
    )
    .expect("enough memory");
}

/// Reads a response with status code 200 and a `Content-Length`, and returns its body.
fn read<'a>(stream: &mut impl Read, response: &'a mut [u8]) -> &'a [u8] {
    let mut filled = 0;
    loop {
        let read = stream.read(&mut response[filled..]).expect("a response");
        assert_ne!(read, 0, "a complete response that fits into the buffer");
        filled += read;
        let text = std::str::from_utf8(&response[..filled]).expect("a response in UTF-8");
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        assert!(head.starts_with("HTTP/1.1 200 "), "{text}");
        let length = head.lines().find_map(|line| line.strip_prefix("Content-Length: ")).expect("a length");
        let whole = head.len() + 4 + length.parse::<usize>().expect("a length");
        if filled == whole {
            let start = filled - body.len();
            return &response[start..filled];
        }
    }
}
