//! Tests of credits, health, users and tickets.

use super::*;

fn read(service: &Service, path: &str, query: &str) -> (u16, Value) {
    let response = get(service, path, query);
    (response.status, serde_json::from_slice(&response.body).unwrap())
}

#[test]
fn credits_are_counted_and_health_needs_no_key() {
    let service = unlimited();
    url(&service, "https://x.test/");
    assert_eq!(read(&service, "/api/user/credits", ""), (200, json!({ "available_credits": 999, "total_spent": 1 })));
    let keyless = |path| {
        let change = |call: &mut Call<'_>| (call.method, call.path, call.api_key) = ("GET", path, None);
        submit(&service, &[], change).status
    };
    assert_eq!((keyless("/api/health"), keyless("/api/user/credits")), (200, 401));
    let service = Service::default();
    let times = (0..9).map(|_| read(&service, "/api/health", ""));
    assert!(
        times.into_iter().all(|(status, body)| (status, body) == (200, json!({ "status": "ok" }))),
        "health has no rate limit"
    );
}

#[test]
fn users_are_created_changed_listed_and_mailed() {
    let service = unlimited();
    let save = |fields: &[(&str, &str)]| submit(&service, fields, |call| call.path = "/api/partner/user");
    let ann = [("name", "Ann"), ("email", "a@x.test"), ("heuristic", "Majority"), ("pricing_id", "2")];
    for _ in 0..3 {
        assert_eq!(save(&ann).status, 200);
    }
    let bob = [("id", "2"), ("name", "Bob"), ("readonly", "true")];
    let changed: Value = serde_json::from_slice(&save(&[&bob[..], &ann[1..]].concat()).body).unwrap();
    assert_eq!((&changed["data"]["id"], &changed["data"]["name"]), (&json!(2), &json!("Bob")));
    assert_eq!(changed["data"]["pricing"], json!({ "id": 2, "name": "Pro", "sku": "SANDBOX-2" }));
    for (fields, status) in [
        (vec![("name", "Ann")], 400),
        ([&ann[..], &[("id", "9")]].concat(), 404),
        ([&ann[..], &[("readonly", "1")]].concat(), 400),
        ([&ann[..], &[("nickname", "x")]].concat(), 400),
        ([&ann[..3], &[("pricing_id", "9")]].concat(), 400),
    ] {
        assert_eq!(save(&fields).status, status, "{fields:?}");
    }
    let (_, page) = read(&service, "/api/partner/users", "per_page=2&page=2");
    assert_eq!((&page["current_page"], &page["last_page"], &page["total"]), (&json!(2), &json!(2), &json!(3)));
    assert_eq!((page["data"].as_array().unwrap().len(), &page["next_page_url"]), (1, &Value::Null));
    let (_, page) = read(&service, "/api/partner/users", "order=name&direction=desc&pricing_id=2");
    assert_eq!(page["data"][0]["name"], "Bob");
    assert_eq!(read(&service, "/api/partner/users", "pricing_id=1").1["total"], 0);
    let mail = |id| submit(&service, &[("id", id)], |call| call.path = "/api/partner/send_creation_email").status;
    assert_eq!((mail("2"), mail("9")), (200, 404));
    assert_eq!(read(&service, "/api/partner/pricings", "").1["data"].as_array().unwrap().len(), 2);
}

#[test]
fn tickets_are_accepted_in_both_spellings() {
    let service = unlimited();
    service.set_analysis_time(Duration::ZERO);
    let send = |fields: &[(&str, &str)], files: &[(&str, &str)]| {
        let field = |(name, value): &(&str, &str)| {
            format!("--B\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
        };
        let file = |(name, bytes): &(&str, &str)| {
            let head = format!("Content-Disposition: form-data; name=\"{name}\"; filename=\"a.pdf\"");
            format!("--B\r\n{head}\r\nContent-Type: application/pdf\r\n\r\n{bytes}\r\n")
        };
        let body: String = fields.iter().map(field).chain(files.iter().map(file)).collect::<String>() + "--B--\r\n";
        let call = Call {
            method: "POST",
            path: "/api/v2/tampering/tickets",
            query: "",
            api_key: Some(API_KEY),
            accept: None,
            content_type: Some("multipart/form-data; boundary=B"),
            content_length: body.len() as u64,
        };
        let response = service.handle(&call, &mut body.as_bytes());
        (response.status, serde_json::from_slice::<Value>(&response.body).unwrap())
    };
    let files = [("tickets[]", "%PDF-1"), ("tickets[]", "%PDF-2")];
    for (fields, is_classified) in [
        (vec![("ref_ids", "r-1,"), ("models", "Ellen")], true),
        (vec![("ref_ids[]", "r-1"), ("ref_ids[]", "")], true),
        (vec![("ref_ids", "r-1"), ("models", "")], false),
    ] {
        let (status, taken) = send(&fields, &files);
        assert_eq!((status, &taken["total_tickets"]), (200, &json!(2)), "{taken}");
        assert_eq!(
            (&taken["submissions"][0]["ref_id"], &taken["submissions"][1]["ref_id"]),
            (&json!("r-1"), &Value::Null)
        );
        let batch = taken["batch_id"].as_str().unwrap();
        let (_, report) = read(&service, &format!("/api/v2/tampering/tickets/{batch}"), "");
        assert_eq!((&report["done"], &report["identifier"]), (&json!(true), &taken["batch_id"]));
        let first = &report["results"][0];
        assert_eq!(first["identifier"], taken["submissions"][0]["identifier"]);
        assert_eq!((first["status"].as_str(), first["verdict"].is_object()), (Some("done"), is_classified));
    }
    assert_eq!(service.credits(), 994);
    service.set_analysis_time(Duration::from_secs(60));
    let (_, taken) = send(&[], &files);
    let batch = taken["batch_id"].as_str().unwrap();
    let (_, report) = read(&service, &format!("/api/v2/tampering/tickets/{batch}"), "");
    assert_eq!((&report["done"], &report["results"][1]["status"]), (&json!(false), &json!("inprogress")));
    for (fields, files) in [
        (vec![], vec![]),
        (vec![("models", "Nobody")], files.to_vec()),
        (vec![("other", "x")], files.to_vec()),
        (vec![], vec![("tickets", "%PDF-1")]),
        (vec![], vec![("tickets[]", "plain")]),
    ] {
        let expected = if files == [("tickets[]", "plain")] { 200 } else { 400 };
        assert_eq!(send(&fields, &files).0, expected, "the file name alone may show the format: {fields:?} {files:?}");
    }
    service.set_credits(1);
    assert_eq!(send(&[], &[("tickets[]", "%PDF-1"), ("tickets[]", "%PDF-2")]).0, 400);
    assert_eq!(read(&service, "/api/v2/tampering/tickets/0", "").0, 404);
}
