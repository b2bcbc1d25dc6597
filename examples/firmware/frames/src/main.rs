//! Counts what it takes to write a request and to read its reply.
//!
//! Cargo features say how the frames are sealed. Writes `clock INSTRUCTIONS TICKS` and then
//! `frames REPEATS REQUEST REPLY KEY REQUEST_BYTES REPLY_BYTES KEY_BYTES STACK` in hexadecimal,
//! where REQUEST, REPLY and KEY are ticks for so many repeats;
//! `cargo xtask results make frames` reads them.

#![no_std]
#![no_main]

mod seal;

use board::{Counter, entry, stack, write_line};
use core::hint::black_box;
use mild::wire::{
    self, Answer, Binding, Decoder, Key, MAX_OVERHEAD, Message, Payload, Reply, Request, Status,
};
use seal::Seal;

const CODES: usize = 16;
const ROOM: usize = wire::max_frame(CODES);
const REPEATS: u32 = 20;
/// Bytes of stack to look at: the smallest board has 16 KiB of RAM.
const DEPTH: usize = 4 * 1024;

#[entry]
fn main() -> ! {
    let Some(mut counter) = Counter::take() else { board::exit(false) };
    let (instructions, ticks) = counter.calibrate(10_000_000);
    write_line("clock", &[instructions, ticks]);
    let key = seal::key();
    let key = key.as_ref();
    let seal = Seal::new();
    let mut buffer = [0; ROOM];
    let Some((request_bytes, to)) = request(key, &seal, &mut buffer) else { board::exit(false) };
    let mut buffer = [0; ROOM];
    let reply = Message::Reply(Reply {
        node: 1000,
        sequence: 10_000,
        status: Status::Ok,
        answer: Answer::Label(1),
        confidence: 60_000,
    });
    let Ok(frame) = wire::encode_answer(&reply, key, &to, &mut buffer) else { board::exit(false) };
    let sealed = seal.reply();
    let asked = || {
        let mut buffer = [0; ROOM];
        black_box(request(key, &seal, &mut buffer)).is_some()
    };
    let answered = || read(black_box(frame.bytes), key, &to, &seal, &sealed);
    let reply_bytes = frame.bytes.len() + seal::MORE_BYTES;
    if !asked() || !answered() {
        board::exit(false);
    }
    let used = stack::used_within(DEPTH, || {
        asked();
        answered();
    });
    let request_ticks = counter.count(REPEATS, || u8::from(asked()));
    let reply_ticks = counter.count(REPEATS, || u8::from(answered()));
    let key_ticks = counter.count(REPEATS, || u8::from(black_box(seal::key()).is_some()));
    let sizes = [request_bytes + seal::MORE_BYTES, reply_bytes, size_of::<Key>(), used];
    let [request_bytes, reply_bytes, key_bytes, used] = sizes.map(|size| size as u32);
    let ticks = [REPEATS, request_ticks, reply_ticks, key_ticks];
    let [repeats, request_ticks, reply_ticks, key_ticks] = ticks;
    write_line(
        "frames",
        &[
            repeats,
            request_ticks,
            reply_ticks,
            key_ticks,
            request_bytes,
            reply_bytes,
            key_bytes,
            used,
        ],
    );
    board::exit(true)
}

/// Writes a request; its length, and what its reply is bound to.
#[inline(never)]
#[allow(clippy::unit_arg, reason = "where frames do all, there is nothing to seal")]
fn request(key: Option<&Key>, seal: &Seal, into: &mut [u8]) -> Option<(usize, Binding)> {
    let codes = black_box([100; CODES]);
    let request = Request {
        node: 1000,
        session: u64::MAX,
        sequence: 10_000,
        image: u32::MAX,
        expert: 1,
        local: Answer::Label(1),
        margin: -100_000,
        payload: Payload::Codes(&codes),
    };
    let frame = wire::encode(&Message::Request(request), key, into).ok()?;
    black_box(seal.request());
    Some((frame.bytes.len(), frame.binding))
}

/// Reads a reply as the client does, from a line that gives it in pieces.
#[inline(never)]
fn read(bytes: &[u8], key: Option<&Key>, to: &Binding, seal: &Seal, sealed: &seal::Sealed) -> bool {
    let mut decoder = Decoder::<MAX_OVERHEAD>::new();
    let (_, Some(Ok(frame))) = decoder.feed(bytes) else { return false };
    let answer = frame.read_answer(key, to);
    seal.open(sealed) && matches!(answer, Ok(Message::Reply(Reply { status: Status::Ok, .. })))
}
