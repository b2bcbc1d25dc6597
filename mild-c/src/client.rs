//! Asking experts over a line, and falling back.

use mild::Decide;
use mild::client::{Failure, Identity, Nonce, Outcome as Resolved, RetryPolicy};
use mild::wire::{Answer as Given, Key, Payload};

use crate::boundary::{self, opaque};
use crate::decision::Scores;
use crate::governor::GovernorInput;
use crate::line::{Inner, Line, Ticks};
use crate::port::Port;
use crate::status::Status;

/// Bytes of a key.
pub const KEY_BYTES: usize = 32;

/// How patient a client is, for `mild_retry_policy_init()`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(C)]
pub struct Retries {
    /// The longest that an input may take in all, whoever is asked, in milliseconds.
    pub deadline_ms: u32,
    /// How long to wait for an answer after each frame, in milliseconds.
    pub attempt_ms: u32,
    /// The pause before the second frame, in milliseconds. It doubles with each further one.
    pub backoff_ms: u32,
    /// For how long an expert that failed again and again is not asked at first, in milliseconds.
    pub hold_off_ms: u32,
    /// The longest that it is not asked, in milliseconds.
    pub longest_hold_off_ms: u32,
    /// The most frames to one expert for one input, at least one.
    pub attempts: u8,
    /// After so many failures in a row an expert is not asked for a while.
    pub failures: u8,
}

/// What an answer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(i32)]
pub enum AnswerKind {
    /// No answer.
    None = 0,
    /// A class: `label`.
    Label = 1,
    /// A number: `value`.
    Value = 2,
}

/// The answer of the device or of an expert.
#[derive(Debug, Clone, Copy, PartialEq)]
#[repr(C)]
pub struct Answer {
    /// One of `mild_answer_kind`. Another number is no answer.
    pub kind: i32,
    /// The class.
    pub label: u32,
    /// The number.
    pub value: f32,
}

/// What the bytes of an input are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(i32)]
pub enum PayloadKind {
    /// Codes, one signed byte each: `mild_quantize_f32()`.
    Codes = 0,
    /// Raw readings, 16 bits each, little-endian.
    Raw = 1,
    /// Bytes whose meaning application and expert agreed on.
    Bytes = 2,
}

/// An input to be resolved: what the device answers itself, and what an expert needs.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub struct Input {
    /// The device's own answer, for when nobody else can be asked.
    pub local: Answer,
    /// One of `mild_payload_kind`. Another number counts as bytes.
    pub kind: i32,
    /// The input.
    pub bytes: *const u8,
    /// Its length, at most `MILD_CLIENT_PAYLOAD`.
    pub size: usize,
}

/// Why the expert that was chosen first did not answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(i32)]
pub enum ClientFailure {
    /// It did answer, or the device was chosen.
    None = 0,
    /// No answer came in time.
    TimedOut = 1,
    /// The gateway or the expert refused; the gateway's log says why.
    Refused = 2,
    /// The line is down.
    Line = 3,
    /// The input is longer than `MILD_CLIENT_PAYLOAD`.
    TooLong = 4,
}

/// How an input was resolved: there always is an answer.
#[derive(Debug, Clone, Copy, PartialEq)]
#[repr(C)]
pub struct Outcome {
    /// The answer: the device's own if `by` is `MILD_LOCAL`.
    pub answer: Answer,
    /// One of `mild_client_failure`.
    pub failure: i32,
    /// How sure the expert is: 65535 is certain, 0 means that it did not say.
    pub confidence: u16,
    /// The expert that answered; `MILD_LOCAL` is the device.
    pub by: u8,
    /// Requests sent for it.
    pub sent: u8,
}

/// Words of a `mild_client`, 64 bits each.
pub const CLIENT_WORDS: usize = 112;

/// A client: a session with a gateway, and which experts can be reached. One thread at a time may use
/// it.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub struct Client {
    private_words: [u64; CLIENT_WORDS],
}

opaque!(Client, Inner);

/// Words of a `mild_retry_policy`, each as wide as a pointer.
pub const RETRY_POLICY_WORDS: usize = 8;

/// The policy of a client. It does not change or move while a client uses it.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub struct Policy {
    private_words: [usize; RETRY_POLICY_WORDS],
}

opaque!(Policy, RetryPolicy);

/// Fills a policy; with null for a link that answers within some hundred milliseconds.
///
/// Status: `NULL_POINTER`, `MISALIGNED`.
///
/// # Safety
/// `policy` is writable; `retries` is null or readable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mild_retry_policy_init(
    policy: *mut Policy,
    retries: *const Retries,
) -> Status {
    // SAFETY: the caller's promise.
    let given = match unsafe { boundary::array(retries, usize::from(!retries.is_null())) } {
        Ok(given) => given,
        Err(status) => return status,
    };
    let made = given.first().map_or(RetryPolicy::USUAL, |retries| RetryPolicy {
        deadline_ms: retries.deadline_ms,
        attempt_ms: retries.attempt_ms,
        attempts: retries.attempts,
        backoff_ms: retries.backoff_ms,
        failures: retries.failures,
        hold_off_ms: retries.hold_off_ms,
        longest_hold_off_ms: retries.longest_hold_off_ms,
    });
    // SAFETY: the caller's promise.
    unsafe { boundary::put(policy, made) }.into()
}

