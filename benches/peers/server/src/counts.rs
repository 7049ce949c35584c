//! The counters of the server, for `GET /counts`. Connections that only request the counters are not counted.

use std::sync::atomic::{AtomicU64, Ordering};

#[derive(Default)]
pub struct Counts {
    pub requests: Counter,
    pub connections: Counter,
    /// The number of full TLS handshakes.
    pub full: Counter,
    /// The number of TLS handshakes that resumed a session.
    pub resumed: Counter,
}

#[derive(Default)]
pub struct Counter(AtomicU64);

impl Counter {
    pub fn add(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl Counts {
    pub fn json(&self) -> String {
        let Self { requests, connections, full, resumed } = self;
        format!(
            r#"{{"requests":{},"connections":{},"full":{},"resumed":{}}}"#,
            requests.get(),
            connections.get(),
            full.get(),
            resumed.get()
        )
    }
}
