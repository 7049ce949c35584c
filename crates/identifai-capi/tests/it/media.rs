//! Tests that the calls of each medium use the endpoints of that medium.

use crate::fixture::Fixture;
use crate::tools::{program, run, test_file};

const HASH: &str = "1122bc92d1aa7b52a1a19ca1ef4a4a1b0c7e5b1dd0a44d5cd1b8ad7fe0dd0c4e";

#[test]
fn each_medium_uses_its_own_endpoints() {
    let Some(program) = program(&test_file("media.c")) else { return };
    for (medium, results, from_url, submits) in [
        ("1", "/api/classification", "/api/image_fromurl", 6),
        ("2", "/api/classification_video", "/api/video_fromurl", 7),
        ("3", "/api/classification_audio", "/api/audio_fromurl", 2),
    ] {
        let fixture = Fixture::new();
        run(fixture.command(&program).arg(medium));
        let requests = fixture.failing.requests();
        let lines = requests.iter().map(|request| request.head.split(" HTTP/").next().unwrap());
        let (mut reads, sent): (Vec<_>, Vec<_>) = lines.partition(|line| line.starts_with("GET "));
        // A wait polls more than once.
        reads.dedup();
        assert_eq!(reads, [format!("GET /pending{results}/abc"), format!("GET /pending{results}/def")]);
        let (overrides, submitted): (Vec<_>, Vec<_>) = sent.into_iter().partition(|line| line.contains(HASH));
        assert_eq!(overrides, [format!("POST /fine{results}/{HASH}/override")]);
        assert_eq!(submitted, vec![format!("POST /fine{from_url}"); submits], "medium {medium}");
    }
}
