//! The key does not stay behind in memory: once client and options are gone, it is nowhere in what this process may
//! write.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};

use identifai::{Client, Image, RateLimit, UrlOptions, classify_from_url};
use test_support::{CAT, Server, accepted, alone, answer};

/// What the key repeats, each bit of it turned, so that this test does not find its own copy.
const TURNED: &[u8] = &[0x8f, 0x93, 0x9e, 0x91, 0x8b, 0x9a, 0x9b, 0xd2, 0xcf, 0xc6, 0x99, 0x98, 0xd2, 0x92, 0x9a, 0x92];

/// How often what the key repeats is in memory that can be written.
fn copies() -> usize {
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
    let mut memory = File::open("/proc/self/mem").unwrap();
    let mut found = 0;
    for map in maps.lines().filter(|map| map.contains(" rw") && !map.contains("[vvar")) {
        let (start, end) = map.split(' ').next().unwrap().split_once('-').unwrap();
        let at = |hex| u64::from_str_radix(hex, 16).unwrap();
        let mut bytes = vec![0; usize::try_from(at(end) - at(start)).unwrap()];
        memory.seek(SeekFrom::Start(at(start))).unwrap();
        if memory.read_exact(&mut bytes).is_ok() {
            // Turned before they are looked at, and so that what is read here is not found later on.
            for byte in &mut bytes {
                *byte = !*byte;
            }
            found += bytes.windows(TURNED.len()).filter(|window| *window == TURNED).count();
        }
    }
    found
}

/// A long one, since the start of what is freed is soon written over.
fn key() -> String {
    TURNED.repeat(40).iter().map(|byte| char::from(!byte)).collect()
}

#[test]
fn key_after_client_drop_is_not_in_memory() {
    // In another process, as a server has the key in its memory, too.
    let good = Server::answering(accepted());
    let bad = Server::answering(answer(400, "application/json", "{\"error\":\"no\"}"));
    let urls = [good.base_url(), bad.base_url()];
    let name = "secrets::memory::key_after_client_drop_is_not_in_memory";
    if alone(name, &[("GOOD", &urls[0]), ("BAD", &urls[1])]).is_some() {
        assert!(good.requests().len() == 3 && good.requests()[0].header("x-api-key") == Some(&key()));
        return;
    }
    let [good, bad] = ["GOOD", "BAD"].map(|name| std::env::var(name).unwrap());
    assert_eq!(copies(), 0, "the search finds itself");
    let client = Client::builder(key()).base_url(&good).rate_limit(RateLimit::unlimited()).build().unwrap();
    let sent = client.submit(&Image::from_url(CAT)).unwrap();
    client.result(&sent).unwrap();
    assert!(copies() > 0, "the search finds nothing");
    drop(client);
    let opts = UrlOptions::new(key(), CAT).base_url(good).rate_limit(RateLimit::unlimited());
    classify_from_url(&opts).unwrap();
    let refused = classify_from_url(&opts.base_url(bad)).unwrap_err();
    assert_eq!(copies(), 0);
    assert_eq!(refused.message(), Some("no"));
}

#[cfg(all(feature = "rustls", not(feature = "native-tls")))]
#[test]
fn key_after_tls_client_drop_is_not_in_memory() {
    use test_support::tls::{Authority, Peer};

    let company = Authority::new("company");
    let peer = Peer::serving(company.certify("localhost").config());
    let (url, roots) = (format!("https://localhost:{}", peer.port()), company.pem());
    if alone("secrets::memory::key_after_tls_client_drop_is_not_in_memory", &[("GOOD", &url), ("ROOTS", &roots)])
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
    assert!(copies() > 0, "the search finds nothing");
    drop(client);
    assert_eq!(copies(), 0);
}
