//! Whose answers are believed: the faults that identities on the link once had.

use std::vec::Vec;

use super::super::*;
use super::HIGHEST;
use super::world::*;
use crate::policy::LOCAL;
use crate::wire::{self, Answer, Message, Reply, Status};

/// Answers were kept and believed by node and number alone: a node that began to count anew got
/// answers of the run before.
#[test]
fn an_answer_of_the_run_before_is_not_believed() {
    for key in [None, Some(KEY), Some(KEY.encrypting())] {
        let world = World::new(20, Faults::default());
        world.borrow_mut().key = key;
        world.borrow_mut().recorded = Some(Vec::new());
        assert_eq!(client(&world).resolve(&input_of(&[1]), HIGHEST).by, 3);
        // After a reboot nobody answers, and what was recorded comes again.
        let recorded = world.borrow_mut().recorded.take().unwrap();
        assert_eq!(recorded.len(), 2, "a welcome and a reply");
        world.borrow_mut().down = !0;
        let mut client = restarted(&world);
        world.borrow_mut().injected = recorded;
        let outcome = client.resolve(&input_of(&[2]), HIGHEST);
        assert_eq!((outcome.by, outcome.answer), (LOCAL, right(LOCAL, 2)));
        assert!(client.counters().stale >= 1);
    }
}

/// A reply did not cover its request: a late one could be taken for the reply to another request
/// that had its number.
#[test]
fn a_reply_to_the_same_number_with_another_content_is_not_believed() {
    for key in [None, Some(KEY), Some(KEY.encrypting())] {
        let world = World::new(21, Faults::default());
        world.borrow_mut().key.clone_from(&key);
        world.borrow_mut().down = !0;
        let mut client = client(&world);
        for sequence in 0..9 {
            // All that an eavesdropper with the gateway's trust could know of the request, but its
            // bytes.
            let reply = Reply {
                node: NODE,
                sequence,
                status: Status::Ok,
                answer: Answer::Label(666),
                confidence: 9,
            };
            let mut buffer = [0; FRAME];
            let frame = wire::encode(&Message::Reply(reply), key.as_ref(), &mut buffer).unwrap();
            world.borrow_mut().injected.push(frame.bytes.to_vec());
        }
        let outcome = client.resolve(&input_of(&[2]), HIGHEST);
        assert_eq!((outcome.by, outcome.answer), (LOCAL, right(LOCAL, 2)));
    }
}

/// A refusal in the node's name made it hold an expert off for minutes.
#[test]
fn a_refusal_that_is_not_signed_changes_nothing_for_a_node_with_a_key() {
    for key in [KEY, KEY.encrypting()] {
        let world = World::new(22, Faults::default());
        world.borrow_mut().key = Some(key);
        let mut client = client(&world);
        client.resolve(&input_of(&[1]), HIGHEST);
        world.borrow_mut().down = !0;
        world.borrow_mut().forged = Some(Status::Refused);
        let outcome = client.resolve(&input_of(&[1]), HIGHEST);
        assert_eq!((outcome.by, outcome.failure), (LOCAL, Some(Failure::TimedOut)));
        assert!(client.counters().bad >= 3 && client.reachable().contains(3));
    }
}

/// A gateway that is started again, or another one, knows no session: the client begins one and
/// asks again.
#[test]
fn a_gateway_without_the_session_is_asked_again_in_time() {
    for key in [None, Some(KEY), Some(KEY.encrypting())] {
        let world = World::new(23, Faults::default());
        world.borrow_mut().key = key;
        let mut client = client(&world);
        for input in 0..50 {
            world.borrow_mut().session = None;
            let outcome = client.resolve(&input_of(&[input]), HIGHEST);
            assert_eq!((outcome.by, outcome.failure), (3, None));
        }
        assert_eq!((client.counters().sessions, world.borrow().hellos), (50, 50));
        assert_eq!((client.counters().sent, client.counters().stale), (99, 0));
    }
}

/// A gateway that forgets every session at once must not keep a node busy.
#[test]
fn a_gateway_that_knows_no_session_is_not_asked_without_end() {
    let world = World::new(24, Faults { forgetting: 100, ..Faults::default() });
    let outcome = client(&world).resolve(&input_of(&[1]), HIGHEST);
    assert_eq!(outcome.failure, Some(Failure::Status(Status::UnknownSession)));
    assert!(world.borrow().hellos < 30, "{} hellos", world.borrow().hellos);
}

/// Writes had no deadline: a port that took nothing held up the input for ever.
#[test]
fn a_port_that_takes_nothing_does_not_outlast_the_deadline() {
    let world = World::new(25, Faults::default());
    let mut client =
        Async::new(Port(world.clone()), Time(world.clone()), &SETTINGS, identity(None), NONCE);
    world.borrow_mut().stuck = true;
    let begun = world.borrow().now;
    let outcome = block_on(&world, client.resolve(&input_of(&[1]), HIGHEST));
    assert_eq!((outcome.by, outcome.failure), (LOCAL, Some(Failure::TimedOut)));
    assert!(world.borrow().now - begun <= 1_002);
}
