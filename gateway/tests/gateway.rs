//! A gateway between nodes and experts, all on loopback.

mod support;

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::post;
use axum::{Json, Router};
use mild::wire::{Answer, Key, Reply, Status};
use mild_gateway::config::Config;
use mild_gateway::experts::{ExpertAnswer, ExpertRequest, Input};
use mild_gateway::server::{DrainError, Server};
use support::Node;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, UnixStream};
use tokio::time::{sleep, timeout};

/// An expert that answers with the first byte of the payload, after a delay.
#[derive(Clone)]
struct Echo {
    delay: Duration,
    asked: Arc<AtomicU32>,
}

impl Echo {
    async fn start(delay_ms: u64) -> (Self, SocketAddr) {
        let echo = Self { delay: Duration::from_millis(delay_ms), asked: Arc::default() };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let handler = async |State(echo): State<Self>, Json(request): Json<ExpertRequest>| {
            echo.asked.fetch_add(1, Ordering::SeqCst);
            sleep(echo.delay).await;
            let Input::Bytes(bytes) = request.payload else { return Err(StatusCode::BAD_REQUEST) };
            let label = Some(u32::from(bytes[0]));
            Ok(Json(ExpertAnswer { label, confidence: Some(0.5), value: None }))
        };
        let router = Router::new().route("/", post(handler)).with_state(echo.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        (echo, address)
    }

    fn asked(&self) -> u32 {
        self.asked.load(Ordering::SeqCst)
    }
}

async fn gateway(expert: SocketAddr, more: &str, expert_keys: &str) -> Server {
    let text = format!(
        "metrics = '127.0.0.1:0'\n{more}\n[listen]\ntcp = ['127.0.0.1:0']\n\
         [[expert]]\nindex = 1\nname = 'echo'\nhttp = 'http://{expert}/'\n{expert_keys}\n"
    );
    Server::start(Config::parse(&text, Path::new("test.toml")).unwrap()).await.unwrap()
}

fn has_metric(server: &Server, line: &str) -> bool {
    server.render_metrics().lines().any(|found| found == line)
}

#[tokio::test]
async fn a_repeated_request_does_not_ask_the_expert_again() {
    let (echo, address) = Echo::start(50).await;
    let server = gateway(address, "", "").await;
    let mut node = Node::connect(&server, 5).await;
    node.ask(1, 1, &[42]).await;
    node.ask(1, 1, &[42]).await;
    let expected = Reply {
        node: 5,
        sequence: 1,
        status: Status::Ok,
        answer: Answer::Label(42),
        confidence: 32_768,
    };
    assert_eq!(node.reply().await, expected);
    node.ask(1, 1, &[42]).await;
    assert_eq!(node.reply().await, expected, "remembered");
    // Also over another connection.
    let mut again = Node::connect(&server, 5).await.in_session(node.session);
    again.ask(1, 1, &[42]).await;
    assert_eq!(again.reply().await, expected);
    assert_eq!(echo.asked(), 1);
    assert_eq!(node.status(2, 1).await, Status::Ok);
    assert_eq!(node.status(3, 9).await, Status::UnknownExpert);
    assert!(
        has_metric(&server, "mild_gateway_repeated_requests_total 3"),
        "{}",
        server.render_metrics()
    );
    let (_, text) = support::http::get(server.metrics.unwrap(), "/metrics").await.unwrap();
    assert!(text.contains(r#"mild_gateway_replies_total{expert="echo",status="ok"} 2"#), "{text}");
    server.stop().await.unwrap();
}

#[tokio::test]
async fn bad_frames_are_counted_and_disturb_nobody() {
    let (_, address) = Echo::start(0).await;
    let server = gateway(address, "[limits]\nframe_ms = 100", "").await;
    let mut good = Node::connect(&server, 1).await;
    let mut bad = Node::connect(&server, 2).await;
    bad.stream.write_all(&[9, 1, 2, 0]).await.unwrap();
    bad.stream.write_all(&vec![0xff; 10_000]).await.unwrap();
    bad.stream.write_all(&[0]).await.unwrap();
    bad.stream.write_all(&[2, 1, 0]).await.unwrap();
    assert_eq!(good.status(1, 1).await, Status::Ok);
    // The same connection is still served.
    assert_eq!(bad.status(1, 1).await, Status::Ok);
    for reason in ["truncated", "too_long"] {
        let line = format!("mild_gateway_bad_frames_total{{reason=\"{reason}\"}}");
        assert!(server.render_metrics().contains(&line), "{}", server.render_metrics());
    }
    // Half a frame, and nothing after it.
    bad.stream.write_all(&[5, 1, 1]).await.unwrap();
    let closed = timeout(Duration::from_secs(2), bad.stream.read(&mut [0; 8])).await;
    assert_eq!(closed.unwrap().unwrap(), 0);
    assert!(has_metric(
        &server,
        "mild_gateway_closed_connections_total{reason=\"frame_timeout\"} 1"
    ));
    assert_eq!(good.status(2, 1).await, Status::Ok);
    server.stop().await.unwrap();
}

#[tokio::test]
async fn with_keys_only_nodes_with_their_key_are_served() {
    let (echo, address) = Echo::start(0).await;
    let keys = format!("[keys]\n7 = '{}'\n8 = '{}'", "0b".repeat(32), "0c".repeat(32));
    let server = gateway(address, &keys, "").await;
    let mut node = Node::connect(&server, 7).await.with_key([0x0b; 32]);
    assert_eq!(node.status(1, 1).await, Status::Ok);
    for (number, secret) in [(7, None), (9, Some([0x0b; 32])), (8, Some([0x0b; 32]))] {
        let mut other = Node::connect(&server, number).await.in_session(node.session);
        other.key = secret.map(Key::new);
        other.ask(1, 1, &[7]).await;
        // What is refused for the lack of a key is never signed: this asserts it.
        other.key = None;
        assert_eq!(other.reply().await.status, Status::Refused);
    }
    assert_eq!(echo.asked(), 1);
    assert!(has_metric(&server, "mild_gateway_bad_frames_total{reason=\"wrong_key\"} 2"));
    assert!(has_metric(&server, "mild_gateway_bad_frames_total{reason=\"unsigned\"} 1"));
    server.stop().await.unwrap();
}

#[tokio::test]
async fn overload_is_refused_and_nothing_is_lost() {
    let (echo, address) = Echo::start(200).await;
    let server = gateway(address, "", "concurrency = 2\nqueue = 3").await;
    let mut nodes = Vec::new();
    for number in 0..20 {
        let mut node = Node::connect(&server, number).await;
        node.ask(1, 1, &[7]).await;
        nodes.push(node);
    }
    let mut by_status = [0; 2];
    for node in &mut nodes {
        match node.reply().await.status {
            Status::Ok => by_status[0] += 1,
            Status::Busy => by_status[1] += 1,
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(by_status, [5, 15]);
    assert_eq!(echo.asked(), 5);
    // Whoever was refused may ask again.
    assert_eq!(nodes[19].status(2, 1).await, Status::Ok);
    server.stop().await.unwrap();

    let server = gateway(address, "[limits]\nrequests_per_s = 0.001\nburst = 2", "").await;
    let mut node = Node::connect(&server, 1).await;
    assert_eq!(node.status(1, 1).await, Status::Ok);
    assert_eq!(node.status(2, 1).await, Status::Ok);
    assert_eq!(node.status(3, 1).await, Status::Busy);
    assert_eq!(Node::connect(&server, 2).await.status(1, 1).await, Status::Ok);
    server.stop().await.unwrap();

    let server = gateway(address, "images = [8]\n[limits]\nconnections = 1", "").await;
    let mut node = Node::connect(&server, 1).await;
    assert_eq!(node.status(1, 1).await, Status::WrongImage);
    let mut second = Node::connect(&server, 2).await;
    let closed = timeout(Duration::from_secs(2), second.stream.read(&mut [0; 8])).await;
    assert_eq!(closed.unwrap().unwrap(), 0);
    server.stop().await.unwrap();
}

#[tokio::test]
async fn slow_and_unreachable_experts_give_a_status() {
    let (_, address) = Echo::start(5_000).await;
    let server = gateway(address, "", "timeout_ms = 100").await;
    assert_eq!(Node::connect(&server, 1).await.status(1, 1).await, Status::TimedOut);
    server.stop().await.unwrap();
    // Nobody listens there any more.
    let nobody = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let server = gateway(nobody, "", "retries = 2").await;
    assert_eq!(Node::connect(&server, 1).await.status(1, 1).await, Status::Unreachable);
    server.stop().await.unwrap();
}

#[tokio::test]
async fn stopping_waits_for_pending_requests_within_the_drain_time() {
    let (_, address) = Echo::start(300).await;
    let server = gateway(address, "", "").await;
    let mut node = Node::connect(&server, 1).await;
    node.ask(1, 1, &[7]).await;
    sleep(Duration::from_millis(100)).await;
    let (stopped, reply) = tokio::join!(server.stop(), node.reply());
    assert_eq!((stopped, reply.status), (Ok(()), Status::Ok));

    let (_, address) = Echo::start(2_000).await;
    let server = gateway(address, "[limits]\ndrain_ms = 100", "timeout_ms = 3000").await;
    let mut node = Node::connect(&server, 1).await;
    node.ask(1, 1, &[7]).await;
    sleep(Duration::from_millis(50)).await;
    let drain = Duration::from_millis(100);
    assert_eq!(server.stop().await, Err(DrainError { pending: 1, drain }));
}

#[tokio::test]
async fn nodes_connect_over_unix_sockets() {
    let (_, address) = Echo::start(0).await;
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("mild.sock");
    let text = format!(
        "[listen]\nunix = ['{}']\n[[expert]]\nindex = 1\nname = 'echo'\nhttp = 'http://{address}/'\n",
        path.display()
    );
    // Twice, because the first gateway leaves its socket behind.
    for _ in 0..2 {
        let config = Config::parse(&text, Path::new("test.toml")).unwrap();
        let server = Server::start(config).await.unwrap();
        let stream = UnixStream::connect(&path).await.unwrap();
        let mut node = Node::over(stream, 1);
        assert_eq!(node.status(1, 1).await, Status::Ok);
        server.stop().await.unwrap();
    }
}

#[tokio::test]
async fn invalid_answers_make_the_expert_unreachable() {
    let long = format!("{}{{\"label\": 1}}", " ".repeat(64 * 1024));
    for (body, expected) in [
        ("{\"label\": 1}", Status::Ok),
        ("{\"label\": 1, \"value\": 2.0}", Status::Unreachable),
        ("{}", Status::Unreachable),
        ("none", Status::Unreachable),
        (&long, Status::Unreachable),
    ] {
        // Chunked, so that no header announces the length.
        let reply = format!(
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{:x}\r\n{body}\r\n0\r\n\r\n",
            body.len()
        );
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = Vec::new();
            while !request.ends_with(b"}}") {
                stream.read_buf(&mut request).await.unwrap();
            }
            // The gateway may stop reading a long answer.
            let _ = stream.write_all(reply.as_bytes()).await;
        });
        let server = gateway(address, "", "").await;
        assert_eq!(Node::connect(&server, 1).await.status(1, 1).await, expected);
        server.stop().await.unwrap();
    }
}
