//! A gateway and its experts around a real MQTT broker.
//!
//! Needs `mosquitto`. `cargo xtask test` installs it and runs this test.

mod support;

use std::path::Path;
use std::time::Duration;

use mild::wire::{Answer, Payload, Status};
use mild_gateway::config::{BrokerConfig, ClientTls, Config, Credentials, Roots};
use mild_gateway::responder::{RecordedAnswers, Responder, Source};
use mild_gateway::server::Server;
use rumqttc::v5::MqttOptions;
use support::Node;
use support::broker::{Client, Mosquitto, addressee};
use support::certificates::Authority;
use support::http::until_metric;
use support::process::{Gateway, Start, free_port, write_secret};
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

const CLOUD: &str = "[[expert]]\nindex = 1\nname = 'cloud'\nmqtt = true\n";

/// Answers as `cloud` with the row's number and 3.
fn start_expert(broker: BrokerConfig, delay_ms: u64) -> CancellationToken {
    let answers = Source::Recorded(RecordedAnswers::new(vec![3, 4, 5]));
    let expert = Responder::new(answers, Duration::from_millis(delay_ms));
    let stop = CancellationToken::new();
    let stopped = stop.clone();
    tokio::spawn(async move { expert.serve_mqtt(&broker, "cloud", stopped).await });
    stop
}

fn local(port: u16) -> BrokerConfig {
    BrokerConfig::new("127.0.0.1", port)
}

/// A gateway that has subscribed to answers.
async fn gateway(broker: &Mosquitto, more: &str) -> Gateway {
    let sections = format!("{}{CLOUD}timeout_ms = 2000\n{more}", broker.section());
    let gateway = Start { sections: &sections, ..Start::default() }.run().await;
    gateway.said("connected to the broker").await;
    gateway
}

