mod encrypted;

use super::*;
use proptest::prelude::*;
use std::vec::Vec;

const ROOM: usize = MAX_OVERHEAD + 400;

fn answer() -> impl Strategy<Value = Answer> {
    let value = any::<f32>().prop_filter("a number", |value| !value.is_nan());
    prop_oneof![
        Just(Answer::None),
        any::<u32>().prop_map(Answer::Label),
        value.prop_map(Answer::Value)
    ]
}

fn status() -> impl Strategy<Value = Status> {
    use Status::{Busy, Malformed, NameUsed, Ok, Refused, TimedOut, UnknownExpert, UnknownSession};
    use Status::{Unreachable, WrongImage};
    let all = std::vec![
        Ok,
        Unreachable,
        Busy,
        Refused,
        UnknownExpert,
        Malformed,
        TimedOut,
        WrongImage,
        UnknownSession,
        NameUsed
    ];
    prop::sample::select(all)
}

/// A message without its payload, the form of a payload, and its bytes.
fn message() -> impl Strategy<Value = (Message<'static>, u8, Vec<u8>)> {
    let hello = any::<(u32, u64)>().prop_map(|(node, nonce)| Message::Hello(Hello { node, nonce }));
    let welcome =
        any::<(u32, u64)>().prop_map(|(node, session)| Message::Welcome(Welcome { node, session }));
    let request = (any::<([u32; 3], u64)>(), any::<u8>(), answer(), any::<i32>()).prop_map(
        |(([node, sequence, image], session), expert, local, margin)| {
            let payload = Payload::Bytes(&[]);
            let request =
                Request { node, session, sequence, image, expert, local, margin, payload };
            Message::Request(request)
        },
    );
    let reply = (any::<[u32; 2]>(), status(), answer(), any::<u16>()).prop_map(
        |([node, sequence], status, answer, confidence)| {
            Message::Reply(Reply { node, sequence, status, answer, confidence })
        },
    );
    let payload = prop::collection::vec(prop_oneof![any::<u8>(), Just(0), Just(1)], 0..400);
    (prop_oneof![1 => hello, 1 => welcome, 4 => request, 4 => reply], 0..3u8, payload)
}

fn with_payload<'a>(message: &Message<'static>, form: u8, bytes: &'a [u8]) -> Message<'a> {
    match *message {
        Message::Request(request) => Message::Request(Request {
            payload: match form {
                0 => Payload::Codes(bytes),
                1 => Payload::Raw(bytes),
                _ => Payload::Bytes(bytes),
            },
            ..request
        }),
        other => other,
    }
}

const KEY: Key = Key::new([7; 32]);

/// What the answers of the tests are bound to.
const TO: Binding = Binding { checksum: 0x0001_0203, mac: Some([9; MAC_BYTES]) };

fn example() -> Message<'static> {
    Message::Request(Request {
        node: 7,
        session: 0x0123_4567_89ab_cdef,
        sequence: 300,
        image: 0x1234_5678,
        expert: 2,
        local: Answer::Label(3),
        margin: -512,
        payload: Payload::Codes(&[0xfb, 0, 127]),
    })
}

/// The frames of the specification, in its order: each with the key that signs it.
fn vectors(key: Option<&Key>) -> Vec<Vec<u8>> {
    let hello = Message::Hello(Hello { node: 7, nonce: 0x0000_0005_0000_0000 });
    let welcome = Message::Welcome(Welcome { node: 7, session: 0x0123_4567_89ab_cdef });
    let reply = Message::Reply(Reply {
        node: 7,
        sequence: 300,
        status: Status::Ok,
        answer: Answer::Label(4),
        confidence: 60_000,
    });
    let mut frames = Vec::new();
    for (request, answer) in [(hello, welcome), (example(), reply)] {
        let mut buffer = [0; max_frame(3)];
        let request = encode(&request, key, &mut buffer).unwrap();
        let to = request.binding;
        frames.push(request.bytes.to_vec());
        let mut buffer = [0; max_frame(3)];
        frames.push(encode_answer(&answer, key, &to, &mut buffer).unwrap().bytes.to_vec());
    }
    frames
}

