//! Tests of credits, health and partner users: requests, responses, and no repeated writes.

use identifai::{ErrorKind, HealthStatus, PartnerUserForm, PartnerUserQuery, RateLimit};
use test_support::form::parse_multipart;
use test_support::{KEY, Server, json, response};

const USER: &str = r#"{"data": {"id": 7, "name": "Ann", "email": "ann@example.com"}}"#;

/// Returns the method and path of each request.
fn lines(server: &Server) -> Vec<String> {
    let line = |head: &str| head.lines().next().unwrap().trim_end_matches(" HTTP/1.1").to_owned();
    server.requests().iter().map(|request| line(&request.head)).collect()
}

#[test]
fn account_documented_responses_are_parsed() {
    let server =
        Server::responding(json(r#"{"available_credits": 159, "total_spent": 41, "status": "ok", "data": []}"#));
    let client = server.client();
    let credits = client.credits().unwrap();
    assert_eq!((credits.available(), credits.spent()), (159.0, Some(41.0)));
    assert_eq!(client.health().unwrap().status(), &HealthStatus::Ok);
    assert_eq!(client.partner_pricings().unwrap().pricings(), []);
    assert_eq!(lines(&server), ["GET /api/user/credits", "GET /api/health", "GET /api/partner/pricings"]);
    assert_eq!(server.requests()[0].header("x-api-key"), Some(KEY));
}

#[test]
fn health_request_has_no_key_and_uses_no_slot() {
    let server = Server::responding(json(r#"{"status": "degraded"}"#));
    // This rate limit allows one read a minute. The three health requests below do not count.
    let client = server.builder().rate_limit(RateLimit::per_minute(1, 1)).build().unwrap();
    for _ in 0..3 {
        assert_eq!(client.health().unwrap().status().as_str(), "degraded");
    }
    assert!(
        server.requests().iter().all(|request| !request.head.contains(KEY) && request.header("x-api-key").is_none())
    );
}

#[test]
fn partner_users_of_ten_pages_take_ten_requests() {
    let elsewhere = Server::responding(json("{}"));
    let next = elsewhere.base_url();
    let server = Server::start(move |connection| {
        while let Some(request) = connection.request() {
            let page: u64 = request.head.split_once("?page=").unwrap().1.split('&').next().unwrap().parse().unwrap();
            let users: Vec<_> = (0..100)
                .map(|n| format!(r#"{{"id": {}, "name": "Ann", "email": "ann@example.com"}}"#, page * 100 - 99 + n))
                .collect();
            connection.send(&json(&format!(
                r#"{{"current_page": {page}, "last_page": 10, "next_page_url": "{next}/?page=2", "total": 1000, "data": [{}]}}"#,
                users.join(",")
            )));
        }
    });
    let query = PartnerUserQuery::default().pricing_id(2).order("name").descending(true).parameter("search", "a&b=ä");
    let users = server.client().partner_users(query);
    let ids: Vec<_> = users.map(|user| user.unwrap().id.unwrap()).collect();
    assert!(ids.iter().copied().eq(1..=1_000), "{ids:?}");
    let lines = lines(&server);
    assert_eq!(lines.len(), 10);
    let rest = "per_page=100&pricing_id=2&order=name&direction=desc&search=a%26b%3D%C3%A4";
    assert_eq!(lines[9], format!("GET /api/partner/users?page=10&{rest}"));
    assert_eq!(elsewhere.connections(), 0, "the URL in next_page_url is never requested");
}

#[test]
fn partner_users_repeated_page_is_an_error() {
    let server = Server::responding(json(r#"{"current_page": 1, "last_page": 9, "data": [{"id": 1}]}"#));
    let mut users = server.client().partner_users(PartnerUserQuery::default());
    assert!(users.next().unwrap().is_ok());
    assert_eq!(users.next().unwrap().unwrap_err().kind(), ErrorKind::UnexpectedResponse);
    assert!(users.next().is_none() && users.next().is_none());
    assert_eq!(server.requests().len(), 2, "a page that repeats must not be requested forever");
}

#[test]
fn partner_user_request_has_only_the_set_fields() {
    let server = Server::responding(json(USER));
    let client = server.client();
    let form = PartnerUserForm::new("Ann", "ann@example.com", "Majority", 2);
    assert_eq!(client.save_partner_user(&form).unwrap().id, Some(7));
    client
        .save_partner_user(&form.id(7).password("pass word").readonly(true).newsletter(false).save_files(true))
        .unwrap();
    client.send_creation_email(7).unwrap();
    assert_eq!(client.create_user([("na\"me", "Ann"), ("x", "")]).unwrap(), USER);
    assert_eq!(client.delete_user([("id", "7"), ("why", "a b")]).unwrap(), USER);
    let expected = ["/api/partner/user", "/api/partner/user", "/api/partner/send_creation_email", "/api/user"];
    let expected = expected.map(|path| format!("POST {path}"));
    let requests = server.requests();
    assert_eq!(lines(&server), [&expected[..], &["DELETE /api/user?id=7&why=a%20b".to_owned()]].concat());
    let fields = |at: usize| -> Vec<(String, String)> {
        let parts = parse_multipart(&requests[at]).into_iter();
        parts.map(|(name, _, _, value)| (name, String::from_utf8(value).unwrap())).collect()
    };
    let pairs = |pairs: &[(&str, &str)]| -> Vec<_> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    };
    let required = [("name", "Ann"), ("email", "ann@example.com"), ("heuristic", "Majority"), ("pricing_id", "2")];
    assert_eq!(fields(0), pairs(&required));
    let more = [("password", "pass word"), ("readonly", "true"), ("newsletter", "false"), ("save_files", "true")];
    assert_eq!(fields(1), pairs(&[&[("id", "7")], &required[..], &more].concat()));
    assert_eq!(fields(2), pairs(&[("id", "7")]));
    assert_eq!(fields(3), pairs(&[("na%22me", "Ann"), ("x", "")]));
}

#[test]
fn partner_posts_without_response_are_not_retried() {
    let server = Server::start(|connection| {
        // Reads the whole request and closes the connection without a response.
        connection.request();
    });
    let client = server.builder().retries(2).build().unwrap();
    let form = PartnerUserForm::new("Ann", "ann@example.com", "Majority", 2);
    for error in [
        client.save_partner_user(&form).unwrap_err(),
        client.send_creation_email(7).unwrap_err(),
        client.create_user([("a", "b")]).unwrap_err(),
    ] {
        assert!(error.may_have_been_sent() && !error.is_retryable(), "{error}");
    }
    assert_eq!(server.requests().len(), 3, "a retry could create a user or send an email twice");
    // A response without a usable body does not prove that the request was rejected.
    for (status, kind) in [(500, ErrorKind::Server), (200, ErrorKind::UnexpectedResponse)] {
        let server = Server::responding(response(status, "text/html", "<html>"));
        let error = server.client().save_partner_user(&form).unwrap_err();
        assert_eq!((error.kind(), error.may_have_been_sent()), (kind, true), "{error}");
    }
}

#[test]
fn partner_errors_hide_passwords_and_addresses() {
    let quotes = r#"{"message": "ann@example.com has the password pass-word, and Ann"}"#;
    let server = Server::responding(response(422, "application/json", quotes));
    let form = PartnerUserForm::new("Ann", "ann@example.com", "Majority", 2).password("pass-word");
    let error = server.client().save_partner_user(&form).unwrap_err();
    assert!(error.message().unwrap().ends_with(" has the password [..], and Ann"), "{error}");
    let query = PartnerUserQuery::default().parameter("search", "ann@example.com");
    let shown = format!("{form:?} {error} {error:?} {query:?}");
    assert!(!shown.contains("ann@") && !shown.contains("pass-word"), "{shown}");
    let error = server.client().partner_users(query).next().unwrap().unwrap_err();
    assert!(!format!("{error:?}").contains("ann@"));
    let error = server.client().delete_user([("id", KEY)]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
}
