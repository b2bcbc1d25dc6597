//! Changing the keys of a fleet.

use std::time::Duration;

use mild::wire::{Answer, Key, Payload, Status};
use tokio::io::AsyncWriteExt;
use tokio::sync::watch;
use tokio::time::sleep;

use crate::support::http::{Expert, metric, until_metric};
use crate::support::process::{Gateway, Start, write_secret};

const NODES: u32 = 8;

/// The key of a node with this number.
fn secret(node: u32, number: u8) -> [u8; 32] {
    [node as u8 | number << 7; 32]
}

fn key(node: u32, number: u8) -> Key {
    Key::new(secret(node, number)).numbered(number)
}

/// The lines of `[keys]` for the keys with these numbers.
fn lines(numbers: &[u8]) -> String {
    let line = |node, number| {
        let digits: String =
            secret(node, number).iter().map(|byte| format!("{byte:02x}")).collect();
        format!("{node}.{number} = '{digits}'\n")
    };
    (1..=NODES).flat_map(|node| numbers.iter().map(move |&number| line(node, number))).collect()
}

/// Gives the gateway other keys, for the `times`th time.
async fn reload(gateway: &Gateway, keys: &str, times: usize) {
    write_secret(&gateway.directory.path().join("keys.toml"), keys);
    gateway.signal("HUP");
    while gateway.log().matches("reloaded keys").count() < times {
        assert!(!gateway.log().contains("cannot reload"), "{}", gateway.log());
        sleep(Duration::from_millis(10)).await;
    }
}

/// A key could only be changed at the gateway and at its node in one moment.
#[tokio::test(flavor = "multi_thread")]
async fn a_fleet_changes_its_keys_under_traffic_and_no_question_is_lost() {
    let expert = Expert::good().await;
    let more = "keys_file = 'keys.toml'";
    let directory = tempfile::tempdir().unwrap();
    write_secret(&directory.path().join("keys.toml"), &lines(&[0]));
    let limits = "[limits]\nrequests_per_s = 10000.0\nburst = 10000\n";
    let sections = format!("{limits}{}", expert.section(""));
    let start = Start { more, sections: &sections, directory: Some(directory), ..Start::default() };
    let gateway = start.run().await;

    // Nodes up to `turn` use the new key; all end with `turn` beyond all of them.
    let (turn, turned) = watch::channel(0);
    let mut nodes = tokio::task::JoinSet::new();
    for number in 1..=NODES {
        let mut node = gateway.node(number).await.with_key(secret(number, 0));
        let (turned, address) = (turned.clone(), gateway.address);
        nodes.spawn(async move {
            let (mut sequence, mut asked) = (0, 0);
            loop {
                let turned = *turned.borrow();
                if turned > NODES {
                    return asked;
                }
                if turned >= number && node.key != Some(key(number, 1)) {
                    // Half of them start anew with it, as after an update of their firmware.
                    if number % 2 == 0 {
                        let stream = tokio::net::TcpStream::connect(address).await.unwrap();
                        node = crate::support::Node::over(stream, number);
                        sequence = 0;
                    }
                    node.key = Some(key(number, 1));
                }
                // The answer must be signed with the key of the question.
                assert_eq!(node.status(sequence, 1).await, Status::Ok, "node {number}");
                (sequence, asked) = (sequence + 1, asked + 1);
                sleep(Duration::from_millis(3)).await;
            }
        });
    }
    let two = |key: &str| format!("nodes_with_two_keys{{last_used=\"{key}\"}}");
    let counts = |former, new| {
        let metrics = gateway.metrics;
        async move {
            until_metric(metrics, &two("former"), f64::from(former)).await;
            until_metric(metrics, &two("new"), f64::from(new)).await;
            assert_eq!(metric(metrics, &two("none")).await, 0.0);
        }
    };
    let mut old = gateway.node(1).await.with_key(secret(1, 0));
    reload(&gateway, &lines(&[0, 1]), 1).await;
    gateway.said("nodes have two keys").await;
    counts(NODES, 0).await;
    turn.send(NODES / 2).unwrap();
    counts(NODES / 2, NODES / 2).await;
    assert!(!gateway.log().contains("remove the former"), "{}", gateway.log());
    turn.send(NODES).unwrap();
    counts(0, NODES).await;
    gateway.said("all nodes with two keys use the new one: remove the former").await;
    // The former key is still taken; a recorded hello does not count as its use.
    assert_eq!(old.begin(1).await, None);
    counts(0, NODES).await;

    reload(&gateway, &lines(&[1]), 2).await;
    counts(0, 0).await;
    let wrong = r#"bad_frames_total{reason="wrong_key"}"#;
    assert_eq!(metric(gateway.metrics, wrong).await, 0.0);
    let frame = old.frame(0, 1, Payload::Bytes(&[1]));
    // What a stranger gets is not signed.
    old.key = None;
    old.stream.write_all(&frame).await.unwrap();
    let reply = old.reply().await;
    assert_eq!((reply.status, reply.answer), (Status::Refused, Answer::None));
    assert_eq!(metric(gateway.metrics, wrong).await, 1.0);
    sleep(Duration::from_millis(100)).await;
    turn.send(NODES + 1).unwrap();
    let mut asked = 0;
    while let Some(node) = nodes.join_next().await {
        asked += node.expect("every question has its answer");
    }
    assert!(asked > 10 * NODES, "{asked} questions");
    assert_eq!(expert.asked(), asked, "each was asked once");
}

/// What cannot be read changes nothing, also not what came before it.
#[tokio::test]
async fn a_certificate_that_cannot_be_read_leaves_the_keys_as_they_are() {
    let directory = tempfile::tempdir().unwrap();
    let authority = crate::support::certificates::Authority::new(directory.path(), "ca");
    authority.issue("gateway");
    let place = directory.path().display().to_string();
    let expert = Expert::good().await;
    let listen = format!(
        "tls = [{{ address = '127.0.0.1:0', certificate = '{place}/gateway.pem', \
         key = '{place}/gateway.key' }}]"
    );
    let keys = tempfile::tempdir().unwrap();
    write_secret(&keys.path().join("keys.toml"), &lines(&[0]));
    let sections = expert.section("");
    let start = Start {
        more: "keys_file = 'keys.toml'",
        listen: &listen,
        sections: &sections,
        directory: Some(keys),
        ..Start::default()
    };
    let gateway = start.run().await;
    std::fs::write(format!("{place}/gateway.pem"), "nonsense").unwrap();
    write_secret(&gateway.directory.path().join("keys.toml"), &lines(&[1]));
    gateway.signal("HUP");
    gateway.said("cannot reload").await;
    let mut node = gateway.node(1).await.with_key(secret(1, 0));
    assert_eq!(node.status(0, 1).await, Status::Ok);
}
