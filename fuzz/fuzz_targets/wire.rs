//! Bytes that may be frames: refused, or messages that are encoded to the same again, signed and
//! encrypted. An answer verifies for the frame that it answers, and for no other.
//!
//! The first byte says how the others are read: see `fuzz/README.md`.

#![no_main]

use libfuzzer_sys::fuzz_target;
use mild::wire::{self, Decoder, Frame, Key, Message};
use mild_test_support::checksum::crc32;

/// Room for one frame; longer ones must be refused.
const ROOM: usize = 512;
const KEY: Key = Key::new([3; 32]);

fuzz_target!(|data: &[u8]| {
    let Some((&mode, rest)) = data.split_first() else { return };
    match mode % 3 {
        // As they come, in pieces of a length that the mode says.
        0 => {
            stream(rest, usize::from(mode / 3) + 1);
        }
        // A body, sealed with a checksum that is right.
        1 => {
            let mut frame = cobs_of(&sealed(rest));
            frame.push(0);
            // An empty body is no frame, flags want bytes of their own, and what is encrypted is
            // signed.
            let least = match rest.first() {
                None => usize::MAX,
                Some(first) if first & 0xa0 == 0x20 => usize::MAX,
                Some(first) => 1 + usize::from(first >> 7) * 9 + usize::from(first >> 6 & 1) * 4,
            };
            let whole = rest.len() >= least && rest.len() + 4 <= ROOM;
            assert_eq!(stream(&frame, 7), usize::from(whole));
        }
        // Damage before a good frame, without a zero of its own, hurts that damage alone.
        _ => {
            let reply = Message::Reply(wire::Reply {
                node: 1,
                sequence: 2,
                status: wire::Status::Ok,
                answer: wire::Answer::Label(3),
                confidence: 4,
            });
            let mut buffer = [0; wire::max_frame(0)];
            let good = wire::encode(&reply, Some(&KEY), &mut buffer).expect("it fits");
            let mut bytes = rest.to_vec();
            bytes.extend(good.bytes);
            assert!(stream(&bytes, usize::from(mode / 3) + 1) >= 1);
        }
    }
});

/// Feeds everything; returns how many frames were whole.
fn stream(bytes: &[u8], piece: usize) -> usize {
    let mut decoder = Decoder::<ROOM>::new();
    let mut whole = 0;
    for mut part in bytes.chunks(piece) {
        while !part.is_empty() {
            let (used, found) = decoder.feed(part);
            assert!((1..=part.len()).contains(&used));
            part = &part[used..];
            if let Some(Ok(frame)) = found {
                whole += 1;
                hold(&frame, bytes.len());
            }
        }
    }
    whole
}

/// What must hold of every frame that is whole.
fn hold(frame: &Frame<'_>, longest: usize) {
    let verified = frame.verify(&KEY);
    assert!(frame.key_number().is_some() || verified.is_err());
    let mut room = vec![0; frame.room()];
    if frame.is_encrypted() {
        assert!(verified.is_err() && frame.message().is_err());
        let read = frame.read(Some(&KEY.encrypting()), &mut room);
        assert!(read.is_err(), "nobody made this with the key");
        return;
    }
    let Ok(message) = frame.message() else { return };
    assert_eq!(frame.sender().is_err(), message.is_answer());
    let payload = match message {
        Message::Request(request) => request.payload.bytes().len(),
        _ => 0,
    };
    assert!(payload < longest, "more payload than bytes came");
    for key in [KEY, KEY.encrypting()] {
        again(&message, &key, payload, frame);
    }
}

/// Whatever came is something to answer; the answer fits it alone.
fn again(message: &Message<'_>, key: &Key, payload: usize, frame: &Frame<'_>) {
    let to = frame.binding();
    let mut buffer = vec![0; wire::max_frame(payload)];
    let again = wire::encode_answer(message, Some(key), &to, &mut buffer);
    let again = again.expect("the stated room is enough");
    let mut decoder = Decoder::<{ ROOM + wire::MAX_OVERHEAD }>::new();
    let (used, found) = decoder.feed(again.bytes);
    assert_eq!(used, again.bytes.len());
    let found = found.expect("a whole frame").expect("a good one");
    assert_eq!(found.binding(), again.binding);
    assert_eq!(found.is_encrypted(), key.encrypts());
    let mut room = vec![0; found.room()];
    let read = if message.is_answer() {
        assert!(found.read_answer(Some(key), &again.binding).is_err());
        found.read_answer(Some(key), &to)
    } else {
        found.read(Some(key), &mut room)
    };
    // NaN is not itself.
    assert_eq!(format!("{:?}", read.expect("a message")), format!("{message:?}"));
}

fn sealed(body: &[u8]) -> Vec<u8> {
    let mut bytes = body.to_vec();
    // Signed or not, encrypted or not, an answer or not.
    if let Some(first) = bytes.first_mut() {
        *first = *first & 0xe0 | wire::VERSION;
    }
    let crc = crc32(bytes.iter().copied());
    bytes.extend(crc.to_le_bytes());
    bytes
}

/// COBS, written anew from its definition.
fn cobs_of(bytes: &[u8]) -> Vec<u8> {
    let mut coded = vec![];
    for block in bytes.split(|&byte| byte == 0) {
        let mut block = block;
        while block.len() >= 254 {
            let (full, rest) = block.split_at(254);
            coded.push(255);
            coded.extend(full);
            block = rest;
        }
        coded.push(block.len() as u8 + 1);
        coded.extend(block);
    }
    coded
}
