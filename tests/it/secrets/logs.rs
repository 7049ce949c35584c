//! What is logged, at trace level and by the HTTP library as well, holds neither the key nor what a URL keeps secret;
//! not even if the service sends back all that it got, as the error pages of frameworks do.

use std::time::Duration;

use identifai::{Client, Image, PartnerUserForm, Submitted, Ticket, Tickets, WaitOptions};
use test_support::secrets::{PLANTED, SIGNED, echo, shows_nothing};
use test_support::{ID, KEY, Server, accepted, alone, log};

fn echoing(before: &'static str) -> Server {
    Server::start(move |connection| echo(connection, &[400, 500, 404, 302], before))
}

#[test]
fn nothing_that_is_logged_holds_a_secret() {
    if alone("secrets::logs::nothing_that_is_logged_holds_a_secret", &[]).is_some() {
        return;
    }
    let logged = log::of(make_every_call);
    assert!(logged.contains("x-api-key:") && logged.contains("order-17"), "dumps are not joined: {logged}");
    assert!(logged.contains(ID), "answers are logged as well");
    shows_nothing(&logged);
    assert!(!logged.contains(PLANTED), "{logged}");
}

fn make_every_call() {
    let job = Image::from_url(SIGNED).ref_id("order-17").webhook_url(SIGNED.replace("files", "hook"));
    let upload = Image::from_bytes(b"\x89PNG\r\n\x1a\n...").webhook_url(SIGNED);
    let wait = WaitOptions::default().initial_interval(Duration::from_millis(1)).timeout(Duration::from_millis(200));
    let client = |server: &Server| -> Client { server.builder().wait(wait.clone()).build().unwrap() };

    let plain = Server::answering(accepted());
    let sent = client(&plain).submit(&job).unwrap();
    assert_eq!(plain.requests()[0].header("x-api-key"), Some(KEY));
    for call in [
        |client: &Client, job: &_, _: &_| client.submit(job).err(),
        |client: &Client, _: &_, sent: &_| client.result(sent).err(),
        |client: &Client, _: &_, sent: &Submitted<Image>| client.results(&[sent.clone(), sent.clone()]).err(),
        |client: &Client, _: &_, sent: &_| client.heatmap(sent).err(),
        |client: &Client, _: &_, sent: &_| client.wait(sent).err(),
    ] {
        let echoing = echoing(SIGNED);
        let client = client(&echoing);
        for job in [&job, &upload] {
            let error = call(&client, job, &sent);
            let shown = error.as_ref().map(super::everything).unwrap_or_default();
            shows_nothing(&shown);
            assert!(!shown.contains(PLANTED), "{shown}");
        }
    }
    assert_eq!(client(&echoing(SIGNED)).batch([job.clone(), upload, job]).count(), 3);
    let form = PartnerUserForm::new("Ann", "pl4nted@users.test", "Majority", 2).password("a-pl4nted-password");
    let tickets = Tickets::new().ticket(Ticket::from_bytes(*b"GIF89a").ref_id("a-pl4nted-reference"));
    let client = client(&echoing(""));
    for _ in 0..4 {
        for error in [
            client.credits().err(),
            client.save_partner_user(&form).err(),
            client.create_user([("password", "a-pl4nted-password")]).err(),
            client.submit_tickets(&tickets).err(),
        ] {
            let shown = error.as_ref().map(super::everything).unwrap_or_default();
            shows_nothing(&shown);
            assert!(!shown.contains(PLANTED), "{shown}");
        }
    }
}
