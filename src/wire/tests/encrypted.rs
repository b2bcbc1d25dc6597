//! Encrypted frames.

use chacha20::XChaCha20;
use chacha20::cipher::{KeyIvInit, StreamCipher};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::*;
use crate::wire::layout::{ANSWER, ENCRYPTED, SIGNED};

fn key() -> Key {
    KEY.encrypting()
}

/// The bytes of a frame without COBS and without the checksum.
fn body(frame: &[u8]) -> Vec<u8> {
    let mut decoder = Decoder::<ROOM>::new();
    let (used, found) = decoder.feed(frame);
    assert!(used == frame.len() && matches!(found, Some(Ok(_))));
    let (body, _) = decoder.bytes().split_last_chunk::<4>().unwrap();
    body.to_vec()
}

/// The frame of a body, with the checksum that fits it.
fn with_checksum(body: &[u8]) -> Vec<u8> {
    let checksum = crc::Crc::<u32>::new(&crc::CRC_32_ISO_HDLC).checksum(body);
    [body, &checksum.to_le_bytes()].concat()
}

fn encrypt(message: &Message<'_>) -> Vec<u8> {
    encrypt_answer(message, &TO)
}

fn encrypt_answer(message: &Message<'_>, to: &Binding) -> Vec<u8> {
    let mut buffer = [0; max_frame(400)];
    body(encode_answer(message, Some(&key()), to, &mut buffer).unwrap().bytes)
}

fn reply(status: Status) -> Message<'static> {
    let answer = if status == Status::Ok { Answer::Label(4) } else { Answer::None };
    Message::Reply(Reply { node: 7, sequence: 300, status, answer, confidence: 0 })
}

/// Reads an answer or another message.
fn read<'m>(frame: &Frame<'m>, key: &Key, room: &'m mut [u8]) -> Result<Message<'m>, FrameError> {
    match frame.sender() {
        Ok(_) => frame.read(Some(key), room),
        Err(_) => frame.read_answer(Some(key), &TO),
    }
}

/// What a body was encrypted with: it, and the same message in clear, differ by this.
fn keystream(message: &Message<'_>, to: &Binding) -> Vec<u8> {
    let mut buffer = [0; max_frame(400)];
    let clear = body(encode_answer(message, Some(&KEY), to, &mut buffer).unwrap().bytes);
    let start = 2 + if message.is_answer() { 4 } else { 0 };
    let start = start + head::Head::from(message).bytes;
    let encrypted = encrypt_answer(message, to);
    assert_eq!(clear.len(), encrypted.len());
    assert_eq!(clear[1..start], encrypted[1..start], "the head is in clear");
    let pairs = clear.iter().zip(&encrypted);
    pairs.take(clear.len() - MAC_BYTES).skip(start).map(|(clear, byte)| clear ^ byte).collect()
}

/// Written once more, from the text of the specification.
#[test]
fn a_frame_is_what_the_specification_says() {
    let hmac = |key: &[u8], bytes: &[u8]| {
        let mac = Hmac::<Sha256>::new_from_slice(key).unwrap().chain_update(bytes);
        mac.finalize().into_bytes()
    };
    let secret = hmac(&[7; 32], b"mild wire 2 XChaCha20\x01");
    let spelled =
        |start: &[u8], head: &[u8], rest: &[u8], name: &[u8], kind: u8, covered: &[u8]| {
            let mac = hmac(&[7; 32], &[start, head, rest, covered].concat())[..8].to_vec();
            let nonce: [u8; 24] = [&mac[..], name, &[kind, 0, 0, 0]].concat().try_into().unwrap();
            let mut hidden = rest.to_vec();
            XChaCha20::new(&secret, &nonce.into()).apply_keystream(&mut hidden);
            [start, head, &hidden, &mac].concat()
        };
    let session = 0x0123_4567_89ab_cdef_u64.to_le_bytes();
    let head = [&[2, 7], &session[..], &[0xac, 2]].concat();
    let rest = [0xf8, 0xac, 0xd1, 0x91, 1, 2, 1, 3, 0xff, 7, 0, 3, 0xfb, 0, 0x7f];
    let name = [&session[..], &300_u32.to_le_bytes()].concat();
    assert_eq!(encrypt(&example()), spelled(&[0xa2, 0], &head, &rest, &name, 2, &[]));
    let (start, mac) = ([0xe2, 0, 3, 2, 1, 0], [9; MAC_BYTES]);
    let name = [&mac[..], &[3, 2, 1, 0]].concat();
    let spelled = spelled(&start, &[3, 7], &[0xac, 2, 0, 1, 4, 0], &name, 3, &mac);
    assert_eq!(encrypt(&reply(Status::Ok)), spelled);
}

