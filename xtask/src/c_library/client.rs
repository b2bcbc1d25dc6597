//! The C client, and a gateway for it that is played here: over the pipes of its program, with a
//! key, forgetting its session once, and with an expert that does not answer.

use crate::verdict::Verdict;
use anyhow::{Context, Result, ensure};
use mild::wire::{self, Answer, Decoder, Key, Message, Reply, Request, Status, Welcome};
use std::{
    io::{Read, Write},
    path::Path,
    process::{Command, Stdio},
    thread,
};

/// What `tests/client.c` has: inputs, key and its number.
const INPUTS: u32 = 40;
const KEY_NUMBER: u8 = 5;
/// The longest frame that the client sends.
const FRAME: usize = 512;
/// This expert never answers; whoever asks it falls back.
const SILENT: u8 = 1;
/// Before this request the gateway forgets the session, once.
const FORGET_AT: usize = 10;

/// The gateway of one run.
#[derive(Debug, Default)]
struct Gateway {
    session: u64,
    /// The expert of each new request, in order.
    requests: Vec<u8>,
    /// Requests under a session that is not the present one.
    forgotten: usize,
    last: Option<(u64, u32)>,
}

impl Gateway {
    /// The message that answers `message`; `None` if the expert stays silent.
    fn answer(&mut self, message: &Message<'_>) -> Option<Message<'static>> {
        match message {
            Message::Hello(hello) => {
                self.session += 1000;
                Some(Message::Welcome(Welcome { node: hello.node, session: self.session }))
            }
            Message::Request(request) => self.reply(request).map(Message::Reply),
            _ => None,
        }
    }

    fn reply(&mut self, request: &Request<'_>) -> Option<Reply> {
        let reply = Reply {
            node: request.node,
            sequence: request.sequence,
            status: Status::UnknownSession,
            answer: Answer::None,
            confidence: 0,
        };
        if self.requests.len() == FORGET_AT && self.forgotten == 0 {
            self.forgotten = 1;
            return Some(reply);
        }
        if request.session != self.session {
            self.forgotten += 1;
            return Some(reply);
        }
        let name = (request.session, request.sequence);
        if self.last.replace(name) != Some(name) {
            self.requests.push(request.expert);
        }
        if request.expert == SILENT {
            return None;
        }
        // An answer that no other request has.
        let sum = request.payload.bytes().iter().map(|&byte| u32::from(byte)).sum::<u32>();
        let answer = Answer::Label(sum * 100 + u32::from(request.expert));
        Some(Reply { status: Status::Ok, answer, confidence: u16::MAX, ..reply })
    }
}

/// Runs the client's program against the gateway, and judges how each of its inputs was resolved.
pub(super) fn judge(program: &Path) -> Result<Verdict> {
    let mut child = Command::new(program)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| format!("cannot start {}", program.display()))?;
    let mut from = child.stdout.take().context("standard output")?;
    let mut to = child.stdin.take().context("standard input")?;
    let mut errors = child.stderr.take().context("standard error")?;
    let said = thread::spawn(move || {
        let mut text = String::new();
        errors.read_to_string(&mut text).map(|_| text)
    });
    let gateway = serve(&mut from, &mut to)?;
    let status = child.wait()?;
    let said = said.join().unwrap_or_else(|_| Ok(String::new()))?;
    ensure!(status.success(), "{} ended with {status}: {said}", program.display());
    Ok(match check(&gateway, &said) {
        Ok(detail) => Verdict { check: "client", passed: Some(true), detail },
        Err(error) => Verdict::failed("client", &error),
    })
}

/// Answers frames until the program ends.
fn serve(from: &mut impl Read, to: &mut impl Write) -> Result<Gateway> {
    let mut secret = [0; 32];
    secret[..3].copy_from_slice(&[1, 2, 3]);
    let key = Key::new(secret).numbered(KEY_NUMBER);
    let mut gateway = Gateway::default();
    let mut decoder = Decoder::<FRAME>::new();
    let mut piece = [0; 256];
    loop {
        let length = from.read(&mut piece)?;
        if length == 0 {
            return Ok(gateway);
        }
        let mut bytes = &piece[..length];
        while !bytes.is_empty() {
            let (used, frame) = decoder.feed(bytes);
            bytes = &bytes[used..];
            let Some(frame) = frame else { continue };
            let frame = frame.context("a frame of the client")?;
            frame.verify(&key).context("a frame of the client")?;
            let message = frame.message().context("a frame of the client")?;
            if let Some(answer) = gateway.answer(&message) {
                let mut buffer = [0; FRAME];
                let sent = wire::encode_answer(&answer, Some(&key), &frame.binding(), &mut buffer)?;
                to.write_all(sent.bytes)?;
            }
        }
    }
}

/// Every input has an outcome; an answer of an expert is the one to this very request; and the
/// governor was charged once for each input on which anybody was asked.
fn check(gateway: &Gateway, said: &str) -> Result<String> {
    let outcomes: Vec<Vec<u32>> = said
        .lines()
        .filter_map(|line| line.strip_prefix("outcome "))
        .map(|line| line.split_whitespace().map(str::parse).collect::<Result<_, _>>())
        .collect::<Result<_, _>>()?;
    ensure!(outcomes.len() == INPUTS as usize, "found {} outcomes: {said}", outcomes.len());
    let (mut answered, mut fell_back, mut asked) = (0, 0, 0);
    for (input, outcome) in (0..INPUTS).zip(&outcomes) {
        let &[by, label, failure, sent] = outcome.as_slice() else {
            anyhow::bail!("input {input}: found {outcome:?}");
        };
        asked += u32::from(sent > 0);
        if by == 0 {
            ensure!(label == 1000 + input, "input {input}: the device's own answer is {label}");
            fell_back += u32::from(failure != 0);
        } else {
            let expected = expected_label(input, by, label)?;
            ensure!(label == expected, "input {input}: found {label}, expected {expected}");
            answered += 1;
        }
    }
    ensure!(gateway.forgotten > 0, "the gateway never had the chance to forget the session");
    ensure!(answered > 0 && fell_back > 0, "{answered} answered, {fell_back} fell back: {said}");
    let governor = said.lines().find_map(|line| line.strip_prefix("governor "));
    let expected = format!("{INPUTS} {asked}");
    ensure!(governor == Some(&expected), "governor: found {governor:?}, expected {expected:?}");
    Ok(format!("{INPUTS} inputs: {answered} answered, {fell_back} fell back, {asked} charged"))
}

/// The answer of an expert to an input: the sum of its codes, as `tests/client.c` makes them.
fn expected_label(input: u32, by: u32, label: u32) -> Result<u32> {
    ensure!(by != u32::from(SILENT), "input {input}: the silent expert answered {label}");
    let codes = (0..16).map(|i| ((input * 37 + i * 11) % 251) as i32 - 125);
    let sum: u32 = codes.map(|code| u32::from(code as i8 as u8)).sum();
    Ok(sum * 100 + by)
}
