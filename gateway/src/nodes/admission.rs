//! Who may connect: so many connections in all, and so many from one address.
//!
//! Where there is no room, the oldest connection that has not proved itself makes room. So a crowd
//! of silent sockets keeps nobody out.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

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
}

#[derive(Debug, Default)]
struct Open {
    count: usize,
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
        Arc::new(Self { total, per_address, open: Mutex::default() })
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
        let from = open.addresses.entry(address).or_default();
        from.count += 1;
        from.unproven.insert(number);
        open.unproven.insert(number, (address, evicted.clone()));
        Ok(Admitted { place: Some((self.clone(), address, number)), evicted })
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
        // A connection that made room has left already.
        if let Some((admission, address, number)) = self.place.take()
            && !self.evicted.is_cancelled()
        {
            let mut open = admission.open();
            open.prove(number);
            open.leave(address);
        }
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
