//! Tests of calls inside an async program: a call blocks its thread, and works with and without a runtime.

use identifai::{Client, Image, Submitted, classify_from_url};
use test_support::{CAT, ID, Server, accepted, response};
use tokio::runtime::{Builder, Runtime};

/// Starts a server that accepts submissions and reports each of them as done.
fn server() -> Server {
    Server::start(|connection| {
        let accepted = accepted();
        let report = response(200, "application/json", &format!("{{\"identifier\":\"{ID}\",\"status\":\"done\"}}"));
        while let Some(request) = connection.request() {
            connection.send(if request.head.starts_with("POST ") { &accepted } else { &report });
        }
    })
}

/// Makes each kind of call on a new connection and on an open one, and drops the client.
fn calls(server: &Server) {
    // A host name instead of an address, so that the client resolves it.
    let url = format!("http://localhost:{}", server.address.port());
    let client: Client = server.builder().base_url(&url).build().unwrap();
    for _ in 0..2 {
        assert_eq!(client.submit(&Image::from_url(CAT)).unwrap().identifier().as_str(), ID);
        assert!(client.wait(&Submitted::<Image>::new(ID.parse().unwrap())).unwrap().is_finished());
    }
    assert_eq!(classify_from_url(&server.options().base_url(&url)).unwrap().as_str(), ID);
    drop(client);
}

fn multi_thread() -> Runtime {
    Builder::new_multi_thread().worker_threads(2).build().unwrap()
}

#[test]
fn calls_in_spawn_blocking_succeed() {
    let server = server();
    multi_thread().block_on(async { tokio::task::spawn_blocking(move || calls(&server)).await.unwrap() });
}

#[test]
fn calls_in_block_in_place_succeed() {
    let server = server();
    let task = async move { tokio::task::block_in_place(|| calls(&server)) };
    multi_thread().block_on(async { tokio::spawn(task).await.unwrap() });
}

#[test]
fn calls_directly_in_a_task_succeed() {
    for runtime in [multi_thread(), Builder::new_current_thread().build().unwrap()] {
        let server = server();
        runtime.block_on(async move { tokio::spawn(async move { calls(&server) }).await.unwrap() });
    }
}

#[test]
fn client_survives_the_end_of_its_runtime() {
    let server = server();
    let runtime = Builder::new_current_thread().build().unwrap();
    let client = runtime.block_on(async {
        let client = server.client();
        client.submit(&Image::from_url(CAT)).unwrap();
        client
    });
    let clone = client.clone();
    runtime.block_on(async move { tokio::spawn(async move { drop(clone) }).await.unwrap() });
    drop(runtime);
    assert_eq!(client.submit(&Image::from_url(CAT)).unwrap().identifier().as_str(), ID);
    assert_eq!(server.connections(), 1);
}
