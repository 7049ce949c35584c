//! A limit for the heap allocations of a call on an open connection.
//!
//! This is a separate test binary because the counting allocator never grows an allocation in place. That would distort
//! the memory tests of the other binary.

use std::io::{Read, Write};
use std::net::TcpListener;

use identifai::{Client, Image, RateLimit};

#[test]
fn warm_call_allocates_under_16_kib() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let base_url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        let mut stream = listener.accept().unwrap().0;
        // A small request is sent in one write, so one read receives it.
        while stream.read(&mut [0; 4096]).is_ok_and(|amount| amount > 0) {
            let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 20\r\n\r\n";
            stream.write_all(format!("{head}{{\"identifier\":\"abc\"}}").as_bytes()).unwrap();
        }
    });
    // The key has characters with several encodings. The client searches responses for each of them.
    let rate_limit = RateLimit::per_minute(u32::MAX, u32::MAX);
    let client =
        Client::builder("key/with+&more-0123456789").base_url(base_url).rate_limit(rate_limit).build().unwrap();
    let job = Image::from_url("https://example.com/cat.jpg").ref_id("order-17").with_heatmap(true).with_nsfw(true);
    let submit = || drop(client.submit(&job).unwrap());
    submit();
    let warm = allocation_counter::measure(|| (0..10).for_each(|_| submit()));
    let (count, bytes) = (warm.count_total / 10, warm.bytes_total / 10);
    assert!((1..=45).contains(&count) && bytes < 16 * 1024, "{count} allocations of {bytes} bytes per call");
    assert_eq!(warm.count_current, 0, "allocations that were not freed");
}