#[test]
fn every_flipped_bit_is_refused() {
    let hello = Message::Hello(Hello { node: 7, nonce: 5 });
    let welcome = Message::Welcome(Welcome { node: 7, session: 6 });
    for message in [hello, welcome, example(), reply(Status::Ok)] {
        let frame = encrypt(&message);
        let mut room = [0; ROOM];
        let whole = with_checksum(&frame);
        assert_eq!(read(&Frame::open(&whole).unwrap(), &key(), &mut room), Ok(message));
        for bit in 0..frame.len() * 8 {
            let mut damaged = frame.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            // The checksum stands in nobody's way: who damages with intent corrects it.
            let damaged = with_checksum(&damaged);
            let Ok(frame) = Frame::open(&damaged) else { continue };
            let asked = frame.read(Some(&key()), &mut room).is_ok();
            let answered = frame.read_answer(Some(&key()), &TO).is_ok();
            assert!(!asked && !answered, "bit {bit} of {message:?}");
        }
    }
}

#[test]
fn who_cannot_or_must_not_read_a_frame_does_not() {
    let mut room = [0; ROOM];
    let frame = with_checksum(&encrypt(&example()));
    let frame = Frame::open(&frame).unwrap();
    assert!(frame.is_encrypted());
    assert_eq!(frame.sender(), Ok(Sender { node: 7, sequence: 300 }));
    assert_eq!(frame.message(), Err(FrameError::Encrypted));
    assert_eq!(frame.verify(&key()), Err(FrameError::Encrypted));
    let mut wrong = |key: Option<&Key>| frame.read(key, &mut room).unwrap_err();
    assert_eq!(wrong(None), FrameError::Encrypted);
    assert_eq!(wrong(Some(&KEY)), FrameError::Encrypted);
    assert_eq!(wrong(Some(&key().numbered(1))), FrameError::WrongKey);
    assert_eq!(wrong(Some(&Key::new([8; 32]).encrypting())), FrameError::WrongKey);
    assert_eq!(room, [0; ROOM], "nothing unverified is left");
    let short = frame.room() - 1;
    let error = frame.read(Some(&key()), &mut room[..short]).unwrap_err();
    assert_eq!(error, FrameError::TooLong { room: short });
    assert_eq!(frame.read(Some(&key()), &mut room[..short + 1]), Ok(example()));

    // In clear, with the same secret.
    let mut buffer = [0; max_frame(400)];
    let clear = with_checksum(&body(encode(&example(), Some(&KEY), &mut buffer).unwrap().bytes));
    let clear = Frame::open(&clear).unwrap();
    assert_eq!((clear.is_encrypted(), clear.room()), (false, 0));
    assert_eq!(clear.sender(), frame.sender());
    assert_eq!(clear.read(Some(&KEY), &mut []), Ok(example()));
    assert_eq!(clear.read(None, &mut []), Ok(example()));
    assert_eq!(clear.read(Some(&key()), &mut []), Err(FrameError::NotEncrypted));
    assert_eq!(clear.verify(&key()), Err(FrameError::NotEncrypted));
}

