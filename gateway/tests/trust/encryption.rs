//! Nodes whose keys encrypt.

use mild::wire::{Answer, Key, Payload, Status};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::Node;
use crate::support::http::{Expert, metric, until_metric};
use crate::support::process::{Gateway, Start, write_secret};

const PAYLOAD: &[u8] = b"what the node's sensors say";

fn key(byte: u8, number: u8) -> Key {
    Key::new([byte; 32]).numbered(number)
}

fn digits(byte: u8) -> String {
    format!("{byte:02x}").repeat(32)
}

/// Node 1 has a key that encrypts, node 2 one that does not; both are in a separate file.
fn keys() -> String {
    format!("1 = {{ secret = '{}', encrypt = true }}\n2 = '{}'\n", digits(1), digits(2))
}

async fn start(expert: &Expert, limits: &str) -> Gateway {
    let directory = tempfile::tempdir().unwrap();
    write_secret(&directory.path().join("keys.toml"), &keys());
    let sections = format!("{limits}{}", expert.section(""));
    let more = "keys_file = 'keys.toml'";
    let start = Start { more, sections: &sections, directory: Some(directory), ..Start::default() };
    start.run().await
}

async fn node(gateway: &Gateway, number: u32, key: Key) -> Node<TcpStream> {
    let mut node = gateway.node(number).await;
    node.key = Some(key);
    node
}

/// Sends a frame; the bytes of what comes back.
async fn exchange(node: &mut Node<TcpStream>, frame: &[u8]) -> Vec<u8> {
    node.stream.write_all(frame).await.unwrap();
    let mut bytes = vec![node.stream.read_u8().await.unwrap()];
    while bytes.len() == 1 || bytes.last() != Some(&0) {
        bytes.push(node.stream.read_u8().await.unwrap());
    }
    bytes
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|found| found == part)
}

#[tokio::test]
async fn a_key_that_encrypts_is_served_encrypted_and_no_other_way() {
    let expert = Expert::good().await;
    let gateway = start(&expert, "").await;
    assert_eq!(metric(gateway.metrics, "encrypted_nodes").await, 1.0);
    gateway.said("nodes have keys").await;
    assert!(gateway.log().contains("encrypted=1"), "{}", gateway.log());

    let mut one = node(&gateway, 1, key(1, 0).encrypting()).await;
    one.ask(0, 1, PAYLOAD).await;
    let reply = one.reply().await;
    assert_eq!((reply.status, reply.answer), (Status::Ok, Answer::Label(7)));
    // Readings are not on the line; a repetition gets the same bytes, and asks nobody.
    let frame = one.frame(1, 1, Payload::Bytes(PAYLOAD));
    assert!(!contains(&frame, &PAYLOAD[..8]));
    let first = exchange(&mut one, &frame).await;
    assert_eq!(exchange(&mut one, &frame).await, first);
    assert_eq!(expert.asked(), 2);

    // The same node, number and secret, in clear: refused, in clear, and nobody is asked.
    let mut clear = node(&gateway, 1, key(1, 0)).await.in_session(one.session);
    let frame = clear.frame(2, 1, Payload::Bytes(PAYLOAD));
    assert!(contains(&frame, &PAYLOAD[..8]), "so this would be seen");
    clear.stream.write_all(&frame).await.unwrap();
    clear.key = None;
    assert_eq!(clear.reply().await.status, Status::Refused);
    assert_eq!(metric(gateway.metrics, r#"bad_frames_total{reason="not_encrypted"}"#).await, 1.0);
    // Encrypted, although the key does not say so.
    let mut two = node(&gateway, 2, key(2, 0)).await;
    assert_eq!(two.status(0, 1).await, Status::Ok);
    two.key = Some(key(2, 0).encrypting());
    let frame = two.frame(1, 1, Payload::Bytes(PAYLOAD));
    two.stream.write_all(&frame).await.unwrap();
    two.key = None;
    assert_eq!(two.reply().await.status, Status::Refused);
    assert_eq!(metric(gateway.metrics, r#"bad_frames_total{reason="encrypted"}"#).await, 1.0);
    // With another node's key.
    let mut other = node(&gateway, 1, key(2, 0).encrypting()).await.in_session(one.session);
    let frame = other.frame(3, 1, Payload::Bytes(PAYLOAD));
    other.stream.write_all(&frame).await.unwrap();
    other.key = None;
    assert_eq!(other.reply().await.status, Status::Refused);
    assert_eq!(metric(gateway.metrics, r#"bad_frames_total{reason="wrong_key"}"#).await, 1.0);
    assert_eq!(expert.asked(), 3);
}

/// The second reply to the same request says something else than the first: a nonce of names alone
/// would recur (see the tests of `mild::wire`).
#[tokio::test]
async fn a_request_that_was_refused_as_busy_is_answered_when_it_comes_again() {
    let expert = Expert::good().await;
    let limits = "[limits]\nrequests_per_s = 2.0\nburst = 1\n";
    let gateway = start(&expert, limits).await;
    let mut one = node(&gateway, 1, key(1, 0).encrypting()).await;
    assert_eq!(one.status(0, 1).await, Status::Ok);
    let frame = one.frame(1, 1, Payload::Bytes(PAYLOAD));
    one.stream.write_all(&frame).await.unwrap();
    assert_eq!(one.reply().await.status, Status::Busy);
    let mut statuses = Vec::new();
    while statuses.last() != Some(&Status::Ok) {
        assert!(statuses.len() < 100, "{statuses:?}");
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        one.stream.write_all(&frame).await.unwrap();
        statuses.push(one.reply().await.status);
    }
    assert_eq!(expert.asked(), 2);
}

#[tokio::test]
async fn a_node_changes_to_encryption_by_a_new_key() {
    let expert = Expert::good().await;
    let gateway = start(&expert, "").await;
    let mut two = node(&gateway, 2, key(2, 0)).await;
    assert_eq!(two.status(0, 1).await, Status::Ok);
    let file = gateway.directory.path().join("keys.toml");
    let new = format!("2.1 = {{ secret = '{}', encrypt = true }}\n", digits(3));
    write_secret(&file, &format!("2.0 = '{}'\n{new}", digits(2)));
    gateway.signal("HUP");
    gateway.said("nodes have two keys").await;
    assert_eq!(metric(gateway.metrics, "encrypted_nodes").await, 0.0);
    assert_eq!(two.status(1, 1).await, Status::Ok);
    two.key = Some(key(3, 1).encrypting());
    assert_eq!(two.status(2, 1).await, Status::Ok);
    until_metric(gateway.metrics, r#"nodes_with_two_keys{last_used="new"}"#, 1.0).await;
    write_secret(&file, &new);
    gateway.signal("HUP");
    until_metric(gateway.metrics, "encrypted_nodes", 1.0).await;
    assert_eq!(two.status(3, 1).await, Status::Ok);
    // There is no way back.
    let frame = {
        two.key = Some(key(2, 0));
        two.frame(4, 1, Payload::Bytes(PAYLOAD))
    };
    two.stream.write_all(&frame).await.unwrap();
    two.key = None;
    assert_eq!(two.reply().await.status, Status::Refused);
    assert_eq!(expert.asked(), 4);
}
