//! The faults that came from identities on the link, each as it was once seen.

mod support;

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use axum::routing::post;
use axum::{Json, Router};
use mild::wire::{Answer, Payload, Status};
use mild_gateway::config::Config;
use mild_gateway::experts::{ExpertAnswer, ExpertRequest, Input};
use mild_gateway::server::Server;
use support::Node;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::time::{Instant, sleep, timeout};

const SECRET: [u8; 32] = [0x0b; 32];

/// An expert that answers with the first byte of the payload, after a delay. Returns its address
/// and how often it was asked.
async fn expert(delay_ms: u64) -> (SocketAddr, Arc<AtomicU32>) {
    let asked = Arc::new(AtomicU32::new(0));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let count = asked.clone();
    let handler = move |Json(request): Json<ExpertRequest>| {
        let count = count.clone();
        async move {
            count.fetch_add(1, Ordering::SeqCst);
            sleep(Duration::from_millis(delay_ms)).await;
            let Input::Bytes(bytes) = request.payload else { panic!("not bytes") };
            let label = Some(u32::from(bytes[0]));
            Json(ExpertAnswer { label, ..ExpertAnswer::default() })
        }
    };
    let router = Router::new().route("/", post(handler));
    tokio::spawn(async move { axum::serve(listener, router).await });
    (address, asked)
}

async fn gateway(expert: SocketAddr, more: &str) -> Server {
    let text = format!(
        "{more}\n[listen]\ntcp = ['127.0.0.1:0']\n\
         [[expert]]\nindex = 1\nname = 'echo'\nhttp = 'http://{expert}/'\n"
    );
    Server::start(Config::parse(&text, Path::new("test.toml")).unwrap()).await.unwrap()
}

fn keys() -> String {
    format!("[keys]\n7 = '{}'", "0b".repeat(32))
}

/// Firmware that began to count at 0 twice got the answers of the run before.
#[tokio::test]
async fn firmware_that_counts_anew_gets_answers_to_its_own_requests() {
    let (address, asked) = expert(0).await;
    for (more, secret) in [(String::new(), None), (keys(), Some(SECRET))] {
        let server = gateway(address, &more).await;
        for run in 0..3 {
            let mut node = Node::connect(&server, 7).await;
            node.key = secret.map(mild::wire::Key::new);
            for sequence in 0..5 {
                let input = 10 * run + sequence as u8;
                node.ask(sequence, 1, &[input]).await;
                assert_eq!(node.reply().await.answer, Answer::Label(input.into()));
            }
        }
        server.stop().await.unwrap();
    }
    assert_eq!(asked.load(Ordering::SeqCst), 30);
}

/// The same number with another payload got the answer to the former payload.
#[tokio::test]
async fn the_same_number_with_another_payload_is_refused() {
    let (address, asked) = expert(0).await;
    let server = gateway(address, "").await;
    let mut node = Node::connect(&server, 7).await;
    node.ask(0, 1, &[1]).await;
    assert_eq!(node.reply().await.answer, Answer::Label(1));
    node.ask(0, 1, &[2]).await;
    let reply = node.reply().await;
    assert_eq!((reply.status, reply.answer), (Status::NameUsed, Answer::None));
    assert_eq!(asked.load(Ordering::SeqCst), 1);
    server.stop().await.unwrap();
}

