//! HTTP, as little as a test needs.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

/// The status and body of an answer to GET.
pub(crate) async fn get(address: SocketAddr, path: &str) -> Option<(u16, String)> {
    let asked = timeout(Duration::from_secs(3), async {
        let mut stream = TcpStream::connect(address).await.ok()?;
        let head = format!("GET {path} HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n");
        stream.write_all(head.as_bytes()).await.ok()?;
        let mut text = String::new();
        stream.read_to_string(&mut text).await.ok()?;
        let status = text.split(' ').nth(1)?.parse().ok()?;
        Some((status, text.split_once("\r\n\r\n")?.1.to_owned()))
    });
    asked.await.ok().flatten()
}

/// A value of the gateway's metrics; 0 if it is not there.
pub(crate) async fn metric(address: SocketAddr, name: &str) -> f64 {
    let (_, text) = get(address, "/metrics").await.expect("metrics");
    let line = text.lines().find_map(|line| line.strip_prefix(&format!("mild_gateway_{name} ")));
    line.map_or(0.0, |value| value.parse().unwrap())
}

/// Waits until a metric has a value.
pub(crate) async fn until_metric(address: SocketAddr, name: &str, value: f64) {
    for _ in 0..300 {
        if metric(address, name).await == value {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("{name} is never {value}: {}", get(address, "/metrics").await.unwrap().1);
}

/// An expert that gives one HTTP response to everybody, and counts them.
pub(crate) struct Expert {
    pub(crate) address: SocketAddr,
    asked: Arc<AtomicU32>,
}

/// A response with a length.
pub(crate) fn response(status: &str, headers: &str, body: &str) -> String {
    let length = body.len();
    format!("HTTP/1.1 {status}\r\nContent-Length: {length}\r\n{headers}\r\n{body}")
}

impl Expert {
    /// Answers with label 7.
    pub(crate) async fn good() -> Self {
        Self::start(vec![response("200 OK", "", r#"{"label": 7}"#)]).await
    }

    /// Gives the responses one after the other, and the last one from then on.
    pub(crate) async fn start(responses: Vec<String>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let asked = Arc::new(AtomicU32::new(0));
        let count = asked.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, responses.clone(), count.clone()));
            }
        });
        Self { address, asked }
    }

    pub(crate) fn asked(&self) -> u32 {
        self.asked.load(Ordering::SeqCst)
    }

    /// The section for it in a configuration.
    pub(crate) fn section(&self, more: &str) -> String {
        let address = self.address;
        format!("[[expert]]\nindex = 1\nname = 'echo'\nhttp = 'http://{address}/'\n{more}\n")
    }
}

/// Reads requests, and answers each.
pub(crate) async fn serve(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    responses: Vec<String>,
    asked: Arc<AtomicU32>,
) {
    let mut read = Vec::new();
    loop {
        // A request ends with its JSON document.
        while !read.ends_with(b"}}") {
            match stream.read_buf(&mut read).await {
                Ok(1..) => {}
                _ => return,
            }
        }
        read.clear();
        let number = asked.fetch_add(1, Ordering::SeqCst) as usize;
        let response = &responses[number.min(responses.len() - 1)];
        // The gateway may stop reading a long answer.
        if stream.write_all(response.as_bytes()).await.is_err() {
            return;
        }
    }
}
