//! Benches of calls over real sockets. The server runs in a thread of this process and sends the same response to every
//! request.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path as FilePath;
use std::{fs, io, thread};

use identifai::{Client, Image, RateLimit, Video};

use crate::{Amount, Path, run};

const RESPONSE: &str = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 27\r\n\r\n\
    {\"identifier\":\"8d64370a87\"}";
const UPLOAD: usize = 64 * 1024 * 1024;
/// The first bytes of an MP4 file.
const MP4: &[u8] = b"\0\0\0\x18ftypisom";

pub(crate) const PATHS: &[Path] = &[
    Path { name: "warm submit by URL", amount: Amount::Items(1), prepare: submit },
    Path { name: "upload of 64 MiB from memory", amount: Amount::Bytes(UPLOAD), prepare: upload_bytes },
    Path { name: "upload of 64 MiB from a file", amount: Amount::Bytes(UPLOAD), prepare: upload_file },
    Path { name: "upload of 64 MiB: a bare socket to compare", amount: Amount::Bytes(UPLOAD), prepare: bare_socket },
];

fn submit() -> Box<dyn FnMut()> {
    let client = client();
    let job = Image::from_url("https://example.com/cat.jpg").ref_id("order-17").with_heatmap(true);
    run(move || client.submit(&job).unwrap())
}

fn upload_bytes() -> Box<dyn FnMut()> {
    let (client, job) = (client(), Video::from_bytes(video()));
    run(move || client.submit(&job).unwrap())
}

fn upload_file() -> Box<dyn FnMut()> {
    let path = FilePath::new(env!("CARGO_TARGET_TMPDIR")).join("upload.mp4");
    fs::write(&path, video()).unwrap();
    let (client, job) = (client(), Video::from_path(path));
    run(move || client.submit(&job).unwrap())
}

/// Writes the same number of bytes in blocks of the same size to a socket, without a client.
fn bare_socket() -> Box<dyn FnMut()> {
    let bytes = video();
    let mut socket = BufReader::new(TcpStream::connect(server()).unwrap());
    let head = format!("POST / HTTP/1.1\r\ncontent-length: {UPLOAD}\r\n\r\n");
    run(move || {
        let mut out = socket.get_ref();
        out.write_all(head.as_bytes()).unwrap();
        bytes.chunks(64 * 1024).for_each(|block| out.write_all(block).unwrap());
        socket.read_exact(&mut [0; RESPONSE.len()]).unwrap();
    })
}

fn video() -> Vec<u8> {
    let mut video = MP4.to_vec();
    video.resize(UPLOAD, b'x');
    video
}

fn client() -> Client {
    Client::builder("bench")
        .base_url(format!("http://{}", server()))
        .rate_limit(RateLimit::unlimited())
        .build()
        .unwrap()
}

/// Starts a server that runs until the process ends, and returns its address.
fn server() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for socket in listener.incoming() {
            // The thread ends when its connection is closed.
            thread::spawn(move || serve(&socket?));
        }
    });
    address
}

fn serve(socket: &TcpStream) -> io::Result<()> {
    socket.set_nodelay(true)?;
    let mut requests = BufReader::with_capacity(64 * 1024, socket);
    loop {
        let mut out = socket;
        let (mut line, mut len, mut expects) = (String::new(), 0, false);
        while line != "\r\n" {
            line.clear();
            if requests.read_line(&mut line)? == 0 {
                return Ok(());
            }
            let line = line.to_ascii_lowercase();
            len = line.strip_prefix("content-length:").map_or(len, |text| text.trim().parse().unwrap());
            expects |= line.starts_with("expect:");
        }
        if expects {
            out.write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
        }
        io::copy(&mut requests.by_ref().take(len), &mut io::sink())?;
        out.write_all(RESPONSE.as_bytes())?;
    }
}
