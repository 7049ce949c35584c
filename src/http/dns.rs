//! Names to addresses within a deadline. The system's lookup cannot be interrupted, so it runs in a helper thread: one
//! a name, however many calls wait for it or have given up on it.

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::util::sync::lock;

/// How long an answer serves further connections. Connections that stand need no name.
const KEPT: Duration = Duration::from_secs(30);

type System = fn(&str) -> io::Result<Vec<IpAddr>>;

/// The lookups of one client.
#[derive(Debug)]
pub(crate) struct DnsCache {
    shared: Arc<Shared>,
    system: System,
    kept: Duration,
}

#[derive(Debug, Default)]
struct Shared {
    names: Mutex<HashMap<String, Lookup>>,
    done: Condvar,
}

#[derive(Debug)]
enum Lookup {
    Running,
    Found(Vec<IpAddr>, Instant),
    /// Kept for those who waited; the next to ask tries anew.
    Failed(io::ErrorKind, String),
}

impl DnsCache {
    pub(crate) fn new() -> Self {
        Self::with(|host| Ok((host, 0).to_socket_addrs()?.map(|address| address.ip()).collect()))
    }

    fn with(system: System) -> Self {
        Self { shared: Arc::default(), system, kept: KEPT }
    }

    /// The addresses of `host`; `TimedOut` if there are none after `limit`.
    pub(crate) fn resolve(&self, host: &str, port: u16, limit: Duration) -> io::Result<Vec<SocketAddr>> {
        let ips = match inline(host) {
            Some(ips) => ips,
            None => self.look_up(host, limit)?,
        };
        Ok(ips.into_iter().map(|ip| SocketAddr::new(ip, port)).collect())
    }

    fn look_up(&self, host: &str, limit: Duration) -> io::Result<Vec<IpAddr>> {
        let start = Instant::now();
        // What this call waited for is its own, however old or bad.
        let mut waited = false;
        let mut names = lock(&self.shared.names);
        loop {
            match names.get(host) {
                Some(Lookup::Found(ips, at)) if waited || at.elapsed() < self.kept => return Ok(ips.clone()),
                Some(Lookup::Failed(kind, text)) if waited => return Err(io::Error::new(*kind, text.clone())),
                Some(Lookup::Running) => {
                    let left = limit.saturating_sub(start.elapsed());
                    if left.is_zero() {
                        return Err(io::ErrorKind::TimedOut.into());
                    }
                    names = self.shared.done.wait_timeout(names, left).unwrap_or_else(PoisonError::into_inner).0;
                }
                _ => {
                    self.start(host)?;
                    names.insert(host.to_owned(), Lookup::Running);
                }
            }
            waited = true;
        }
    }

    /// Starts the helper. It can report only after the caller has let go of the lock that it holds.
    fn start(&self, host: &str) -> io::Result<()> {
        let (shared, system, host) = (Arc::clone(&self.shared), self.system, host.to_owned());
        std::thread::Builder::new().name("identifai-lookup".to_owned()).spawn(move || {
            let outcome = match system(&host) {
                Ok(ips) if ips.is_empty() => Lookup::Failed(io::ErrorKind::NotFound, "the name has no address".into()),
                Ok(ips) => Lookup::Found(ips, Instant::now()),
                Err(error) => Lookup::Failed(error.kind(), error.to_string()),
            };
            lock(&shared.names).insert(host, outcome);
            shared.done.notify_all();
        })?;
        Ok(())
    }
}

/// What needs no lookup: addresses, and `localhost`, which RFC 6761 (section 6.3) wants to be loopback whatever a name
/// server says.
fn inline(host: &str) -> Option<Vec<IpAddr>> {
    if host.eq_ignore_ascii_case("localhost") {
        return Some(vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()]);
    }
    let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    bare.parse().ok().map(|ip| vec![ip])
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn addresses_and_localhost_need_no_lookup() {
        let resolver = DnsCache::with(|_| panic!("looked up"));
        for (host, first) in
            [("192.0.2.1", "192.0.2.1:7"), ("[2001:db8::1]", "[2001:db8::1]:7"), ("LOCALHOST", "127.0.0.1:7")]
        {
            assert_eq!(resolver.resolve(host, 7, Duration::ZERO).unwrap()[0], first.parse().unwrap());
        }
    }

    #[test]
    fn an_answer_serves_the_next_connections() {
        static ASKED: AtomicU32 = AtomicU32::new(0);
        let resolver = DnsCache::with(|_| {
            ASKED.fetch_add(1, Ordering::Relaxed);
            Ok(vec![Ipv4Addr::new(192, 0, 2, 1).into()])
        });
        for _ in 0..3 {
            assert_eq!(resolver.resolve("api.test", 443, SECOND).unwrap(), ["192.0.2.1:443".parse().unwrap()]);
        }
        assert_eq!(ASKED.load(Ordering::Relaxed), 1);
        let resolver = DnsCache { kept: Duration::ZERO, ..resolver };
        resolver.resolve("api.test", 443, SECOND).unwrap();
        assert_eq!(ASKED.load(Ordering::Relaxed), 2, "but not for ever");
    }

    #[test]
    fn a_failure_is_told_with_its_reason_and_tried_again() {
        static ASKED: AtomicU32 = AtomicU32::new(0);
        let resolver = DnsCache::with(|_| match ASKED.fetch_add(1, Ordering::Relaxed) {
            0 => Err(io::Error::other("no such name")),
            _ => Ok(Vec::new()),
        });
        assert_eq!(resolver.resolve("api.test", 443, SECOND).unwrap_err().to_string(), "no such name");
        assert_eq!(resolver.resolve("api.test", 443, SECOND).unwrap_err().kind(), io::ErrorKind::NotFound);
        assert_eq!(ASKED.load(Ordering::Relaxed), 2);
    }

    #[test]
    fn a_lookup_that_hangs_costs_each_call_its_limit_and_one_thread_in_all() {
        static ASKED: AtomicU32 = AtomicU32::new(0);
        static HANG: Mutex<()> = Mutex::new(());
        let hang = HANG.lock().unwrap();
        let resolver = DnsCache::with(|_| {
            ASKED.fetch_add(1, Ordering::Relaxed);
            drop(HANG.lock());
            Ok(vec![Ipv4Addr::LOCALHOST.into()])
        });
        for _ in 0..3 {
            let error = resolver.resolve("api.test", 443, Duration::from_millis(5)).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        }
        drop(hang);
        assert!(resolver.resolve("api.test", 443, 10 * SECOND).is_ok());
        assert_eq!(ASKED.load(Ordering::Relaxed), 1);
    }
}
