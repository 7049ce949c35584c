//! Submits an image by its URL and prints the identifier.
//!
//! ```sh
//! IDENTIFAI_API_KEY=… cargo run --example submit https://example.com/cat.jpg
//! ```

#![allow(clippy::print_stdout)]

use identifai::{UrlOptions, classify_from_url};

fn main() -> Result<(), identifai::Error> {
    let url = std::env::args().nth(1).unwrap_or_default();
    let id = classify_from_url(&UrlOptions::from_env(url)?)?;
    println!("{id}");
    Ok(())
}