/// Whoever could connect got a refusal that was signed with the key of a node of his choice.
#[tokio::test]
async fn who_has_no_key_gets_nothing_signed() {
    let (address, asked) = expert(0).await;
    let server = gateway(address, &keys()).await;
    let mut node = Node::connect(&server, 7).await.with_key(SECRET);
    assert_eq!(node.status(0, 1).await, Status::Ok);
    // This node asserts that what it gets is not signed, as it has no key.
    let mut other = Node::connect(&server, 7).await.in_session(node.session);
    assert_eq!(other.status(1, 1).await, Status::Refused);
    let mut other = Node::connect(&server, 7).await;
    assert_eq!(other.begin(1).await.map(|reply| reply.status), Some(Status::Refused));
    // Signed, but not with this node's key: the refusal is not signed either.
    let mut other = Node::connect(&server, 7).await.in_session(node.session).with_key([1; 32]);
    let frame = other.frame(1, 1, Payload::Bytes(&[7]));
    other.key = None;
    other.stream.write_all(&frame).await.unwrap();
    assert_eq!(other.reply().await.status, Status::Refused);
    assert_eq!(asked.load(Ordering::SeqCst), 1);
    // Nothing of this has used up a number of the node.
    assert_eq!(node.status(1, 1).await, Status::Ok);
    server.stop().await.unwrap();
}

/// One recorded frame, sent again and again, starved its node; and after a restart of the gateway
/// it was taken for a new request.
#[tokio::test]
async fn recorded_frames_do_nothing() {
    let (address, asked) = expert(0).await;
    let limits = "[limits]\nrequests_per_s = 0.001\nburst = 3\n";
    let config = format!("{limits}{}", keys());
    let server = gateway(address, &config).await;
    let mut node = Node::connect(&server, 7).await.with_key(SECRET);
    assert_eq!(node.status(0, 1).await, Status::Ok);
    let recorded = node.frame(0, 1, Payload::Bytes(&[7]));
    let mut other = Node::connect(&server, 7).await;
    for _ in 0..50 {
        other.stream.write_all(&recorded).await.unwrap();
        // The same bytes once more, which only the node's request fits.
        let mut bytes = [0; 256];
        let length = timeout(Duration::from_secs(5), other.stream.read(&mut bytes)).await;
        assert!(length.unwrap().unwrap() > 0);
    }
    assert_eq!(node.status(1, 1).await, Status::Ok, "the node may still ask");
    assert_eq!(asked.load(Ordering::SeqCst), 2);
    server.stop().await.unwrap();

    // Another gateway, or the same after a restart.
    let server = gateway(address, &config).await;
    let mut later = Node::connect(&server, 7).await.with_key(SECRET).in_session(node.session);
    assert_eq!(later.status(0, 1).await, Status::UnknownSession);
    // Also once the node has begun a session there.
    let mut node = Node::connect(&server, 7).await.with_key(SECRET);
    assert_eq!(node.status(0, 1).await, Status::Ok);
    assert_eq!(later.status(0, 1).await, Status::UnknownSession);
    assert_eq!(asked.load(Ordering::SeqCst), 3);
    server.stop().await.unwrap();
}

/// A recorded hello must not end the session that the node has.
#[tokio::test]
async fn a_recorded_hello_changes_nothing() {
    let (address, _) = expert(0).await;
    let server = gateway(address, &keys()).await;
    let mut node = Node::connect(&server, 7).await.with_key(SECRET);
    assert_eq!(node.status(0, 1).await, Status::Ok);
    let session = node.session;
    for nonce in 0..20 {
        // The node's own frame, from another connection.
        let mut other = Node::connect(&server, 7).await.with_key(SECRET);
        assert_eq!(other.begin(nonce).await, None);
        assert_ne!(other.session, session);
    }
    assert_eq!(node.status(1, 1).await, Status::Ok);
    server.stop().await.unwrap();
}

/// A node that connected again while its request was under way got no reply to its repetition.
#[tokio::test]
async fn a_node_that_connects_again_gets_the_reply() {
    let (address, asked) = expert(300).await;
    let server = gateway(address, "").await;
    let mut node = Node::connect(&server, 7).await;
    node.ask(0, 1, &[42]).await;
    sleep(Duration::from_millis(50)).await;
    let session = node.session;
    drop(node);
    let mut node = Node::connect(&server, 7).await.in_session(session);
    node.ask(0, 1, &[42]).await;
    node.ask(0, 1, &[42]).await;
    assert_eq!(node.reply().await.answer, Answer::Label(42));
    assert_eq!(asked.load(Ordering::SeqCst), 1);
    // Once, although it was repeated twice.
    let more = timeout(Duration::from_millis(100), node.stream.read(&mut [0; 8])).await;
    assert!(more.is_err(), "{more:?}");
    server.stop().await.unwrap();
}