/// Asks until the reply has this status, for some seconds at most.
async fn until(gateway: &Gateway, status: Status) -> Answer {
    for number in 100..140 {
        let mut node = gateway.node(number).await;
        node.ask(1, 1, &1u32.to_le_bytes()).await;
        let reply = node.reply().await;
        if reply.status == status {
            return reply.answer;
        }
        sleep(Duration::from_millis(100)).await;
    }
    panic!("never {status:?}: {}", gateway.log());
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs mosquitto: cargo xtask test"]
async fn requests_survive_a_broker_that_restarts() {
    let directory = tempfile::tempdir().unwrap();
    let port = free_port();
    let mosquitto = Mosquitto::open(directory.path(), port, "").await;
    // Two clients of one name share the work.
    for _ in 0..2 {
        start_expert(local(port), 0);
    }
    let gateway = gateway(&mosquitto, "queue = 200\n").await;
    assert_eq!(until(&gateway, Status::Ok).await, Answer::Label(4));
    let mut asked = tokio::task::JoinSet::new();
    for row in 0..3u32 {
        for number in 0..50 {
            let mut node = gateway.node(1000 * row + number).await;
            asked.spawn(async move {
                node.ask(1, 1, &row.to_le_bytes()).await;
                (row, node.reply().await)
            });
        }
    }
    while let Some(answered) = asked.join_next().await {
        let (row, reply) = answered.unwrap();
        assert_eq!((reply.status, reply.answer), (Status::Ok, Answer::Label(row + 3)));
    }
    // The expert has no answer for this row.
    let mut node = gateway.node(9_999).await;
    node.ask(1, 1, &99u32.to_le_bytes()).await;
    assert_eq!(node.reply().await.status, Status::TimedOut);
    drop(mosquitto);
    until(&gateway, Status::Unreachable).await;
    let _mosquitto = Mosquitto::open(directory.path(), port, "").await;
    until(&gateway, Status::Ok).await;
}

/// With TLS the old gateway panicked at the first connection while its health was `ok`, and the
/// expert of the command line had neither TLS nor a password. The broker runs with the files of
/// `gateway/deploy/mosquitto`: who is neither gateway nor expert reads no request and forges no
/// answer.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs mosquitto: cargo xtask test"]
async fn tls_passwords_and_rights_keep_strangers_out() {
    let directory = tempfile::tempdir().unwrap();
    let place = directory.path();
    let authority = Authority::new(place, "ca");
    authority.issue("broker");
    let deploy = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy/mosquitto");
    std::fs::copy(deploy.join("acl"), place.join("acl")).unwrap();
    std::fs::write(place.join("passwords"), "").unwrap();
    for user in ["gateway", "cloud", "stranger"] {
        let passwords = place.join("passwords");
        let mut command = std::process::Command::new("mosquitto_passwd");
        command.arg("-b").arg(passwords).args([user, &format!("{user}-password")]);
        assert!(command.output().unwrap().status.success());
    }
    let port = free_port();
    let text = std::fs::read_to_string(deploy.join("mosquitto.conf")).unwrap();
    let text = text.replace("/etc/mosquitto/mild", &place.display().to_string());
    let _mosquitto = Mosquitto::start(place, port, &text.replace("8883", &port.to_string())).await;

    let tls = ClientTls { roots: Roots::File(authority.file.clone()), identity: None };
    let expert = |user: &str| BrokerConfig {
        host: "localhost".to_owned(),
        tls: Some(tls.clone()),
        credentials: Some(Credentials {
            username: user.to_owned(),
            password: format!("{user}-password").into(),
        }),
        ..local(port)
    };
    start_expert(expert("cloud"), 50);
    write_secret(&place.join("secret"), "gateway-password\n");
    let sections = format!(
        "[mqtt]\nhost = 'localhost'\nport = {port}\nca = '{ca}'\nusername = 'gateway'\n\
         password = {{ file = '{place}/secret' }}\n{CLOUD}",
        ca = authority.file.display(),
        place = place.display(),
    );
    let gateway = Start { sections: &sections, ..Start::default() }.run().await;
    gateway.said("connected to the broker").await;
    assert_eq!(until(&gateway, Status::Ok).await, Answer::Label(4));

    // A stranger with a password, but without rights.
    let mut options = MqttOptions::new("stranger", "localhost", port);
    options.set_credentials("stranger", "stranger-password");
    let ca = std::fs::read(&authority.file).unwrap();
    let mut roots = tokio_rustls::rustls::RootCertStore::empty();
    use tokio_rustls::rustls::pki_types::{CertificateDer, pem::PemObject};
    roots.add(CertificateDer::from_pem_slice(&ca).unwrap()).unwrap();
    let provider = std::sync::Arc::new(tokio_rustls::rustls::crypto::ring::default_provider());
    let config = tokio_rustls::rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    options.set_transport(rumqttc::Transport::tls_with_config(config.into()));
    let mut stranger = Client::subscribe(options, "#").await;
    let correlation = vec![0; 16];
    stranger.send("mild/gateway/x/reply/y".to_owned(), correlation, "{}".to_owned()).await;
    for number in 0..5 {
        let mut node = gateway.node(number).await;
        node.ask(1, 1, &1u32.to_le_bytes()).await;
        let reply = node.reply().await;
        assert_eq!((reply.status, reply.answer), (Status::Ok, Answer::Label(4)));
    }
    assert!(!stranger.hears(Duration::from_millis(300)).await, "a stranger reads along");
}

/// Correlation numbers of the old gateway began at 1 in every process, and the reply topic hung on
/// the client identifier alone: after a kill and a start an old answer went to a new request.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs mosquitto: cargo xtask test"]
async fn a_gateway_that_was_killed_takes_no_answer_for_its_successor() {
    let directory = tempfile::tempdir().unwrap();
    let mosquitto = Mosquitto::open(directory.path(), free_port(), "").await;
    let mut expert = Client::open(mosquitto.port, "$share/cloud/mild/+/defer/cloud").await;
    let sections = format!("{}client_id = 'gateway-1'\n{CLOUD}", mosquitto.section());
    let start = || Start { sections: &sections, ..Start::default() }.run();
    let first = start().await;
    first.said("connected to the broker").await;
    first.node(1).await.ask(1, 1, &[1]).await;
    let old = expert.next().await;
    drop(first);
    let second = start().await;
    second.said("connected to the broker").await;
    let mut node = second.node(2).await;
    node.ask(1, 1, &[2]).await;
    let new = expert.next().await;
    let [(old_topic, old_number), (new_topic, new_number)] = [&old, &new].map(addressee);
    assert_ne!(old_topic, new_topic);
    assert_ne!(old_number, new_number);
    // The old answer, to where it was asked for, and to where the new request waits.
    expert.answer(&old, 66).await;
    expert.send(new_topic, old_number, "{\"label\": 66}".to_owned()).await;
    sleep(Duration::from_millis(100)).await;
    expert.answer(&new, 7).await;
    let reply = node.reply().await;
    assert_eq!((reply.status, reply.answer), (Status::Ok, Answer::Label(7)));
}

/// Whoever counted to a thousand at the reply topic had guessed the old gateway's numbers, and it
/// signed the forged answer.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs mosquitto: cargo xtask test"]
async fn nobody_guesses_the_number_of_a_request() {
    let directory = tempfile::tempdir().unwrap();
    let mosquitto = Mosquitto::open(directory.path(), free_port(), "").await;
    let mut expert = Client::open(mosquitto.port, "$share/cloud/mild/+/defer/cloud").await;
    let gateway = gateway(&mosquitto, "").await;
    let mut node = gateway.node(1).await;
    node.ask(1, 1, &[1]).await;
    let request = expert.next().await;
    let (topic, number) = addressee(&request);
    assert_eq!(number.len(), 16);
    let forger = Client::open(mosquitto.port, "forger").await;
    for guess in 0..1000u64 {
        let guess = guess.to_le_bytes().to_vec();
        forger.send(topic.clone(), guess, "{\"label\": 66}".to_owned()).await;
    }
    until_metric(gateway.metrics, "stray_answers_total", 1000.0).await;
    expert.answer(&request, 7).await;
    assert_eq!(node.reply().await.answer, Answer::Label(7));
    // A second answer comes too late.
    expert.answer(&request, 8).await;
    until_metric(gateway.metrics, "stray_answers_total", 1001.0).await;
}

/// The old default identifier held the process ID, which is 1 in every container: two gateways
/// threw each other out for ever.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs mosquitto: cargo xtask test"]
async fn every_gateway_has_an_identifier_of_its_own() {
    let directory = tempfile::tempdir().unwrap();
    let mosquitto = Mosquitto::open(directory.path(), free_port(), "").await;
    start_expert(local(mosquitto.port), 0);
    let text = format!("[listen]\ntcp = ['127.0.0.1:0']\n{}{CLOUD}", mosquitto.section());
    let mut servers = Vec::new();
    // In one process, so with one process ID.
    for _ in 0..2 {
        let config = Config::parse(&text, Path::new("test.toml")).unwrap();
        servers.push(Server::start(config).await.unwrap());
    }
    sleep(Duration::from_secs(1)).await;
    for number in 1..20 {
        for server in &servers {
            let mut node = Node::connect(server, number).await;
            node.ask(1, 1, &2u32.to_le_bytes()).await;
            let reply = node.reply().await;
            assert_eq!((reply.status, reply.answer), (Status::Ok, Answer::Label(5)));
        }
    }
    for server in servers {
        server.stop().await.unwrap();
    }
}

/// A legal frame of 3,900 bytes became JSON beyond the old limit of packets, and cut its expert off
/// again and again; 11 kB at the reply topic did the same to the gateway.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs mosquitto: cargo xtask test"]
async fn packets_have_room_for_every_frame_and_longer_ones_cut_nobody_off() {
    let directory = tempfile::tempdir().unwrap();
    let mosquitto = Mosquitto::open(directory.path(), free_port(), "").await;
    let gateway = gateway(&mosquitto, "").await;
    let mut node = gateway.node(1).await;
    start_expert(local(mosquitto.port), 0);
    until(&gateway, Status::Ok).await;
    // The expert has no answer to this, so it is asked with a valid one right after.
    let long = vec![255; 3_900];
    node.ask_about(1, 1, Payload::Bytes(&long)).await;
    assert_eq!(node.reply().await.status, Status::TimedOut);
    let mut other = Client::open(mosquitto.port, "mild/+/defer/cloud").await;
    node.ask(2, 1, &1u32.to_le_bytes()).await;
    assert_eq!(node.reply().await.answer, Answer::Label(4));
    // Answers of all lengths, at the reply topic.
    let (topic, _) = addressee(&other.next().await);
    for length in [11_000, 66_000, 100_000, 500_000] {
        other.send(topic.clone(), vec![0; 16], " ".repeat(length)).await;
    }
    sleep(Duration::from_millis(300)).await;
    node.ask(3, 1, &1u32.to_le_bytes()).await;
    assert_eq!(node.reply().await.answer, Answer::Label(4));
    assert_eq!(gateway.log().matches("connected to the broker").count(), 1, "{}", gateway.log());
    assert!(!gateway.log().contains("no connection"), "{}", gateway.log());
}

/// What a broker does not take is refused before it is sent; the connection stays.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs mosquitto: cargo xtask test"]
async fn a_request_that_the_broker_does_not_take_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let mosquitto = Mosquitto::open(directory.path(), free_port(), "max_packet_size 2000").await;
    start_expert(local(mosquitto.port), 0);
    let gateway = gateway(&mosquitto, "").await;
    until(&gateway, Status::Ok).await;
    let mut node = gateway.node(1).await;
    node.ask_about(1, 1, Payload::Bytes(&[255; 1_000])).await;
    assert_eq!(node.reply().await.status, Status::Malformed);
    node.ask(2, 1, &1u32.to_le_bytes()).await;
    assert_eq!(node.reply().await.answer, Answer::Label(4));
    assert_eq!(gateway.log().matches("connected to the broker").count(), 1, "{}", gateway.log());
}

