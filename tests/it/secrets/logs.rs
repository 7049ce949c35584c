//! Tests that logs at trace level, including those of the HTTP library, contain neither the key nor the secrets of a
//! submitted URL. Responses are logged unredacted, so a secret that the server echoes does appear in logs, but not in
//! errors.

use std::time::Duration;

use identifai::{Client, Image, PartnerUserForm, Submitted, Ticket, Tickets, WaitOptions};
use test_support::secrets::{PLANTED, SIGNED_URL, assert_no_key, echo};
use test_support::{ID, KEY, Server, accepted, log, response, run_in_subprocess};

const STATUSES: [u16; 4] = [400, 500, 404, 302];

/// Starts a server that first refuses requests. It does not echo any part of a request.
fn refusing_server() -> Server {
    Server::start(|connection| {
        for status in STATUSES {
            if connection.request().is_none() {
                return;
            }
            connection.send(&response(status, "application/json", "{\"error\":\"refused\"}"));
        }
        while connection.request().is_some() {
            connection.send(&accepted());
        }
    })
}

#[test]
fn log_of_requests_holds_no_secret() {
    if run_in_subprocess("secrets::logs::log_of_requests_holds_no_secret", &[]).is_some() {
        return;
    }
    let logged = log::capture(|| make_every_call(|_| refusing_server()));
    assert!(logged.contains("x-api-key:") && logged.contains("user-agent"), "requests are logged: {logged}");
    assert!(logged.contains(ID) && logged.contains("refused"), "responses are logged as well");
    assert_no_key(&logged);
    assert!(!logged.contains(PLANTED), "{logged}");
}

#[test]
fn errors_hide_echoed_secrets() {
    make_every_call(|before| Server::start(move |connection| echo(connection, &STATUSES, before)));
}

/// Makes each kind of call to servers created by `start`, and checks that the errors contain no secret. The argument of
/// `start` is a text that the server may echo.
fn make_every_call(start: impl Fn(&'static str) -> Server) {
    let job = Image::from_url(SIGNED_URL).ref_id("order-17").webhook_url(SIGNED_URL.replace("files", "hook"));
    let upload = Image::from_bytes(b"\x89PNG\r\n\x1a\n...").webhook_url(SIGNED_URL);
    let wait = WaitOptions::default().initial_interval(Duration::from_millis(1)).timeout(Duration::from_millis(200));
    let client = |server: &Server| -> Client { server.builder().wait(wait.clone()).build().unwrap() };

    let plain = Server::responding(accepted());
    let sent = client(&plain).submit(&job).unwrap();
    assert_eq!(plain.requests()[0].header("x-api-key"), Some(KEY));
    for call in [
        |client: &Client, job: &_, _: &_| client.submit(job).err(),
        |client: &Client, _: &_, sent: &_| client.result(sent).err(),
        |client: &Client, _: &_, sent: &Submitted<Image>| client.results(&[sent.clone(), sent.clone()]).err(),
        |client: &Client, _: &_, sent: &_| client.heatmap(sent).err(),
        |client: &Client, _: &_, sent: &_| client.wait(sent).err(),
    ] {
        let server = start(SIGNED_URL);
        let client = client(&server);
        for job in [&job, &upload] {
            let error = call(&client, job, &sent);
            let shown = error.as_ref().map(super::everything).unwrap_or_default();
            assert_no_key(&shown);
            assert!(!shown.contains(PLANTED), "{shown}");
        }
    }
    assert_eq!(client(&start(SIGNED_URL)).batch([job.clone(), upload, job]).count(), 3);
    let form = PartnerUserForm::new("Ann", "pl4nted@users.test", "Majority", 2).password("a-pl4nted-password");
    let tickets = Tickets::new().ticket(Ticket::from_bytes(*b"GIF89a").ref_id("a-pl4nted-reference"));
    let client = client(&start(""));
    for _ in 0..4 {
        for error in [
            client.credits().err(),
            client.save_partner_user(&form).err(),
            client.create_user([("password", "a-pl4nted-password")]).err(),
            client.submit_tickets(&tickets).err(),
        ] {
            let shown = error.as_ref().map(super::everything).unwrap_or_default();
            assert_no_key(&shown);
            assert!(!shown.contains(PLANTED), "{shown}");
        }
    }
}