/// Whoever repeats a recorded frame while its request is under way must not take the reply away.
#[tokio::test]
async fn a_repetition_from_elsewhere_does_not_divert_the_reply() {
    let (address, asked) = expert(300).await;
    let server = gateway(address, &keys()).await;
    let mut node = Node::connect(&server, 7).await.with_key(SECRET);
    node.ask(0, 1, &[42]).await;
    let recorded = node.frame(0, 1, Payload::Bytes(&[42]));
    let mut others = Vec::new();
    for _ in 0..20 {
        let mut other = Node::connect(&server, 7).await;
        other.stream.write_all(&recorded).await.unwrap();
        others.push(other);
    }
    assert_eq!(node.reply().await.answer, Answer::Label(42));
    assert_eq!(asked.load(Ordering::SeqCst), 1);
    server.stop().await.unwrap();
}

/// The time for a frame was that for each of its pieces: a byte now and then held a connection for
/// as long as somebody liked.
#[tokio::test]
async fn a_frame_that_trickles_in_is_cut_off() {
    let (address, _) = expert(0).await;
    let server = gateway(address, "[limits]\nframe_ms = 300").await;
    let mut node = Node::connect(&server, 7).await;
    let begun = Instant::now();
    loop {
        // Never a whole frame, never silent for long.
        let _ = node.stream.write_all(&[0x55]).await;
        let read = timeout(Duration::from_millis(100), node.stream.read(&mut [0; 8])).await;
        match read {
            Ok(Ok(0) | Err(_)) => break,
            _ => assert!(begun.elapsed() < Duration::from_secs(3), "still open"),
        }
    }
    assert!(begun.elapsed() >= Duration::from_millis(250));
    server.stop().await.unwrap();
}

/// Noise cost the next frame, as no zero came before it.
#[tokio::test]
async fn noise_does_not_cost_the_frame_after_it() {
    let (address, _) = expert(0).await;
    let server = gateway(address, "").await;
    let mut node = Node::connect(&server, 7).await;
    assert_eq!(node.begin(1).await, None);
    for sequence in 0..20 {
        node.stream.write_all(&[0xff, 0x03, sequence as u8]).await.unwrap();
        assert_eq!(node.status(sequence, 1).await, Status::Ok);
    }
    server.stop().await.unwrap();
}

/// A node with firmware for the former version hears so in that version, and is counted.
#[tokio::test]
async fn version_1_is_refused_in_its_own_words() {
    let (address, asked) = expert(0).await;
    let server = gateway(address, &keys()).await;
    let mut node = Node::connect(&server, 7).await;
    let request = [
        0x02, 0x01, 0x0e, 0x07, 0xac, 0x02, 0xf8, 0xac, 0xd1, 0x91, 0x01, 0x02, 0x01, 0x03, 0xff,
        0x07, 0x03, 0x03, 0xfb, 0x06, 0x7f, 0x3f, 0xc2, 0x95, 0xd5, 0x00,
    ];
    node.stream.write_all(&request).await.unwrap();
    let mut reply = [0; 14];
    timeout(Duration::from_secs(5), node.stream.read_exact(&mut reply)).await.unwrap().unwrap();
    // Node 7, request 300, refused; after COBS.
    assert_eq!(reply[..8], [7, 1, 1, 7, 0xac, 2, 3, 1]);
    assert_eq!(asked.load(Ordering::SeqCst), 0);
    let metrics = server.render_metrics();
    assert!(metrics.contains(r#"bad_frames_total{reason="version"} 1"#), "{metrics}");
    server.stop().await.unwrap();
}