/// The old gateway left the broker at SIGTERM, and lost the answers under way.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs mosquitto: cargo xtask test"]
async fn answers_under_way_arrive_after_a_signal_to_stop() {
    let directory = tempfile::tempdir().unwrap();
    let mosquitto = Mosquitto::open(directory.path(), free_port(), "").await;
    let stop = start_expert(local(mosquitto.port), 500);
    let mut gateway = gateway(&mosquitto, "").await;
    until(&gateway, Status::Ok).await;
    let mut node = gateway.node(1).await;
    node.ask(1, 1, &1u32.to_le_bytes()).await;
    sleep(Duration::from_millis(150)).await;
    // The expert, too, is asked to stop: it owes this answer.
    stop.cancel();
    gateway.signal("TERM");
    let reply = node.reply().await;
    assert_eq!((reply.status, reply.answer), (Status::Ok, Answer::Label(4)));
    assert!(gateway.ended().await.success(), "{}", gateway.log());
}

/// Without anybody to answer, the old gateway let each node wait for the whole time.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs mosquitto: cargo xtask test"]
async fn an_expert_that_nobody_plays_is_unreachable_at_once() {
    let directory = tempfile::tempdir().unwrap();
    let mosquitto = Mosquitto::open(directory.path(), free_port(), "").await;
    let gateway = gateway(&mosquitto, "").await;
    let begun = Instant::now();
    assert_eq!(gateway.node(1).await.status(1, 1).await, Status::Unreachable);
    assert!(begun.elapsed() < Duration::from_secs(1));
}
