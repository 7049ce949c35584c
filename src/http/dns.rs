//! Lookups of names within a deadline.
//!
//! The lookup of the system cannot be interrupted, so it runs in a thread of its own. Calls that look up the same name
//! at the same time share one thread, however many of them have given up on it.

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use crate::util::sync::lock;

/// The system's lookup.
type System = fn(&str) -> io::Result<Vec<IpAddr>>;

/// The resolver of one client.
#[derive(Debug)]
pub(crate) struct DnsResolver {
    running: Arc<Mutex<HashMap<String, Arc<Lookup>>>>,
    system: System,
}

/// The addresses, or the kind and the text of an error.
type Outcome = Result<Vec<IpAddr>, (io::ErrorKind, String)>;

/// A lookup that runs, and its outcome for the calls that wait for it.
#[derive(Debug, Default)]
struct Lookup {
    outcome: Mutex<Option<Outcome>>,
    done: Condvar,
}

impl DnsResolver {
    pub(crate) fn new() -> Self {
        Self::with(|host| Ok((host, 0).to_socket_addrs()?.map(|address| address.ip()).collect()))
    }

    fn with(system: System) -> Self {
        Self { running: Arc::default(), system }
    }

    /// Returns the addresses of `host`, or the error `TimedOut` after `limit`.
    pub(crate) fn look_up(&self, host: &str, port: u16, limit: Duration) -> io::Result<Vec<SocketAddr>> {
        let ips = match inline(host) {
            Some(ips) => ips,
            None => self.join(host)?.wait(limit)?,
        };
        Ok(ips.into_iter().map(|ip| SocketAddr::new(ip, port)).collect())
    }

    /// Returns the lookup of `host` that runs, or starts one.
    fn join(&self, host: &str) -> io::Result<Arc<Lookup>> {
        let mut running = lock(&self.running);
        if let Some(lookup) = running.get(host) {
            return Ok(Arc::clone(lookup));
        }
        let lookup = Arc::new(Lookup::default());
        let (all, own, system, name) = (Arc::clone(&self.running), Arc::clone(&lookup), self.system, host.to_owned());
        std::thread::Builder::new().name("identifai-lookup".to_owned()).spawn(move || {
            let outcome = system(&name);
            // Calls from here on start a new lookup. The lock is free once the thread's caller has added this one.
            lock(&all).remove(&name);
            own.finish(outcome);
        })?;
        running.insert(host.to_owned(), Arc::clone(&lookup));
        Ok(lookup)
    }
}

impl Lookup {
    fn finish(&self, outcome: io::Result<Vec<IpAddr>>) {
        let outcome = match outcome {
            Ok(ips) if ips.is_empty() => Err((io::ErrorKind::NotFound, "the name has no address".to_owned())),
            outcome => outcome.map_err(|error| (error.kind(), error.to_string())),
        };
        *lock(&self.outcome) = Some(outcome);
        self.done.notify_all();
    }

    fn wait(&self, limit: Duration) -> io::Result<Vec<IpAddr>> {
        let outcome = lock(&self.outcome);
        let waited = self.done.wait_timeout_while(outcome, limit, |outcome| outcome.is_none());
        match &*waited.unwrap_or_else(PoisonError::into_inner).0 {
            Some(Ok(ips)) => Ok(ips.clone()),
            Some(Err((kind, text))) => Err(io::Error::new(*kind, text.clone())),
            None => Err(io::ErrorKind::TimedOut.into()),
        }
    }
}

/// Returns the addresses that need no lookup: those of an IP address, and of `localhost`, which is loopback whatever a
/// name server says (RFC 6761, section 6.3).
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
        let resolver = DnsResolver::with(|_| panic!("looked up"));
        for (host, first) in
            [("192.0.2.1", "192.0.2.1:7"), ("[2001:db8::1]", "[2001:db8::1]:7"), ("LOCALHOST", "127.0.0.1:7")]
        {
            assert_eq!(resolver.look_up(host, 7, Duration::ZERO).unwrap()[0], first.parse().unwrap());
        }
    }

    #[test]
    fn each_connection_has_its_own_lookup() {
        static LOOKUPS: AtomicU32 = AtomicU32::new(0);
        let resolver = DnsResolver::with(|_| match LOOKUPS.fetch_add(1, Ordering::Relaxed) {
            0 => Err(io::Error::other("no such name")),
            1 => Ok(Vec::new()),
            _ => Ok(vec![Ipv4Addr::new(192, 0, 2, 1).into()]),
        });
        let look_up = || resolver.look_up("api.test", 443, SECOND);
        assert_eq!(look_up().unwrap_err().to_string(), "no such name");
        assert_eq!(look_up().unwrap_err().kind(), io::ErrorKind::NotFound);
        assert_eq!(look_up().unwrap(), ["192.0.2.1:443".parse().unwrap()]);
        assert_eq!(LOOKUPS.load(Ordering::Relaxed), 3);
    }

    #[test]
    fn lookup_that_hangs_costs_calls_their_limit_and_a_thread() {
        static LOOKUPS: AtomicU32 = AtomicU32::new(0);
        static HANG: Mutex<()> = Mutex::new(());
        let hang = HANG.lock().unwrap();
        let resolver = DnsResolver::with(|_| {
            LOOKUPS.fetch_add(1, Ordering::Relaxed);
            drop(HANG.lock());
            Ok(vec![Ipv4Addr::LOCALHOST.into()])
        });
        for _ in 0..3 {
            let error = resolver.look_up("api.test", 443, Duration::from_millis(5)).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        }
        let last = resolver.join("api.test").unwrap();
        drop(hang);
        assert!(last.wait(10 * SECOND).is_ok());
        assert_eq!(LOOKUPS.load(Ordering::Relaxed), 1, "one thread for all four");
    }
}