#[test]
fn an_answer_fits_its_frame_alone_and_no_frame_comes_back_as_an_answer() {
    let frame = with_checksum(&encrypt(&reply(Status::Ok)));
    let frame = Frame::open(&frame).unwrap();
    assert_eq!(frame.read_answer(Some(&key()), &TO), Ok(reply(Status::Ok)));
    let read = |to: &Binding| frame.read_answer(Some(&key()), to);
    // By its MAC alone, and by its checksum alone.
    assert_eq!(read(&Binding { mac: Some([8; 8]), ..TO }), Err(FrameError::WrongKey));
    assert_eq!(read(&Binding { mac: None, ..TO }), Err(FrameError::WrongKey));
    assert_eq!(read(&Binding { checksum: 4, ..TO }), Err(FrameError::WrongKey));
    assert_eq!(frame.verify_answer(&key(), &TO), Err(FrameError::Encrypted));
    // The other way.
    assert_eq!(frame.sender(), Err(FrameError::Message));
    assert!(frame.read(Some(&key()), &mut [0; ROOM]).is_err());
    let request = with_checksum(&encrypt(&example()));
    let request = Frame::open(&request).unwrap();
    assert!(request.read_answer(Some(&key()), &request.binding()).is_err());
}

/// A gateway may say `Busy` to a request, and answer its repetition; a node without a good source of
/// random numbers may be led back into a session.
#[test]
fn another_content_with_the_same_name_has_another_keystream() {
    let Message::Request(request) = example() else { panic!() };
    let again = Message::Request(Request { payload: Payload::Codes(&[1, 2, 3]), ..request });
    assert_ne!(keystream(&example(), &TO)[..8], keystream(&again, &TO)[..8]);
    let (busy, ok) = (reply(Status::Busy), reply(Status::Ok));
    assert_ne!(keystream(&busy, &TO)[..4], keystream(&ok, &TO)[..4]);
    let other = Binding { mac: Some([8; MAC_BYTES]), ..TO };
    assert_ne!(keystream(&ok, &TO)[..4], keystream(&ok, &other)[..4]);
    // What is repeated is the same bytes.
    assert_eq!(encrypt(&example()), encrypt(&example()));
    assert_eq!(encrypt(&busy), encrypt(&busy));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn encrypted_messages_come_back_and_hide_all_but_their_head(
        (message, form, payload) in message(),
        chance in any::<u64>(),
    ) {
        let message = with_payload(&message, form, &payload);
        let frame = with_checksum(&encrypt(&message));
        let frame = Frame::open(&frame).unwrap();
        let mut room = [0; ROOM];
        prop_assert_eq!(read(&frame, &key(), &mut room), Ok(message));
        // Of two frames that differ in anything, the keystreams do, too.
        let stream = keystream(&message, &TO);
        let shared = |other: &[u8]| {
            let least = stream.len().min(other.len()).min(8);
            least >= 4 && stream[..least] == other[..least]
        };
        let other = Binding { mac: Some(chance.to_le_bytes()), ..TO };
        prop_assert!(!message.is_answer() || !shared(&keystream(&message, &other)));
        let changed = match message {
            Message::Hello(hello) => Message::Hello(Hello { nonce: chance, ..hello }),
            Message::Welcome(welcome) => Message::Welcome(Welcome { session: chance, ..welcome }),
            Message::Request(request) if chance % 2 == 0 => {
                Message::Request(Request { margin: request.margin ^ 1, ..request })
            }
            Message::Request(request) => {
                Message::Request(Request { sequence: request.sequence ^ 1, ..request })
            }
            Message::Reply(reply) => {
                Message::Reply(Reply { confidence: reply.confidence ^ 1, ..reply })
            }
        };
        prop_assert!(!shared(&keystream(&changed, &TO)));
    }

    /// No bytes cause a panic, whatever they say that they are.
    #[test]
    fn hostile_bytes_are_not_read(
        flags in 0..2u8,
        bytes in prop::collection::vec(prop_oneof![any::<u8>(), 0..4u8], 9..100),
    ) {
        let first = VERSION | SIGNED | ENCRYPTED | (flags * ANSWER);
        let frame = with_checksum(&[&[first][..], &bytes].concat());
        let Ok(frame) = Frame::open(&frame) else { return Ok(()) };
        let mut room = [0; 100];
        let _ = frame.sender();
        prop_assert!(frame.read(Some(&key()), &mut room).is_err());
        prop_assert!(frame.read_answer(Some(&key()), &frame.binding()).is_err());
        prop_assert!(frame.read_answer(Some(&key()), &TO).is_err());
    }
}
