//! Tests that no copy of the key stays in memory: once client and options are dropped, no writable memory of this
//! process contains the key.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};

use identifai::{Client, Image, RateLimit, UrlOptions, classify_from_url};
use test_support::{CAT, Server, accepted, response, run_in_subprocess};

/// The text that the key repeats, with each bit inverted. Inverted, the search does not find this constant itself.
const INVERTED: &[u8] =
    &[0x8f, 0x93, 0x9e, 0x91, 0x8b, 0x9a, 0x9b, 0xd2, 0xcf, 0xc6, 0x99, 0x98, 0xd2, 0x92, 0x9a, 0x92];

/// Counts the occurrences of the key's repeated text in all writable memory of this process.
fn count_key_copies() -> usize {
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
    let mut memory = File::open("/proc/self/mem").unwrap();
    let mut found = 0;
    for map in maps.lines().filter(|map| map.contains(" rw") && !map.contains("[vvar")) {
        let (start, end) = map.split(' ').next().unwrap().split_once('-').unwrap();
        let at = |hex| u64::from_str_radix(hex, 16).unwrap();
        let mut bytes = vec![0; usize::try_from(at(end) - at(start)).unwrap()];
        memory.seek(SeekFrom::Start(at(start))).unwrap();
        if memory.read_exact(&mut bytes).is_ok() {
            // Inverts the copy, to compare it with `INVERTED`, and so that a later search does not find this copy.
            for byte in &mut bytes {
                *byte = !*byte;
            }
            found += bytes.windows(INVERTED.len()).filter(|window| *window == INVERTED).count();
        }
    }
    found
}

/// Returns the key. It is long because the allocator soon overwrites the start of a freed block.
fn key() -> String {
    INVERTED.repeat(40).iter().map(|byte| char::from(!byte)).collect()
}

#[test]
fn key_after_client_drop_is_not_in_memory() {
    // The client runs in another process, because the server in this one also has the key in its memory.
    let good = Server::responding(accepted());
    let bad = Server::responding(response(400, "application/json", "{\"error\":\"no\"}"));
    let urls = [good.base_url(), bad.base_url()];
    let name = "secrets::memory::key_after_client_drop_is_not_in_memory";
    if run_in_subprocess(name, &[("GOOD", &urls[0]), ("BAD", &urls[1])]).is_some() {
        assert!(good.requests().len() == 3 && good.requests()[0].header("x-api-key") == Some(&key()));
        return;
    }
    let [good, bad] = ["GOOD", "BAD"].map(|name| std::env::var(name).unwrap());
    assert_eq!(count_key_copies(), 0, "the search finds itself");
    let client = Client::builder(key()).base_url(&good).rate_limit(RateLimit::unlimited()).build().unwrap();
    let sent = client.submit(&Image::from_url(CAT)).unwrap();
    client.result(&sent).unwrap();
    assert!(count_key_copies() > 0, "the search finds nothing");
    drop(client);
    let opts = UrlOptions::new(key(), CAT).base_url(good).rate_limit(RateLimit::unlimited());
    classify_from_url(&opts).unwrap();
    let refused = classify_from_url(&opts.base_url(bad)).unwrap_err();
    assert_eq!(count_key_copies(), 0);
    assert_eq!(refused.message(), Some("no"));
}

#[cfg(all(feature = "rustls", not(feature = "native-tls")))]
#[test]
fn key_after_tls_client_drop_is_not_in_memory() {
    use test_support::tls::{Authority, Peer};

    let company = Authority::new("company");
    let peer = Peer::serving(company.certify("localhost").config());
    let (url, roots) = (format!("https://localhost:{}", peer.port()), company.pem());
    if run_in_subprocess(
        "secrets::memory::key_after_tls_client_drop_is_not_in_memory",
        &[("GOOD", &url), ("ROOTS", &roots)],
    )
    .is_some()
    {
        assert_eq!(peer.server.requests()[0].header("x-api-key"), Some(&*key()));
        return;
    }
    let [good, roots] = ["GOOD", "ROOTS"].map(|name| std::env::var(name).unwrap());
    let client = Client::builder(key())
        .base_url(good)
        .rate_limit(RateLimit::unlimited())
        .root_certificates(roots)
        .build()
        .unwrap();
    let sent = client.submit(&Image::from_url(CAT)).unwrap();
    client.result(&sent).unwrap();
    assert!(count_key_copies() > 0, "the search finds nothing");
    drop(client);
    assert_eq!(count_key_copies(), 0);
}
