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
    use Status::{Busy, Malformed, Ok, Refused, TimedOut, UnknownExpert, Unreachable, WrongImage};
    let all =
        std::vec![Ok, Unreachable, Busy, Refused, UnknownExpert, Malformed, TimedOut, WrongImage];
    prop::sample::select(all)
}

/// A message without its payload, the form of a payload, and its bytes.
fn message() -> impl Strategy<Value = (Message<'static>, u8, Vec<u8>)> {
    let request = (any::<[u32; 3]>(), any::<u8>(), answer(), any::<i32>()).prop_map(
        |([node, sequence, image], expert, local, margin)| {
            let payload = Payload::Bytes(&[]);
            Message::Request(Request { node, sequence, image, expert, local, margin, payload })
        },
    );
    let reply = (any::<[u32; 2]>(), status(), answer(), any::<u16>()).prop_map(
        |([node, sequence], status, answer, confidence)| {
            Message::Reply(Reply { node, sequence, status, answer, confidence })
        },
    );
    let payload = prop::collection::vec(prop_oneof![any::<u8>(), Just(0), Just(1)], 0..400);
    (prop_oneof![request, reply], 0..3u8, payload)
}

fn with_payload<'a>(message: &Message<'static>, form: u8, bytes: &'a [u8]) -> Message<'a> {
    match *message {
        Message::Reply(reply) => Message::Reply(reply),
        Message::Request(request) => Message::Request(Request {
            payload: match form {
                0 => Payload::Codes(bytes),
                1 => Payload::Raw(bytes),
                _ => Payload::Bytes(bytes),
            },
            ..request
        }),
    }
}

const KEY: Key = Key::new([7; 32]);

fn example() -> Message<'static> {
    Message::Request(Request {
        node: 7,
        sequence: 300,
        image: 0x1234_5678,
        expert: 2,
        local: Answer::Label(3),
        margin: -512,
        payload: Payload::Codes(&[0xfb, 0, 127]),
    })
}

/// The frame of [`example`], explained byte by byte in `docs/wire-format.md`.
const EXAMPLE: [u8; 26] = [
    0x02, 0x01, 0x0e, 0x07, 0xac, 0x02, 0xf8, 0xac, 0xd1, 0x91, 0x01, 0x02, 0x01, 0x03, 0xff, 0x07,
    0x03, 0x03, 0xfb, 0x06, 0x7f, 0x3f, 0xc2, 0x95, 0xd5, 0x00,
];

#[test]
fn the_example_in_the_specification_is_right() {
    let mut buffer = [0; 64];
    let frame = encode(&example(), None, &mut buffer).unwrap();
    assert_eq!(frame, EXAMPLE);
    let text = include_str!("../../docs/wire-format.md");
    let hex: Vec<_> = frame.iter().map(|byte| std::format!("{byte:02x}")).collect();
    assert!(text.contains(&hex.join(" ")), "docs/wire-format.md has a different example");
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
        let frame = encode(&message, signed.then_some(&KEY), &mut buffer).unwrap();
        prop_assert!(frame.len() <= max_frame(payload.len()));
        let (last, body) = frame.split_last().unwrap();
        prop_assert!(*last == 0 && !body.contains(&0));
        let mut stream = noise;
        stream.push(0);
        stream.extend(frame);
        let mut decoder = Decoder::<ROOM>::new();
        let mut found = 0;
        for mut part in stream.chunks(piece) {
            while !part.is_empty() {
                let (used, frame) = decoder.feed(part);
                part = &part[used..];
                // The noise is an error, or ignored.
                if let Some(Ok(frame)) = frame {
                    prop_assert_eq!(frame.message(), Ok(message));
                    prop_assert_eq!(frame.verify(&KEY).is_ok(), signed);
                    let other = frame.verify(&Key::new([8; 32]));
                    let expected = if signed { FrameError::WrongKey } else { FrameError::Unsigned };
                    prop_assert_eq!(other, Err(expected));
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
                let _ = (frame.message(), frame.verify(&KEY));
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
        let mut frame = encode(&message, None, &mut buffer).unwrap().to_vec();
        *place.get_mut(&mut frame) ^= 1 << bit;
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
    assert_eq!(of(&[1, 2, 3, 4, 5]), Err(FrameError::Checksum));
    assert_eq!(of(&sealed(&[2])), Err(FrameError::Version { found: 2 }));
    assert_eq!(of(&sealed(&[0x81, 0, 0])), Err(FrameError::TooShort { found: 7 }));
    assert_eq!(of(&sealed(&[1])), Ok(FrameError::Message));
    assert_eq!(of(&sealed(&[1, 9])), Ok(FrameError::Message));
    let reply = [1, 1, 7, 1, 0, 0, 0];
    assert_eq!(of(&sealed(&[&reply[..], &[0]].concat())), Ok(FrameError::Trailing { bytes: 1 }));
    assert!(Frame::open(&sealed(&reply)).unwrap().message().is_ok());

    let mut small = Decoder::<8>::new();
    let (_, found) = small.feed(&EXAMPLE);
    assert_eq!(found, Some(Err(FrameError::TooLong { room: 8 })));
    let mut decoder = Decoder::<64>::new();
    let (used, found) = decoder.feed(&[9, 1, 2, 0, 0, 0]);
    assert_eq!((used, found), (4, Some(Err(FrameError::Cobs))));
    assert!(!decoder.is_within());
    let (_, found) = decoder.feed(&EXAMPLE[..5]);
    assert!(found.is_none() && decoder.is_within());
    decoder.reset();
    assert!(matches!(decoder.feed(&EXAMPLE), (26, Some(Ok(_)))));
    assert_eq!(
        encode(&example(), None, &mut [0; 25]).unwrap_err(),
        EncodeError::Buffer { found: 25 }
    );
}
