//! Crowds of sockets.

use std::time::Duration;

use mild::wire::Status;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

use crate::support::http::{Expert, get, metric, until_metric};
use crate::support::process::Start;

/// More than the files that the gateway of these tests may open.
const CROWD: usize = 400;

/// 1,011 silent sockets used up the open files of the old gateway: nobody else could connect, and
/// the metrics could not be read.
#[tokio::test]
async fn silent_sockets_keep_nobody_out() {
    let expert = Expert::good().await;
    let sections = expert.section("");
    let gateway = Start { sections: &sections, files: 256, ..Start::default() }.run().await;
    let mut early = gateway.node(1).await;
    assert_eq!(early.status(1, 1).await, Status::Ok);
    let mut crowd = Vec::new();
    for _ in 0..CROWD {
        crowd.push(TcpStream::connect(gateway.address).await.unwrap());
    }
    assert_eq!(gateway.node(2).await.status(1, 1).await, Status::Ok);
    // A node that had asked before keeps its connection.
    assert_eq!(early.status(2, 1).await, Status::Ok);
    assert_eq!(get(gateway.metrics, "/health").await.unwrap().0, 200);
    let (_, text) = get(gateway.metrics, "/metrics").await.unwrap();
    assert!(text.contains("closed_connections_total{reason=\"evicted\"}"), "{text}");
}

/// As many half requests on the metrics port did the same.
#[tokio::test]
async fn half_requests_for_metrics_keep_nobody_out() {
    let expert = Expert::good().await;
    let sections = expert.section("");
    let gateway = Start { sections: &sections, files: 256, ..Start::default() }.run().await;
    let mut crowd = Vec::new();
    for _ in 0..CROWD {
        let mut stream = TcpStream::connect(gateway.metrics).await.unwrap();
        stream.write_all(b"GET /metrics HTT").await.unwrap();
        crowd.push(stream);
    }
    assert_eq!(gateway.node(1).await.status(1, 1).await, Status::Ok);
    assert_eq!(get(gateway.metrics, "/health").await.unwrap().0, 200);
    // Those that are left go when their time for a head is over.
    let last = crowd.last_mut().unwrap();
    let closed = timeout(Duration::from_secs(9), last.read_to_end(&mut Vec::new())).await;
    assert!(closed.is_ok(), "a half request is held for ever");
}

#[tokio::test]
async fn one_address_has_a_share_of_the_connections() {
    let expert = Expert::good().await;
    let sections = format!("[limits]\nconnections_per_address = 2\n{}", expert.section(""));
    let gateway = Start { sections: &sections, ..Start::default() }.run().await;
    let mut nodes = [gateway.node(1).await, gateway.node(2).await];
    for node in &mut nodes {
        assert_eq!(node.status(1, 1).await, Status::Ok);
    }
    let mut third = gateway.node(3).await;
    let closed = timeout(Duration::from_secs(2), third.stream.read(&mut [0; 8])).await;
    assert!(matches!(closed, Ok(Ok(0) | Err(_))), "{closed:?}");
    drop(nodes);
    until_metric(gateway.metrics, "connections", 0.0).await;
    sleep(Duration::from_millis(50)).await;
    let mut third = gateway.node(3).await;
    assert_eq!(third.status(1, 1).await, Status::Ok);
    assert_eq!(metric(gateway.metrics, "connections").await, 1.0);
}
