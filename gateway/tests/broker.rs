//! A gateway and its experts around a real MQTT broker, which is stopped and started again.
//!
//! Needs `mosquitto`. `cargo xtask test` installs it and runs this test.

mod support;

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use mild::wire::{Answer, Reply, Status};
use mild_gateway::config::{BrokerConfig, Config};
use mild_gateway::responder::{RecordedAnswers, Responder, Source};
use mild_gateway::server::Server;
use support::Node;
use tokio::time::sleep;

struct Mosquitto(Child);

impl Mosquitto {
    fn start(port: u16) -> Self {
        let child = Command::new("mosquitto")
            .args(["-p", &port.to_string()])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("mosquitto is installed");
        Self(child)
    }
}

impl Drop for Mosquitto {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A port that was free a moment ago.
fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

async fn ask(server: &Server, node: u32, row: u32) -> Reply {
    let mut node = Node::connect(server, node).await;
    node.ask(0, 1, &row.to_le_bytes()).await;
    node.reply().await
}

/// Asks until the reply has this status, for some seconds at most.
async fn until(server: &Server, status: Status) -> Reply {
    for _ in 0..40 {
        let reply = ask(server, 1, 1).await;
        if reply.status == status {
            return reply;
        }
        sleep(Duration::from_millis(100)).await;
    }
    panic!("never {status:?}");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs mosquitto: cargo xtask test"]
async fn requests_survive_a_broker_that_restarts() {
    let port = free_port();
    let mosquitto = Mosquitto::start(port);
    // Two clients of one name share the work.
    for number in 0..2 {
        let answers = Source::Recorded(RecordedAnswers::new(vec![3, 4, 5]));
        let expert = Responder::new(answers, Duration::ZERO);
        let broker = BrokerConfig {
            host: "127.0.0.1".to_owned(),
            port,
            client_id: Some(format!("expert-{number}")),
            prefix: "mild".to_owned(),
            username: None,
            password: None,
            ca: None,
        };
        tokio::spawn(async move { expert.serve_mqtt(&broker, "cloud").await });
    }
    let text = format!(
        "[listen]\ntcp = ['127.0.0.1:0']\n[mqtt]\nhost = '127.0.0.1'\nport = {port}\n\
         [[expert]]\nindex = 1\nname = 'cloud'\nmqtt = true\ntimeout_ms = 2000\nqueue = 200\n"
    );
    let config = Config::parse(&text, Path::new("test.toml")).unwrap();
    let server = Server::start(config).await.unwrap();
    let reply = until(&server, Status::Ok).await;
    assert_eq!(reply.answer, Answer::Label(4));
    let mut asked = tokio::task::JoinSet::new();
    let server = std::sync::Arc::new(server);
    for row in 0..3 {
        for node in 10..60 {
            let server = server.clone();
            asked.spawn(async move { (row, ask(&server, node, row).await) });
        }
    }
    while let Some(answered) = asked.join_next().await {
        let (row, reply) = answered.unwrap();
        assert_eq!((reply.status, reply.answer), (Status::Ok, Answer::Label(row + 3)));
    }
    // The expert has no answer for this row.
    assert_eq!(ask(&server, 2, 99).await.status, Status::TimedOut);
    drop(mosquitto);
    until(&server, Status::Unreachable).await;
    let _mosquitto = Mosquitto::start(port);
    until(&server, Status::Ok).await;
    std::sync::Arc::into_inner(server).expect("no other user").stop().await.unwrap();
}