/// The vectors for other implementers: `docs/wire-format.md` has exactly these.
#[test]
fn the_vectors_in_the_specification_are_right() {
    let text = include_str!("../../../docs/wire-format.md");
    let key = Key::new(core::array::from_fn(|i| i as u8)).numbered(1);
    let derived = key::derive(key.mac().unwrap()).to_vec();
    for key in [None, Some(&key), Some(&key.clone().encrypting())] {
        for frame in vectors(key).into_iter().chain([derived.clone()]) {
            let hex: Vec<_> = frame.iter().map(|byte| std::format!("{byte:02x}")).collect();
            let lines: Vec<_> = hex.chunks(28).map(|line| line.join(" ")).collect();
            let lines = lines.join("\n    ");
            assert!(text.contains(&lines), "docs/wire-format.md lacks\n    {lines}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn messages_survive_noise_and_any_chunking(
        (message, form, payload) in message(),
        signed in any::<bool>(),
        noise in prop::collection::vec(any::<u8>(), 0..50),
        piece in 1usize..40,
    ) {
        let message = with_payload(&message, form, &payload);
        let mut buffer = [0; max_frame(400)];
        let own = KEY;
        let key = signed.then_some(&own);
        let frame = encode_answer(&message, key, &TO, &mut buffer).unwrap();
        prop_assert!(frame.bytes.len() <= max_frame(payload.len()));
        let [0, body @ .., 0] = frame.bytes else { panic!("zeros around it") };
        prop_assert!(!body.contains(&0));
        // No zero ends the noise but the frame's own.
        let mut stream = noise;
        stream.extend(frame.bytes);
        let mut decoder = Decoder::<ROOM>::new();
        let mut found = 0;
        for mut part in stream.chunks(piece) {
            while !part.is_empty() {
                let (used, frame) = decoder.feed(part);
                part = &part[used..];
                // The noise is an error, or ignored.
                if let Some(Ok(frame)) = frame {
                    prop_assert_eq!(frame.message(), Ok(message));
                    let verify = |key: &Key, to: &Binding| match message.is_answer() {
                        true => frame.verify_answer(key, to),
                        false => frame.verify(key),
                    };
                    prop_assert_eq!(frame.key_number(), signed.then_some(0));
                    prop_assert_eq!(verify(&KEY, &TO).is_ok(), signed);
                    let wrong = if signed { FrameError::WrongKey } else { FrameError::Unsigned };
                    prop_assert_eq!(verify(&Key::new([8; 32]), &TO), Err(wrong));
                    prop_assert_eq!(verify(&KEY.numbered(1), &TO), Err(wrong));
                    // An answer is bound to what it answers, by its MAC alone too.
                    if message.is_answer() {
                        let other = Binding { mac: Some([8; MAC_BYTES]), ..TO };
                        prop_assert!(frame.answers(&other));
                        prop_assert_eq!(verify(&KEY, &other), Err(wrong));
                        let other = Binding { checksum: 4, ..TO };
                        prop_assert!(!frame.answers(&other) && verify(&KEY, &other).is_err());
                    }
                    found += 1;
                }
            }
        }
        prop_assert_eq!(found, 1);
    }

    /// No bytes cause a panic, and a payload is never longer than its frame.
    #[test]
    fn hostile_bytes_are_errors(
        bytes in prop::collection::vec(prop_oneof![any::<u8>(), 0..4u8], 0..300),
    ) {
        let mut decoder = Decoder::<64>::new();
        let mut rest = &bytes[..];
        while !rest.is_empty() {
            let (used, frame) = decoder.feed(rest);
            rest = &rest[used..];
            if let Some(Ok(frame)) = frame {
                let _ = (frame.message(), frame.verify(&KEY), frame.verify_answer(&KEY, &TO));
            }
        }
        // With a correct checksum, the message is decoded too.
        let mut body = std::vec![VERSION];
        body.extend(&bytes);
        body.extend(crc::Crc::<u32>::new(&crc::CRC_32_ISO_HDLC).checksum(&body).to_le_bytes());
        let message = Frame::open(&body).unwrap();
        if let Ok(Message::Request(request)) = message.message() {
            prop_assert!(request.payload.bytes().len() < bytes.len());
        }
    }

    #[test]
    fn a_flipped_bit_is_detected(
        (message, form, payload) in message(),
        place in any::<prop::sample::Index>(),
        bit in 0..8u32,
    ) {
        let message = with_payload(&message, form, &payload);
        let mut buffer = [0; max_frame(400)];
        let mut frame = encode(&message, None, &mut buffer).unwrap().bytes.to_vec();
        // The first byte only ends what came before.
        *place.get_mut(&mut frame[1..]) ^= 1 << bit;
        let mut decoder = Decoder::<ROOM>::new();
        let mut rest = &frame[..];
        while !rest.is_empty() {
            let (used, found) = decoder.feed(rest);
            rest = &rest[used..];
            prop_assert!(!matches!(found, Some(Ok(_))));
        }
    }
}

#[test]
fn every_error_is_reached() {
    let of = |bytes: &[u8]| Frame::open(bytes).map(|frame| frame.message().unwrap_err());
    let sealed = |body: &[u8]| {
        let mut bytes = body.to_vec();
        bytes.extend(crc::Crc::<u32>::new(&crc::CRC_32_ISO_HDLC).checksum(body).to_le_bytes());
        bytes
    };
    assert_eq!(of(&[1, 2, 3]), Err(FrameError::TooShort { found: 3 }));
    assert_eq!(of(&[1, 2, 3, 4]), Err(FrameError::TooShort { found: 4 }));
    assert_eq!(of(&[2, 2, 3, 4, 5]), Err(FrameError::Checksum));
    // A frame of version 1, signed or not.
    for first in [0x01, 0x81] {
        assert_eq!(of(&sealed(&[first, 0, 0])), Err(FrameError::Version { found: 1 }));
    }
    assert_eq!(of(&sealed(&[0x22])), Err(FrameError::Unsigned));
    assert_eq!(of(&sealed(&[0x82, 0, 0])), Err(FrameError::TooShort { found: 7 }));
    assert_eq!(of(&sealed(&[0x82])), Err(FrameError::TooShort { found: 5 }));
    assert_eq!(of(&sealed(&[0x42, 1, 2])), Err(FrameError::TooShort { found: 7 }));
    assert_eq!(of(&sealed(&[2])), Ok(FrameError::Message));
    assert_eq!(of(&sealed(&[2, 9])), Ok(FrameError::Message));
    let reply = [0x42, 1, 2, 3, 4, 3, 7, 1, 0, 0, 0];
    assert_eq!(of(&sealed(&[&reply[..], &[0]].concat())), Ok(FrameError::Trailing { bytes: 1 }));
    assert!(Frame::open(&sealed(&reply)).unwrap().message().is_ok());
    // A reply that answers nothing.
    assert_eq!(of(&sealed(&[2, 3, 7, 1, 0, 0, 0])), Ok(FrameError::Message));
    let mut buffer = [0; 64];
    let example = encode(&example(), None, &mut buffer).unwrap().bytes;

    let mut small = Decoder::<8>::new();
    let (_, found) = small.feed(example);
    assert_eq!(found, Some(Err(FrameError::TooLong { room: 8 })));
    let mut decoder = Decoder::<64>::new();
    let (used, found) = decoder.feed(&[9, 1, 2, 0, 0, 0]);
    assert_eq!((used, found), (4, Some(Err(FrameError::Cobs))));
    assert!(!decoder.is_within());
    let (_, found) = decoder.feed(&example[..5]);
    assert!(found.is_none() && decoder.is_within());
    decoder.reset();
    let whole = decoder.feed(example);
    assert!(matches!(whole, (used, Some(Ok(_))) if used == example.len()));
    let length = example.len();
    for found in [0, 1, length - 1] {
        let mut small = [0; 64];
        let error = encode(&self::example(), None, &mut small[..found]).unwrap_err();
        assert_eq!(error, EncodeError::Buffer { found });
    }
}
