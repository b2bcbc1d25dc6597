//! A load generator: many nodes that ask a gateway at once.

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use mild::wire::{self, Answer, Decoder, Hello, Key, Message, Payload, Request, Status};
use serde::Serialize;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::metrics::status_label;

/// A request without a reply after this is lost.
const REPLY_TIMEOUT: Duration = Duration::from_secs(10);

/// The load to generate.
#[derive(Debug, Clone)]
pub struct LoadPlan {
    /// The gateway's TCP address: host and port.
    pub gateway: String,
    /// The number of nodes, each with its own connection and one request at a time.
    pub nodes: u32,
    /// How long to send requests.
    pub duration: Duration,
    /// The index of the expert to ask.
    pub expert: u8,
    /// The keys of the nodes, which say whether they encrypt; those without one do not sign.
    pub keys: BTreeMap<u32, Key>,
    /// The payloads are the numbers of rows, from 0 to one less than this.
    pub rows: u32,
}

/// What the nodes saw.
#[derive(Debug, Clone, Default, Serialize)]
pub struct LoadReport {
    /// The number of nodes.
    pub nodes: u32,
    /// Requests sent.
    pub sent: u64,
    /// Replies by status.
    pub replies: BTreeMap<&'static str, u64>,
    /// Requests without a reply.
    pub lost: u64,
    /// Replies to no request that was pending.
    pub stray: u64,
    /// Replies per second.
    pub per_second: f64,
    /// The median time from a request to its reply, in milliseconds.
    pub p50_ms: f64,
    /// The 99th percentile of that time.
    pub p99_ms: f64,
}

/// Why no report can be given.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// A node cannot connect, or lost its connection.
    #[error("node {node}: {source}")]
    Connection {
        /// The number of the node.
        node: u32,
        /// The error of the operating system.
        source: io::Error,
    },
    /// A node's task panicked.
    #[error("a node failed: {0}")]
    Panicked(tokio::task::JoinError),
}

/// Generates load, and reports what the nodes saw.
///
/// # Errors
/// [`LoadError`] if a node cannot connect, or loses its connection.
pub async fn run(plan: &LoadPlan) -> Result<LoadReport, LoadError> {
    let mut nodes = JoinSet::new();
    let start = Instant::now();
    let shared = Arc::new(plan.clone());
    for node in 1..=plan.nodes {
        nodes.spawn(run_node(shared.clone(), node));
    }
    let mut total = LoadReport { nodes: plan.nodes, ..LoadReport::default() };
    let mut times = Vec::new();
    while let Some(finished) = nodes.join_next().await {
        let (report, node_times) = finished.map_err(LoadError::Panicked)??;
        total.sent += report.sent;
        total.lost += report.lost;
        total.stray += report.stray;
        for (status, count) in report.replies {
            *total.replies.entry(status).or_default() += count;
        }
        times.extend(node_times);
    }
    total.per_second = times.len() as f64 / start.elapsed().as_secs_f64();
    times.sort_unstable();
    (total.p50_ms, total.p99_ms) = (quantile_ms(&times, 0.5), quantile_ms(&times, 0.99));
    Ok(total)
}

/// A quantile of sorted times; NaN if there are none.
fn quantile_ms(times: &[Duration], quantile: f64) -> f64 {
    let index = (quantile * times.len() as f64) as usize;
    let time = times.get(index.min(times.len().saturating_sub(1)));
    time.map_or(f64::NAN, |time| time.as_secs_f64() * 1e3)
}

/// One node, which asks, waits for the reply, and asks again.
async fn run_node(
    plan: Arc<LoadPlan>,
    number: u32,
) -> Result<(LoadReport, Vec<Duration>), LoadError> {
    let failed = |source| LoadError::Connection { node: number, source };
    let mut node = Node::connect(&plan, number).await.map_err(failed)?;
    let mut report = LoadReport::default();
    let mut times = Vec::new();
    let end = Instant::now() + plan.duration;
    let mut row = 0;
    while Instant::now() < end {
        let start = Instant::now();
        let asked = timeout(REPLY_TIMEOUT, node.ask(plan.expert, row, &mut report));
        match asked.await {
            Ok(status) => {
                let status = status_label(status.map_err(failed)?);
                *report.replies.entry(status).or_default() += 1;
                times.push(start.elapsed());
            }
            Err(_) => report.lost += 1,
        }
        row = (row + 1) % plan.rows.max(1);
    }
    Ok((report, times))
}