/// Starts a client without a session; it begins one with its first request.
///
/// `node` is the device's number in its fleet. `key` has `MILD_KEY_BYTES` bytes, shared with the
/// gateway under `key_number`; null is: nothing is signed. This library does not encrypt: the gateway
/// refuses its requests if the key's entry there says `encrypt = true`. `nonce` are 64 bits of a true
/// random number generator, drawn at each start; a board without one puts the number of its starts into
/// the upper 32 bits.
///
/// Status: `NULL_POINTER` (also if a function of the port is missing), `MISALIGNED`.
///
/// # Safety
/// `client` is writable; `policy` was filled, and neither changes nor moves as long as the client is in
/// use, nor does what `port` names; `key` is null or readable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mild_client_init(
    client: *mut Client,
    policy: *const Policy,
    port: *const Port,
    node: u32,
    key: *const u8,
    key_number: u8,
    nonce: u64,
) -> Status {
    let start = || {
        // SAFETY: the caller's promise.
        let (policy, ports, secret) = unsafe {
            let size = if key.is_null() { 0 } else { KEY_BYTES };
            (boundary::get(policy)?, boundary::array(port, 1)?, boundary::array(key, size)?)
        };
        let &[port] = ports else { return Err(Status::NullPointer) };
        if port.read.is_none() || port.write.is_none() || port.now_ms.is_none() {
            return Err(Status::NullPointer);
        }
        let key = secret.first_chunk().map(|&secret| Key::new(secret).numbered(key_number));
        let line = Line::new(port);
        let identity = Identity { node, key };
        let made = Inner::new(line, Ticks { port }, policy, identity, Nonce::random(nonce));
        // SAFETY: the caller's promise.
        unsafe { boundary::put(client, made) }
    };
    start().into()
}

/// Resolves one input: asks the expert that the scores propose, and the next one when it fails, until
/// somebody answers; in the end the device does. Returns within the policy's deadline, if the port's
/// functions do.
///
/// Status: `NULL_POINTER`, `MISALIGNED`.
///
/// # Safety
/// `client` was started; `scores` was filled and its scratch is untouched; `input` is readable, with
/// `size` bytes; `outcome` is writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mild_client_resolve(
    client: *mut Client,
    input: *const Input,
    scores: *const Scores,
    outcome: *mut Outcome,
) -> Status {
    let resolve = || {
        // SAFETY: the caller's promise.
        unsafe { resolve(client, input, *boundary::get(scores)?, outcome) }
    };
    resolve().into()
}

/// Resolves one input under a governor, which is charged once; `governed` is not used again before the
/// next `mild_governor_begin()`. Otherwise as `mild_client_resolve()`.
///
/// # Safety
/// As `mild_client_resolve()`; `governed` was begun and not committed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mild_client_resolve_governed(
    client: *mut Client,
    input: *const Input,
    governed: *mut GovernorInput,
    outcome: *mut Outcome,
) -> Status {
    let resolve = || {
        // SAFETY: the caller's promise: the governed input is taken out here, and not used again.
        unsafe { resolve(client, input, boundary::take(governed)?, outcome) }
    };
    resolve().into()
}

/// # Safety
/// As `mild_client_resolve`.
unsafe fn resolve(
    client: *mut Client,
    input: *const Input,
    decider: impl Decide,
    outcome: *mut Outcome,
) -> Result<(), Status> {
    // SAFETY: the caller's promise.
    let (client, inputs) = unsafe { (boundary::get_mut(client)?, boundary::array(input, 1)?) };
    let &[input] = inputs else { return Err(Status::NullPointer) };
    // SAFETY: the caller's promise.
    let bytes = unsafe { boundary::array(input.bytes, input.size)? };
    const CODES: i32 = PayloadKind::Codes as i32;
    const RAW: i32 = PayloadKind::Raw as i32;
    let payload = match input.kind {
        CODES => Payload::Codes(bytes),
        RAW => Payload::Raw(bytes),
        _ => Payload::Bytes(bytes),
    };
    let input = mild::client::Input { local: input.local.into(), payload };
    let resolved = client.resolve(&input, decider);
    // SAFETY: the caller's promise.
    unsafe { boundary::write(outcome, resolved.into()) }
}

impl From<Answer> for Given {
    fn from(answer: Answer) -> Self {
        const LABEL: i32 = AnswerKind::Label as i32;
        const VALUE: i32 = AnswerKind::Value as i32;
        match answer.kind {
            LABEL => Self::Label(answer.label),
            VALUE => Self::Value(answer.value),
            _ => Self::None,
        }
    }
}

impl From<Given> for Answer {
    fn from(answer: Given) -> Self {
        let (kind, label, value) = match answer {
            Given::None => (AnswerKind::None, 0, 0.0),
            Given::Label(label) => (AnswerKind::Label, label, 0.0),
            Given::Value(value) => (AnswerKind::Value, 0, value),
        };
        Self { kind: kind as i32, label, value }
    }
}

impl From<Resolved> for Outcome {
    fn from(resolved: Resolved) -> Self {
        let failure = match resolved.failure {
            None => ClientFailure::None,
            Some(Failure::TimedOut) => ClientFailure::TimedOut,
            Some(Failure::Line(_)) => ClientFailure::Line,
            Some(Failure::TooLong) => ClientFailure::TooLong,
            Some(_) => ClientFailure::Refused,
        };
        Self {
            answer: resolved.answer.into(),
            failure: failure as i32,
            confidence: resolved.confidence,
            by: resolved.by,
            sent: resolved.sent,
        }
    }
}
