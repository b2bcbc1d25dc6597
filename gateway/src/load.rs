//! A load generator: many nodes that ask a gateway at once.

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use mild::wire::{self, Answer, Decoder, Message, Payload, Request, Status};
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
    /// The gateway's TCP address.
    pub gateway: SocketAddr,
    /// The number of nodes, each with its own connection and one request at a time.
    pub nodes: u32,
    /// How long to send requests.
    pub duration: Duration,
    /// The index of the expert to ask.
    pub expert: u8,
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
    for node in 1..=plan.nodes {
        nodes.spawn(run_node(plan.clone(), node));
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
async fn run_node(plan: LoadPlan, node: u32) -> Result<(LoadReport, Vec<Duration>), LoadError> {
    let failed = |source| LoadError::Connection { node, source };
    let mut stream = TcpStream::connect(plan.gateway).await.map_err(failed)?;
    stream.set_nodelay(true).map_err(failed)?;
    let mut report = LoadReport::default();
    let mut times = Vec::new();
    let mut decoder = Decoder::<{ wire::MAX_OVERHEAD }>::new();
    let end = Instant::now() + plan.duration;
    // Other numbers than those of an earlier run, whose answers the gateway may remember.
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let mut sequence = now.as_millis() as u32;
    while Instant::now() < end {
        sequence = sequence.wrapping_add(1);
        let row = (sequence % plan.rows.max(1)).to_le_bytes();
        let request = Request {
            node,
            sequence,
            image: 0,
            expert: plan.expert,
            local: Answer::None,
            margin: 0,
            payload: Payload::Bytes(&row),
        };
        let mut buffer = [0; wire::max_frame(4)];
        let frame = wire::encode(&Message::Request(request), None, &mut buffer)
            .map_err(|error| failed(io::Error::other(error)))?;
        let start = Instant::now();
        stream.write_all(frame).await.map_err(failed)?;
        report.sent += 1;
        let reply = read_reply(&mut stream, &mut decoder, sequence, &mut report.stray);
        match timeout(REPLY_TIMEOUT, reply).await {
            Ok(status) => {
                let status = status_label(status.map_err(failed)?);
                *report.replies.entry(status).or_default() += 1;
                times.push(start.elapsed());
            }
            Err(_) => report.lost += 1,
        }
    }
    Ok((report, times))
}

/// Waits for the reply to a request, and counts all others.
async fn read_reply(
    stream: &mut TcpStream,
    decoder: &mut Decoder<{ wire::MAX_OVERHEAD }>,
    sequence: u32,
    stray: &mut u64,
) -> io::Result<Status> {
    let mut buffer = [0; 64];
    loop {
        let length = stream.read(&mut buffer).await?;
        if length == 0 {
            return Err(io::ErrorKind::ConnectionReset.into());
        }
        let mut bytes = buffer.get(..length).unwrap_or_default();
        while !bytes.is_empty() {
            let (used, frame) = decoder.feed(bytes);
            bytes = bytes.get(used..).unwrap_or_default();
            let Some(frame) = frame else { continue };
            match frame.and_then(|frame| frame.message()).map_err(io::Error::other)? {
                Message::Reply(reply) if reply.sequence == sequence => return Ok(reply.status),
                _ => *stray += 1,
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
