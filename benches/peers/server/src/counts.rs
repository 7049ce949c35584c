//! What the server counts, for `GET /counts`. Connections that ask for nothing else are not counted.

use std::sync::atomic::{AtomicU64, Ordering};

#[derive(Default)]
pub struct Counts {
    pub requests: Counter,
    pub connections: Counter,
    /// TLS handshakes from scratch.
    pub full: Counter,
    /// TLS handshakes that took up an earlier session.
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
