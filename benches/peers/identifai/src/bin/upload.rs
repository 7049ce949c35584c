//! A program that uploads a video once: `upload BASE_URL FILE [CA_PEM]`.

use identifai::{Client, Video};
use measured::KEY;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let mut client = Client::builder(KEY).base_url(&arguments[0]);
    if let Some(ca) = arguments.get(2) {
        client = client.root_certificates(std::fs::read(ca).expect("a certificate"));
    }
    let client = client.build().expect("a client");
    println!("{}", client.submit(&Video::from_path(&arguments[1])).expect("an identifier").identifier());
}
