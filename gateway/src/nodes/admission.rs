//! Who may connect: so many connections in all, and so many from one address.
//!
//! Where there is no room, the oldest connection that has not proved itself makes room. So a crowd
//! of silent sockets keeps nobody out.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::metrics::CloseReason;

/// The bits of an IPv6 address that stand for one site.
const SITE: u128 = !0 << 64;

/// Counts connections.
#[derive(Debug)]
pub(crate) struct Admission {
    /// The most connections at once.
    total: usize,
    /// The most from one address.
    per_address: usize,
    open: Mutex<Open>,
    /// Tells of every connection that is closed.
    closed: Notify,
}

#[derive(Debug, Default)]
struct Open {
    /// Connections that hold a place.
    count: usize,
    /// Connections that hold an open file: those with a place, and those that are being closed.
    files: usize,
    next: u64,
    addresses: HashMap<Option<IpAddr>, Address>,
    /// Connections that have not proved themselves, from the oldest.
    unproven: BTreeMap<u64, (Option<IpAddr>, CancellationToken)>,
}

#[derive(Debug, Default)]
struct Address {
    count: usize,
    unproven: BTreeSet<u64>,
}

impl Admission {
    pub(crate) fn new(total: usize, per_address: usize) -> Arc<Self> {
        Arc::new(Self { total, per_address, open: Mutex::default(), closed: Notify::new() })
    }

    fn open(&self) -> MutexGuard<'_, Open> {
        // A panic leaves the counts whole: no update is in several steps that could panic.
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Admits a connection, if need be in place of an older one. Unix sockets have no address, and
    /// count as one.
    pub(crate) fn admit(
        self: &Arc<Self>,
        address: Option<IpAddr>,
    ) -> Result<Admitted, CloseReason> {
        let address = address.map(site);
        let mut open = self.open();
        let from_address = open.addresses.get(&address);
        if from_address.is_some_and(|from| from.count >= self.per_address) {
            let oldest = from_address.and_then(|from| from.unproven.first().copied());
            open.evict(oldest.ok_or(CloseReason::AddressLimit)?);
        } else if open.count >= self.total {
            let oldest = open.unproven.keys().next().copied();
            open.evict(oldest.ok_or(CloseReason::ConnectionLimit)?);
        }
        let (number, evicted) = (open.next, CancellationToken::new());
        open.next += 1;
        open.count += 1;
        open.files += 1;
        let from = open.addresses.entry(address).or_default();
        from.count += 1;
        from.unproven.insert(number);
        open.unproven.insert(number, (address, evicted.clone()));
        Ok(Admitted { place: Some((self.clone(), address, number)), evicted })
    }

    /// Returns when no more connections are open than may be. A connection that makes room gives up
    /// its place at once and its file a little later: whoever accepts without waiting for that can
    /// run out of files.
    pub(crate) async fn settled(&self) {
        loop {
            let closed = self.closed.notified();
            if self.open().files <= self.total {
                return;
            }
            closed.await;
        }
    }
}

impl Open {
    fn evict(&mut self, number: u64) {
        if let Some((address, evicted)) = self.prove(number) {
            evicted.cancel();
            self.leave(address);
        }
    }

    /// Takes a connection off those that have not proved themselves.
    fn prove(&mut self, number: u64) -> Option<(Option<IpAddr>, CancellationToken)> {
        let (address, evicted) = self.unproven.remove(&number)?;
        if let Some(from) = self.addresses.get_mut(&address) {
            from.unproven.remove(&number);
        }
        Some((address, evicted))
    }

    fn leave(&mut self, address: Option<IpAddr>) {
        self.count = self.count.saturating_sub(1);
        if let Some(from) = self.addresses.get_mut(&address) {
            from.count = from.count.saturating_sub(1);
            if from.count == 0 {
                self.addresses.remove(&address);
            }
        }
    }
}

/// A connection that was admitted. Its place is free again when this is dropped.
#[derive(Debug)]
pub(crate) struct Admitted {
    place: Option<(Arc<Admission>, Option<IpAddr>, u64)>,
    evicted: CancellationToken,
}

impl Admitted {
    /// A connection that takes nobody's place, such as a serial port.
    pub(crate) fn always() -> Self {
        Self { place: None, evicted: CancellationToken::new() }
    }

    /// The other end is a node: from now on this connection makes room for no other.
    pub(crate) fn prove(&self) {
        if let Some((admission, _, number)) = &self.place {
            admission.open().prove(*number);
        }
    }

    /// Returns when the connection must make room.
    pub(crate) async fn evicted(&self) {
        self.evicted.cancelled().await;
    }
}

impl Drop for Admitted {
    fn drop(&mut self) {
        let Some((admission, address, number)) = self.place.take() else { return };
        let mut open = admission.open();
        open.files = open.files.saturating_sub(1);
        // A connection that made room has left already.
        if !self.evicted.is_cancelled() {
            open.prove(number);
            open.leave(address);
        }
        drop(open);
        admission.closed.notify_waiters();
    }
}

/// Whoever has an IPv6 address has many: the first half of it counts.
fn site(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => IpAddr::V4(address),
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & SITE)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> Option<IpAddr> {
        Some(text.parse().unwrap())
    }

    #[test]
    fn a_silent_connection_makes_room_and_a_proven_one_does_not() {
        let admission = Admission::new(3, 2);
        let a = admission.admit(address("10.0.0.1")).unwrap();
        let b = admission.admit(address("10.0.0.1")).unwrap();
        // The address is full: its oldest silent connection goes.
        let c = admission.admit(address("10.0.0.1")).unwrap();
        assert!(a.evicted.is_cancelled() && !b.evicted.is_cancelled());
        drop(a);
        b.prove();
        c.prove();
        assert_eq!(admission.admit(address("10.0.0.1")).unwrap_err(), CloseReason::AddressLimit);
        let d = admission.admit(address("10.0.0.2")).unwrap();
        // All is full: the only silent one goes.
        let e = admission.admit(address("10.0.0.3")).unwrap();
        assert!(d.evicted.is_cancelled());
        e.prove();
        assert_eq!(admission.admit(address("10.0.0.4")).unwrap_err(), CloseReason::ConnectionLimit);
        drop((b, c, d, e));
        let open = admission.open();
        assert_eq!((open.count, open.addresses.len(), open.unproven.len()), (0, 0, 0));
    }

    /// Without this wait, a crowd that arrived at once took files that evicted connections still
    /// held, and the listener ran out of them.
    #[tokio::test]
    async fn a_connection_is_open_until_it_is_closed() {
        let admission = Admission::new(1, 1);
        let first = admission.admit(None).unwrap();
        admission.settled().await;
        let second = admission.admit(None).unwrap();
        assert!(first.evicted.is_cancelled());
        let mut settled = std::pin::pin!(admission.settled());
        let soon = std::time::Duration::from_millis(20);
        assert!(tokio::time::timeout(soon, settled.as_mut()).await.is_err());
        drop(first);
        settled.await;
        drop(second);
        assert_eq!(admission.open().files, 0);
    }

    #[test]
    fn half_an_address_of_ipv6_is_one_address() {
        let admission = Admission::new(10, 1);
        let first = admission.admit(address("2001:db8::1")).unwrap();
        first.prove();
        assert!(admission.admit(address("2001:db8::2")).is_err());
        assert!(admission.admit(address("2001:db8:0:1::1")).is_ok());
        let mapped = admission.admit(address("::ffff:10.0.0.1")).unwrap();
        mapped.prove();
        assert!(admission.admit(address("10.0.0.1")).is_err());
    }
}
