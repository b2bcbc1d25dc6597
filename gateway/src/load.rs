//! Many nodes at once, to see what a gateway does under load.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use mild::wire::{self, Answer, Decoder, Message, Payload, Request, Status};
use serde::Serialize;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::metrics::name;

/// A question that takes longer is lost.
const PATIENCE: Duration = Duration::from_secs(10);

/// What to do.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The gateway.
    pub gateway: SocketAddr,
    /// Nodes, each with a connection of its own and one question at a time.
    pub nodes: u32,
    /// So long.
    pub duration: Duration,
    /// The expert that is asked.
    pub expert: u8,
    /// Rows that are asked for, from 0 on.
    pub rows: u32,
}

/// What came of it.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Figures {
    /// Nodes.
    pub nodes: u32,
    /// Questions sent.
    pub sent: u64,
    /// Replies by status.
    pub replies: BTreeMap<&'static str, u64>,
    /// Questions without any reply.
    pub lost: u64,
    /// Replies that belong to no question.
    pub stray: u64,
    /// Replies a second.
    pub per_second: f64,
    /// Half of the replies come within so many milliseconds.
    pub p50_ms: f64,
    /// 99 of 100 do.
    pub p99_ms: f64,
}

/// Runs a plan.
///
/// # Errors
/// If a node cannot connect.
pub async fn run(plan: &Plan) -> io::Result<Figures> {
    let mut nodes = JoinSet::new();
    let begun = Instant::now();
    for node in 0..plan.nodes {
        nodes.spawn(one(plan.clone(), node + 1));
    }
    let mut all = Figures { nodes: plan.nodes, ..Figures::default() };
    let mut times = Vec::new();
    while let Some(finished) = nodes.join_next().await {
        let (figures, of_node) = finished.map_err(io::Error::other)??;
        all.sent += figures.sent;
        all.lost += figures.lost;
        all.stray += figures.stray;
        for (status, count) in figures.replies {
            *all.replies.entry(status).or_default() += count;
        }
        times.extend(of_node);
    }
    let seconds = begun.elapsed().as_secs_f64();
    times.sort_unstable();
    all.per_second = times.len() as f64 / seconds;
    let at = |share: f64| {
        let index = (share * times.len() as f64) as usize;
        let time = times.get(index.min(times.len().saturating_sub(1)));
        time.map_or(f64::NAN, |time: &Duration| time.as_secs_f64() * 1e3)
    };
    (all.p50_ms, all.p99_ms) = (at(0.5), at(0.99));
    Ok(all)
}

async fn one(plan: Plan, node: u32) -> io::Result<(Figures, Vec<Duration>)> {
    let mut stream = TcpStream::connect(plan.gateway).await?;
    stream.set_nodelay(true)?;
    let mut figures = Figures::default();
    let mut times = Vec::new();
    let mut decoder = Decoder::<{ wire::MAX_OVERHEAD }>::new();
    let end = Instant::now() + plan.duration;
    // Unlike that of an earlier run, whose answers the gateway remembers.
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
            .map_err(io::Error::other)?;
        let begun = Instant::now();
        stream.write_all(frame).await?;
        figures.sent += 1;
        let reply =
            timeout(PATIENCE, answer(&mut stream, &mut decoder, sequence, &mut figures.stray));
        match reply.await {
            Ok(status) => {
                *figures.replies.entry(name(status?)).or_default() += 1;
                times.push(begun.elapsed());
            }
            Err(_) => figures.lost += 1,
        }
    }
    Ok((figures, times))
}

async fn answer(
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

impl Figures {
    /// For a terminal.
    #[must_use]
    pub fn render(&self) -> String {
        let replies: Vec<_> =
            self.replies.iter().map(|(status, count)| format!("{count} {status}")).collect();
        format!(
            "{} nodes: {} questions, {}; {} lost, {} stray; {:.0} replies a second, {:.2} ms at the median, {:.2} ms at 99 %",
            self.nodes,
            self.sent,
            replies.join(", "),
            self.lost,
            self.stray,
            self.per_second,
            self.p50_ms,
            self.p99_ms
        )
    }
}