/// A node and its connection.
struct Node {
    number: u32,
    key: Option<Key>,
    stream: TcpStream,
    decoder: Decoder<{ wire::MAX_OVERHEAD }>,
    /// The session and the number of its next request, once it has begun.
    session: Option<(u64, u32)>,
}

impl Node {
    async fn connect(plan: &LoadPlan, number: u32) -> io::Result<Self> {
        let stream = TcpStream::connect(&plan.gateway).await?;
        stream.set_nodelay(true)?;
        let key = plan.keys.get(&number).cloned();
        Ok(Self { number, key, stream, decoder: Decoder::new(), session: None })
    }

    /// Asks about a row, and waits for the reply. Begins a session if there is none.
    async fn ask(&mut self, expert: u8, row: u32, report: &mut LoadReport) -> io::Result<Status> {
        let (session, sequence) = match self.session {
            Some(session) => session,
            None => {
                let nonce = getrandom::u64().map_err(io::Error::other)?;
                let hello = Message::Hello(Hello { node: self.number, nonce });
                match self.exchange(&hello, &mut report.stray).await? {
                    Message::Welcome(welcome) => (welcome.session, 0),
                    Message::Reply(reply) => return Ok(reply.status),
                    _ => return Err(io::ErrorKind::InvalidData.into()),
                }
            }
        };
        // No load lasts for so many requests that the number wraps around.
        self.session = Some((session, sequence.wrapping_add(1)));
        let request = Request {
            node: self.number,
            session,
            sequence,
            image: 0,
            expert,
            local: Answer::None,
            margin: 0,
            payload: Payload::Bytes(&row.to_le_bytes()),
        };
        report.sent += 1;
        match self.exchange(&Message::Request(request), &mut report.stray).await? {
            Message::Reply(reply) => {
                if reply.status == Status::UnknownSession {
                    self.session = None;
                }
                Ok(reply.status)
            }
            _ => Err(io::ErrorKind::InvalidData.into()),
        }
    }

    /// Sends a message, waits for its answer, and counts all other frames.
    async fn exchange(
        &mut self,
        message: &Message<'_>,
        stray: &mut u64,
    ) -> io::Result<Message<'static>> {
        let mut buffer = [0; wire::max_frame(4)];
        let frame = wire::encode(message, self.key.as_ref(), &mut buffer);
        let frame = frame.map_err(io::Error::other)?;
        self.stream.write_all(frame.bytes).await?;
        let mut buffer = [0; 64];
        loop {
            let length = self.stream.read(&mut buffer).await?;
            if length == 0 {
                return Err(io::ErrorKind::ConnectionReset.into());
            }
            let mut bytes = buffer.get(..length).unwrap_or_default();
            while !bytes.is_empty() {
                let (used, found) = self.decoder.feed(bytes);
                bytes = bytes.get(used..).unwrap_or_default();
                let Some(found) = found else { continue };
                let found = found.map_err(io::Error::other)?;
                if !found.answers(&frame.binding) {
                    *stray += 1;
                    continue;
                }
                let answer = found.read_answer(self.key.as_ref(), &frame.binding);
                return answer.map_err(io::Error::other);
            }
        }
    }
}

impl fmt::Display for LoadReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} nodes sent {} requests", self.nodes, self.sent)?;
        let replies = self.replies.iter().map(|(status, count)| format!("{count} {status}"));
        let replies = replies.collect::<Vec<_>>().join(", ");
        writeln!(f, "replies: {replies} ({} lost, {} stray)", self.lost, self.stray)?;
        writeln!(f, "rate:    {:.0} replies per second", self.per_second)?;
        write!(f, "latency: {:.2} ms median, {:.2} ms 99th percentile", self.p50_ms, self.p99_ms)
    }
}
