use super::*;
use mild::wire::{self, Hello, Message};
use std::time::Duration;
use tokio::sync::mpsc;

/// The end of a frame; another content has another.
fn content(nonce: u64) -> Binding {
    let hello = Message::Hello(Hello { node: 1, nonce });
    wire::encode(&hello, None, &mut [0; 64]).unwrap().binding
}

fn table(limits: Limits) -> SessionTable {
    SessionTable::new(Arc::new(limits), u64::MAX - 3)
}

struct Asks<'t> {
    table: &'t SessionTable,
    replies: Replies,
    now: Instant,
}

impl<'t> Asks<'t> {
    fn new(table: &'t SessionTable) -> Self {
        let (replies, _) = mpsc::channel(1);
        Self { table, replies, now: Instant::now() }
    }

    fn arrive(&self, node: u32, session: u64, sequence: u32, content: &Binding) -> Arrival {
        self.table.arrive(Name { node, session, sequence }, content, &self.replies, self.now)
    }

    /// Requests from `from` on that are new, of `number`.
    fn admitted(&self, node: u32, session: u64, from: u32, number: u32) -> usize {
        let requests = from..from + number;
        requests.filter(|&k| self.is_new(node, session, k)).count()
    }

    fn is_new(&self, node: u32, session: u64, sequence: u32) -> bool {
        matches!(self.arrive(node, session, sequence, &content(0)), Arrival::New)
    }
}

#[test]
fn an_expert_is_asked_once_and_its_answer_kept_for_repetitions() {
    let table = table(Limits::default());
    let asks = Asks::new(&table);
    let (session, other) = (table.welcome(), table.welcome());
    assert!(asks.is_new(1, session, 5));
    assert!(matches!(asks.arrive(1, session, 5, &content(0)), Arrival::Pending));
    assert!(asks.is_new(2, other, 5), "another node's request");
    let name = Name { node: 1, session, sequence: 5 };
    assert_eq!(table.answered(name, b"yes").len(), 1, "who repeated it waits, too");
    let Arrival::Answered(frame) = asks.arrive(1, session, 5, &content(0)) else { panic!() };
    assert_eq!(frame, b"yes");
    table.answered(name, b"no");
    let Arrival::Answered(frame) = asks.arrive(1, session, 5, &content(0)) else { panic!() };
    assert_eq!(frame, b"yes", "the first answer is kept");
}

/// The memory of answers did not look at the content, and had no end: the same number with another
/// payload got the former answer.
#[test]
fn the_same_name_with_another_content_is_refused_and_answers_are_forgotten() {
    let table = table(Limits { remember_s: 10, ..Limits::default() });
    let mut asks = Asks::new(&table);
    let session = table.welcome();
    assert!(asks.is_new(1, session, 0));
    assert!(matches!(asks.arrive(1, session, 0, &content(9)), Arrival::NameUsed));
    table.answered(Name { node: 1, session, sequence: 0 }, b"yes");
    assert!(matches!(asks.arrive(1, session, 0, &content(9)), Arrival::NameUsed));
    assert!(matches!(asks.arrive(1, session, 0, &content(0)), Arrival::Answered(_)));
    asks.now += Duration::from_secs(11);
    assert!(matches!(asks.arrive(1, session, 0, &content(0)), Arrival::NameUsed));
    // A session of its own, and the same number is another name.
    let session = table.welcome();
    assert!(asks.is_new(1, session, 0));
}

/// Recorded frames were charged to the node's rate before they were recognised, so that one frame,
/// sent again and again, starved its node.
#[test]
fn repetitions_are_never_charged() {
    let limits = Limits { requests_per_s: 0.001, burst: 3, remembered: 2, ..Limits::default() };
    let table = table(limits);
    let asks = Asks::new(&table);
    let session = table.welcome();
    assert!(asks.is_new(1, session, 0));
    for _ in 0..1000 {
        assert!(!asks.is_new(1, session, 0));
    }
    assert_eq!(asks.admitted(1, session, 1, 2), 2);
    // The first one is not remembered any more, and still not new.
    assert!(matches!(asks.arrive(1, session, 0, &content(0)), Arrival::NameUsed));
    assert!(matches!(asks.arrive(1, session, 9, &content(0)), Arrival::RateLimited));
}

#[test]
fn sessions_of_others_and_former_ones_are_unknown() {
    let table = table(Limits::default());
    let asks = Asks::new(&table);
    for session in [0, 1, u64::MAX - 3, u64::MAX - 4] {
        assert!(matches!(asks.arrive(1, session, 0, &content(0)), Arrival::UnknownSession));
    }
    let (former, present) = (table.welcome(), table.welcome());
    assert!(asks.is_new(1, former, 0));
    assert!(asks.is_new(1, present, 0), "the node was started again");
    // What was recorded in the former session is worth nothing.
    for sequence in 0..3 {
        assert!(matches!(asks.arrive(1, former, sequence, &content(0)), Arrival::UnknownSession));
    }
    // Nor is a recorded hello: it begins nothing.
    table.welcome();
    assert!(asks.is_new(1, present, 1));
}

#[test]
fn a_node_may_ask_at_its_rate_and_in_bursts() {
    let table = table(Limits { requests_per_s: 2.0, burst: 3, ..Limits::default() });
    let mut asks = Asks::new(&table);
    let session = table.welcome();
    assert_eq!(asks.admitted(1, session, 0, 10), 3);
    asks.now += Duration::from_secs(1);
    assert_eq!(asks.admitted(1, session, 10, 10), 2);
    // A new session does not fill the bucket.
    let session = table.welcome();
    assert_eq!(asks.admitted(1, session, 0, 10), 0);
    asks.now += Duration::from_secs(1000);
    assert_eq!(asks.admitted(1, session, 20, 10), 3);
}

#[test]
fn memory_is_bounded_and_what_is_forgotten_stays_refused() {
    let table = table(Limits { nodes: 3, remembered: 2, ..Limits::default() });
    let asks = Asks::new(&table);
    let sessions: Vec<_> = (0..100).map(|_| table.welcome()).collect();
    for (node, &session) in (0..).zip(&sessions) {
        assert_eq!(asks.admitted(node, session, 0, 5), 5);
    }
    {
        let nodes = table.nodes();
        assert_eq!(nodes.by_number.len(), 3);
        assert!(nodes.by_number.iter().all(|(_, node)| node.remembered() == 2));
        assert!(nodes.by_number.contains(&99));
    }
    // The frames of a node that was forgotten are not new again.
    for (node, &session) in (0..90).zip(&sessions) {
        assert!(matches!(asks.arrive(node, session, 0, &content(0)), Arrival::UnknownSession));
    }
}

/// A new node cost a scan of all nodes under one lock: 510 microseconds at 100,000 nodes.
#[test]
fn a_new_node_costs_the_same_among_few_and_among_many() {
    let time = |nodes: u32| {
        let table = table(Limits { nodes: nodes as usize, ..Limits::default() });
        let asks = Asks::new(&table);
        for node in 0..nodes {
            assert!(asks.is_new(node, table.welcome(), 0));
        }
        // The best of some, because others use this machine, too.
        let times = (0..10).map(|round| {
            let begun = Instant::now();
            for node in 0..200 {
                assert!(asks.is_new(nodes + round * 200 + node, table.welcome(), 0));
            }
            begun.elapsed()
        });
        times.min().unwrap()
    };
    let (few, many) = (time(1_000), time(50_000));
    assert!(many < few * 20, "{few:?} among few, {many:?} among many");
}
