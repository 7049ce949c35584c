//! Tests of submissions whose media type is known only at run time: detection, submit, polling and batches.

use std::ops::ControlFlow;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use identifai::{
    AnyReport, AnySubmission, AnySubmitted, Client, ErrorKind, Image, ImageReport, MediaType, RateLimit, Submission,
    Submitted, Video, VideoReport, WaitOptions,
};
use identifai_sandbox::Sandbox;
use test_support::{Server, accepted, json};

const URLS: [(&str, MediaType); 4] = [
    ("https://example.com/cat.jpg", MediaType::Image),
    ("https://example.com/clip.mp4", MediaType::Video),
    ("https://example.com/call.wav", MediaType::Audio),
    ("https://example.com/dog.jpg", MediaType::Image),
];

fn submissions() -> impl Iterator<Item = AnySubmission> {
    URLS.into_iter().map(|(url, _)| AnySubmission::from_url(url).unwrap().tag(url).with_heatmap(true))
}

fn client(sandbox: &Sandbox) -> Client {
    let wait = WaitOptions::default().initial_interval(Duration::from_millis(5));
    let builder = Client::builder(sandbox.api_key()).base_url(sandbox.base_url()).wait(wait);
    builder.rate_limit(RateLimit::unlimited()).build().unwrap()
}

#[test]
fn media_keep_their_types_and_order() {
    let sandbox = Sandbox::start().unwrap();
    sandbox.set_analysis_time(Duration::ZERO);
    let client = client(&sandbox);
    let submitted: Vec<AnySubmitted> = submissions().map(|it| client.submit_any(&it).unwrap()).collect();
    let media: Vec<MediaType> = submitted.iter().map(AnySubmitted::media_type).collect();
    assert_eq!(media, URLS.map(|(_, medium)| medium));
    for it in &submitted {
        let report = client.wait_any(it).unwrap();
        assert_eq!(report.submitted(), *it);
        assert!(report.is_finished());
    }
    // The identifiers survive serialization. One is requested twice, and one is unknown to the service.
    let stored = serde_json::to_string(&submitted).unwrap();
    let mut restored: Vec<AnySubmitted> = serde_json::from_str(&stored).unwrap();
    restored.push(restored[1].clone());
    restored.push(AnySubmitted::new(MediaType::Audio, "0".repeat(64).parse().unwrap()));
    let reports = client.results_any(&restored).unwrap();
    assert!(reports[5].is_none());
    for (it, report) in restored.iter().zip(&reports).take(5) {
        assert_eq!(report.as_ref().unwrap().submitted(), *it);
    }
    assert_eq!(client.result_any(&submitted[2]).unwrap().media_type(), MediaType::Audio);
}

#[test]
fn typed_and_any_values_convert() {
    let submitted = AnySubmitted::new(MediaType::Image, "abc".parse().unwrap());
    let image: Submitted<Image> = submitted.clone().try_into().unwrap();
    assert_eq!(AnySubmitted::from(image), submitted);
    let error = Submitted::<Video>::try_from(submitted).unwrap_err();
    assert_eq!(error.to_string(), "medium: the submission has the media type image, expected video");
    let image = Image::from_url("https://example.com/cat.jpg").tag("row 7");
    let error = Submission::<Video>::try_from(AnySubmission::from(image.clone())).unwrap_err();
    assert_eq!(error.to_string(), "medium: the submission has the media type image, expected video");
    assert!(Submission::<Image>::try_from(AnySubmission::from(image)).is_ok());
    let report = ImageReport::from_json(r#"{"identifier":"abc"}"#).unwrap();
    let report = AnyReport::from(report);
    let error = VideoReport::try_from(report.clone()).unwrap_err();
    assert_eq!(error.to_string(), "medium: the report has the media type image, expected video");
    assert_eq!(ImageReport::try_from(report).unwrap().identifier().as_str(), "abc");
}

#[test]
fn options_of_another_medium_are_not_sent() {
    let server = Server::responding(accepted());
    let submission = AnySubmission::from_url("https://example.com/call.wav")
        .unwrap()
        .with_heatmap(true)
        .frames(identifai::Frames::Ten);
    assert_eq!(submission.unsupported_options(), ["frames", "with_heatmap"]);
    server.client().submit_any(&submission).unwrap();
    let body = String::from_utf8_lossy(&server.requests()[0].body).into_owned();
    assert!(body.contains("call.wav") && !body.contains("heatmap") && !body.contains("frames"), "{body}");
}

#[test]
fn tag_stays_local_and_reaches_the_outcome() {
    let sandbox = Sandbox::start().unwrap();
    sandbox.set_analysis_time(Duration::ZERO);
    let outcomes: Vec<_> = client(&sandbox).batch(submissions()).collect();
    for outcome in &outcomes {
        let (url, medium) = URLS[usize::try_from(outcome.index).unwrap()];
        assert_eq!(outcome.tag.as_deref(), Some(url));
        assert_eq!((outcome.result.as_ref().unwrap().media_type(), outcome.ref_id.as_deref()), (medium, None));
    }
    assert_eq!(outcomes.len(), 4);

    let server = Server::responding(accepted());
    server.client().submit(&Image::from_bytes(*b"GIF89a").tag("a-l0cal-tag")).unwrap();
    let request = &server.requests()[0];
    assert!(!format!("{}{}", request.head, String::from_utf8_lossy(&request.body)).contains("a-l0cal-tag"));
}

#[test]
fn upload_progress_has_the_tag() {
    let server = Server::responding(accepted());
    let tags = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&tags);
    let submission = AnySubmission::from_bytes(*b"GIF89a").unwrap().tag("row 7").on_progress(move |progress| {
        log.lock().unwrap().push(progress.tag.map(str::to_owned));
        ControlFlow::Continue(())
    });
    server.client().submit_any(&submission).unwrap();
    let tags = tags.lock().unwrap();
    assert!(!tags.is_empty() && tags.iter().all(|tag| tag.as_deref() == Some("row 7")), "{tags:?}");
}

#[test]
fn undocumented_format_is_refused_before_a_request() {
    let server = Server::responding(json("{}"));
    let heic = AnySubmission::from_url("https://example.com/cat.heic").unwrap();
    let error = server.client().submit_any(&heic).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    assert!(error.to_string().starts_with("file_url: "), "{error}");
    assert!(server.requests().is_empty());
}
