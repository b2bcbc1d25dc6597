//! The line of one node: TCP to either gateway, on which somebody loses, repeats, delays, damages,
//! replays and forges frames.

use super::{
    fault::Fault,
    question,
    random::Random,
    recording::{Recording, Way},
};
use embedded_io::{ErrorKind, ErrorType, Read, ReadReady, Write};
use mild::wire::{self, Answer, Binding, Decoder, Key, Message, Payload, Reply, Status};
use std::{
    collections::VecDeque,
    io::{Read as _, Write as _},
    mem,
    net::{SocketAddr, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

/// A gateway that does not take a connection within this time is down.
const CONNECT: Duration = Duration::from_millis(200);
/// Room for every frame of a run.
pub(super) const FRAME: usize = wire::max_frame(4);

/// Who is on the line.
#[derive(Debug, Clone)]
pub(super) struct Mischief {
    /// Whether faults may no more begin.
    pub(super) is_over: Arc<AtomicBool>,
    /// Whether somebody forges.
    pub(super) forges: bool,
    /// What somebody has heard of all nodes.
    pub(super) recording: Arc<Recording>,
}

/// A frame that is under way.
#[derive(Debug)]
struct UnderWay {
    due: Instant,
    bytes: Vec<u8>,
}

/// The line.
#[derive(Debug)]
pub(super) struct Line {
    gateways: [SocketAddr; 2],
    stream: Option<TcpStream>,
    random: Random,
    mischief: Mischief,
    to_gateway: Vec<UnderWay>,
    to_node: Vec<UnderWay>,
    /// A frame that has not arrived whole.
    begun: Vec<u8>,
    arrived: VecDeque<u8>,
    /// The latest frame of the node: its number and sequence, and what an answer is bound to.
    latest: Option<(u32, u32, Binding)>,
}

impl Line {
    pub(super) fn new(gateways: [SocketAddr; 2], random: Random, mischief: Mischief) -> Self {
        let (to_gateway, to_node, begun) = (Vec::new(), Vec::new(), Vec::new());
        let (stream, arrived, latest) = (None, VecDeque::new(), None);
        Self { gateways, stream, random, mischief, to_gateway, to_node, begun, arrived, latest }
    }

    /// Connects to either gateway.
    fn connect(&mut self) -> Result<(), ErrorKind> {
        let first = self.random.percent(50);
        let [a, b] = self.gateways;
        for gateway in if first { [a, b] } else { [b, a] } {
            if let Ok(stream) = TcpStream::connect_timeout(&gateway, CONNECT)
                && stream.set_nodelay(true).is_ok()
                && stream.set_nonblocking(true).is_ok()
            {
                self.stream = Some(stream);
                return Ok(());
            }
        }
        Err(ErrorKind::ConnectionRefused)
    }

    fn hang_up(&mut self) {
        self.stream = None;
        self.begun.clear();
    }

    /// What becomes of a frame on this way: pieces, each with a delay.
    fn meddle(&mut self, way: Way, frame: &[u8]) -> Vec<UnderWay> {
        let now = Instant::now();
        let late = |random: &mut Random, most| now + Duration::from_millis(random.below(most));
        let whole = |due| UnderWay { due, bytes: frame.to_vec() };
        self.mischief.recording.keep(way, frame, &mut self.random);
        if self.mischief.is_over.load(Ordering::Relaxed) {
            return vec![whole(now)];
        }
        let random = &mut self.random;
        let fault = match random.below(100) {
            0..3 => Fault::Lost,
            3..7 => Fault::Twice,
            7..12 => Fault::Late,
            12..17 => Fault::Replayed,
            17..20 => Fault::Damaged,
            20..23 => Fault::Forged,
            23..25 => Fault::Cut,
            _ => return vec![whole(now)],
        };
        let changed = match fault {
            Fault::Lost => Some(Vec::new()),
            Fault::Twice => Some(vec![whole(now), whole(late(random, 60))]),
            Fault::Late => Some(vec![whole(late(random, 250))]),
            Fault::Replayed => self.mischief.recording.recall(way, random).map(|bytes| {
                let replayed = UnderWay { due: late(random, 50), bytes };
                vec![replayed, whole(now)]
            }),
            Fault::Damaged => Some(vec![UnderWay { due: now, bytes: damaged(frame, random) }]),
            Fault::Forged if self.mischief.forges => self.forgery(way, frame).map(|bytes| {
                let forged = UnderWay { due: now, bytes };
                // After the forgery, so that it comes first.
                vec![forged, whole(late(&mut self.random, 20))]
            }),
            Fault::Forged => None,
            Fault::Cut => {
                self.hang_up();
                Some(Vec::new())
            }
        };
        if changed.is_some() {
            self.mischief.recording.happened(fault);
        }
        changed.unwrap_or_else(|| vec![whole(now)])
    }

    /// A frame that somebody without the node's key makes: the node's question with another row,
    /// or an answer to the question that is open.
    fn forgery(&mut self, way: Way, frame: &[u8]) -> Option<Vec<u8>> {
        let row = u32::try_from(self.random.below(question::ROWS.into())).ok()?;
        let key = Key::new([0x0f; 32]).numbered(u8::try_from(self.random.below(2)).ok()?);
        let key = self.random.percent(50).then_some(&key);
        let mut buffer = [0; FRAME];
        let forged = match way {
            Way::ToGateway => {
                let mut decoder = Decoder::<FRAME>::new();
                let (_, received) = decoder.feed(frame);
                let row = row.to_le_bytes();
                match received?.ok()?.message().ok()? {
                    Message::Request(mut request) => {
                        request.payload = Payload::Bytes(&row);
                        let message = Message::Request(request);
                        wire::encode(&message, key, &mut buffer).ok()?.bytes.to_vec()
                    }
                    _ => return None,
                }
            }
            Way::ToNode => {
                let (node, sequence, binding) = self.latest?;
                let answer = Answer::Label(question::label(row));
                let reply = Reply { node, sequence, status: Status::Ok, answer, confidence: 9 };
                let message = Message::Reply(reply);
                wire::encode_answer(&message, key, &binding, &mut buffer).ok()?.bytes.to_vec()
            }
        };
        Some(forged)
    }

    /// Sends and takes whatever is due.
    fn pump(&mut self) {
        let now = Instant::now();
        let mut is_broken = false;
        if let Some(stream) = &mut self.stream {
            for UnderWay { bytes, .. } in take_due(&mut self.to_gateway, now) {
                // So little is under way that the buffers of the system have room for it.
                is_broken |= stream.write_all(&bytes).is_err();
            }
            let mut piece = [0; 512];
            loop {
                match stream.read(&mut piece) {
                    Ok(0) => is_broken = true,
                    Ok(length) => {
                        self.begun.extend(piece.iter().take(length));
                        continue;
                    }
                    Err(error) => is_broken |= error.kind() != std::io::ErrorKind::WouldBlock,
                }
                break;
            }
        }
        // Whole frames, each between two zeros.
        let begun = mem::take(&mut self.begun);
        let mut frames: Vec<_> = begun.split(|&byte| byte == 0).map(<[u8]>::to_vec).collect();
        self.begun = frames.pop().unwrap_or_default();
        for frame in frames.iter().filter(|frame| !frame.is_empty()) {
            let frame = [&[0], frame.as_slice(), &[0]].concat();
            let pieces = self.meddle(Way::ToNode, &frame);
            self.to_node.extend(pieces);
        }
        if is_broken {
            self.hang_up();
        }
        for UnderWay { bytes, .. } in take_due(&mut self.to_node, now) {
            self.arrived.extend(bytes);
        }
    }
}

/// Takes out what is due, in the order of the times.
fn take_due(under_way: &mut Vec<UnderWay>, now: Instant) -> Vec<UnderWay> {
    let mut due: Vec<_> = under_way.extract_if(.., |frame| frame.due <= now).collect();
    due.sort_by_key(|frame| frame.due);
    due
}

/// One to three bits are flipped, or the end is missing.
fn damaged(frame: &[u8], random: &mut Random) -> Vec<u8> {
    let mut bytes = frame.to_vec();
    if random.percent(20) {
        bytes.truncate(bytes.len() / 2);
    }
    for _ in 0..random.between(1, 4) {
        let at = random.below(bytes.len() as u64);
        if let Some(byte) = usize::try_from(at).ok().and_then(|at| bytes.get_mut(at)) {
            *byte ^= 1 << random.below(8);
        }
    }
    bytes
}

impl ErrorType for Line {
    type Error = ErrorKind;
}

impl Write for Line {
    /// Takes a frame, which the client writes as a whole.
    fn write(&mut self, frame: &[u8]) -> Result<usize, ErrorKind> {
        let mut decoder = Decoder::<FRAME>::new();
        if let (_, Some(Ok(received))) = decoder.feed(frame) {
            self.latest = match received.message() {
                Ok(Message::Request(asked)) => {
                    Some((asked.node, asked.sequence, received.binding()))
                }
                Ok(Message::Hello(hello)) => Some((hello.node, 0, received.binding())),
                _ => None,
            };
        }
        if self.stream.is_none() {
            self.connect()?;
        }
        let pieces = self.meddle(Way::ToGateway, frame);
        self.to_gateway.extend(pieces);
        self.pump();
        Ok(frame.len())
    }

    fn flush(&mut self) -> Result<(), ErrorKind> {
        Ok(())
    }
}

impl ReadReady for Line {
    fn read_ready(&mut self) -> Result<bool, ErrorKind> {
        self.pump();
        Ok(!self.arrived.is_empty())
    }
}

impl Read for Line {
    fn read(&mut self, into: &mut [u8]) -> Result<usize, ErrorKind> {
        // The client asks only when there is something.
        let length = into.len().min(self.arrived.len());
        for (to, from) in into.iter_mut().zip(self.arrived.drain(..length)) {
            *to = from;
        }
        Ok(length)
    }
}
