//! How much a warm call allocates. In a program of its own, as the allocator that counts grows nothing in place, which
//! would spoil the tests of memory.

use std::io::{Read, Write};
use std::net::TcpListener;

use identifai::{Client, Image, RateLimit};

#[test]
fn warm_call_allocates_under_16_kib() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let base_url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        let mut stream = listener.accept().unwrap().0;
        // A small request goes out in one piece.
        while stream.read(&mut [0; 4096]).is_ok_and(|amount| amount > 0) {
            let answer = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 20\r\n\r\n";
            stream.write_all(format!("{answer}{{\"identifier\":\"abc\"}}").as_bytes()).unwrap();
        }
    });
    // With characters that have other written forms, all of which are looked for in answers.
    let rate_limit = RateLimit::per_minute(u32::MAX, u32::MAX);
    let client =
        Client::builder("key/with+&more-0123456789").base_url(base_url).rate_limit(rate_limit).build().unwrap();
    let job = Image::from_url("https://example.com/cat.jpg").ref_id("order-17").with_heatmap(true).with_nsfw(true);
    let submit = || drop(client.submit(&job).unwrap());
    submit();
    let warm = allocation_counter::measure(|| (0..10).for_each(|_| submit()));
    let (count, bytes) = (warm.count_total / 10, warm.bytes_total / 10);
    assert!((1..=45).contains(&count) && bytes < 16 * 1024, "{count} allocations of {bytes} bytes a call");
    assert_eq!(warm.count_current, 0, "nothing is left behind");
}
