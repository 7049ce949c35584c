//! DNS lookups with a deadline.
//!
//! The lookup function of the system cannot be interrupted, so it runs in a thread of its own, and a call stops waiting
//! for it at its deadline. Calls that look up the same name at the same time share one thread. A lookup that hangs
//! therefore occupies one thread per name, even if many calls have given up waiting for it.

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use crate::util::sync::lock;

/// The lookup function of the system.
type SystemLookup = fn(&str) -> io::Result<Vec<IpAddr>>;

/// A resolver with deadlines. Each client has its own.
#[derive(Debug)]
pub(crate) struct DnsResolver {
    running: Arc<Mutex<HashMap<String, Arc<Lookup>>>>,
    system: SystemLookup,
}

/// The addresses, or the kind and the text of an error. `io::Error` does not implement `Clone`.
type Outcome = Result<Vec<IpAddr>, (io::ErrorKind, String)>;

/// A running lookup, which passes its outcome to the calls that wait for it.
#[derive(Debug, Default)]
struct Lookup {
    outcome: Mutex<Option<Outcome>>,
    done: Condvar,
}

impl DnsResolver {
    pub(crate) fn new() -> Self {
        Self::with(|host| Ok((host, 0).to_socket_addrs()?.map(|address| address.ip()).collect()))
    }

    fn with(system: SystemLookup) -> Self {
        Self { running: Arc::default(), system }
    }

    /// Returns the addresses of `host`, or the error `TimedOut` after `limit`.
    pub(crate) fn look_up(&self, host: &str, port: u16, limit: Duration) -> io::Result<Vec<SocketAddr>> {
        let ips = match without_lookup(host) {
            Some(ips) => ips,
            None => self.join(host)?.wait(limit)?,
        };
        Ok(ips.into_iter().map(|ip| SocketAddr::new(ip, port)).collect())
    }

    /// Returns the running lookup of `host`, or starts one.
    fn join(&self, host: &str) -> io::Result<Arc<Lookup>> {
        let mut running = lock(&self.running);
        if let Some(lookup) = running.get(host) {
            return Ok(Arc::clone(lookup));
        }
        let lookup = Arc::new(Lookup::default());
        let (all, own, system, name) = (Arc::clone(&self.running), Arc::clone(&lookup), self.system, host.to_owned());
        std::thread::Builder::new().name("identifai-lookup".to_owned()).spawn(move || {
            let outcome = system(&name);
            // From here on, calls start a new lookup. `join` holds the lock until it has inserted this lookup, so the
            // removal cannot come before the insertion.
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
            Ok(ips) if ips.is_empty() => Err((io::ErrorKind::NotFound, "no address found".to_owned())),
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

/// Returns the addresses of an IP address or of `localhost`, which need no lookup. `localhost` always means the
/// loopback addresses, whatever a name server returns for it (RFC 6761, section 6.3).
fn without_lookup(host: &str) -> Option<Vec<IpAddr>> {
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
    fn ip_address_and_localhost_need_no_lookup() {
        let resolver = DnsResolver::with(|_| panic!("looked up"));
        for (host, first) in
            [("192.0.2.1", "192.0.2.1:7"), ("[2001:db8::1]", "[2001:db8::1]:7"), ("LOCALHOST", "127.0.0.1:7")]
        {
            assert_eq!(resolver.look_up(host, 7, Duration::ZERO).unwrap()[0], first.parse().unwrap());
        }
    }

    #[test]
    fn finished_lookup_is_not_reused() {
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
    fn hanging_lookup_times_out_and_shares_one_thread() {
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
        assert_eq!(LOOKUPS.load(Ordering::Relaxed), 1, "all four calls share one thread");
    }
}
