//! Secrets, and who gets to see them.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use mild::wire::Status;
use mild_gateway::config::Config;

use crate::support::http::{Expert, response};
use crate::support::process::{Start, write_secret};

const MINIMAL: &str = "[listen]\ntcp = ['127.0.0.1:0']\n\
    [[expert]]\nindex = 1\nname = 'a'\nhttp = 'http://localhost/'\n";

/// The old gateway quoted the line of an error, key and all, and wrote the URL with its password to
/// the log.
#[test]
fn no_error_shows_a_secret() {
    const SECRET: &str = "5ec5e75ec5e75ec5e75ec5e75ec5e75ec5e75ec5e75ec5e75ec5e75ec5e75ec5";
    for section in [
        format!("[keys]\n7 = '{SECRET}' x"),
        format!("[keys]\n7 = {SECRET}"),
        format!("[keys]\n7 = ['{SECRET}']"),
        format!("[keys]\n7 = '{SECRET}55'"),
        format!("[keys]\n{SECRET} = '7'"),
        format!("[mqtt]\nhost = 'h'\nusername = 'u'\npassword = ['{SECRET}']"),
        format!("[mqtt]\nhost = 'h'\nport = '{SECRET}'"),
        format!("[mqtt]\nhost = 'h'\nusername = 'u'\npassword = '{SECRET}\n"),
        format!("[[expert]]\nindex = 2\nname = 'b'\nhttp = 'htp//u:{SECRET}@h/'"),
        format!("[[expert]]\nindex = 2\nname = 'b'\nhttp = 'ftp://u:{SECRET}@h/?key={SECRET}'"),
        format!("[[expert]]\nindex = 2\nname = 'b'\nhttp = 'http://h/'\ntoken = 3{SECRET}"),
    ] {
        let text = format!("{MINIMAL}\n{section}\n");
        let error = Config::parse(&text, Path::new("gateway.toml")).map(drop).unwrap_err();
        let shown = format!("{error} {error:?}");
        assert!(!shown.contains("5ec5e7"), "{section}\n{shown}");
        assert!(shown.contains("gateway.toml"), "{shown}");
    }
    let text = format!("{MINIMAL}\n[mqtt]\nhost = 'h'\nusername = 'u'\npassword = '{SECRET}'");
    let config = Config::parse(&text, Path::new("gateway.toml")).unwrap();
    assert!(!format!("{config:?}").contains("5ec5e7"));
}

#[tokio::test]
async fn a_password_in_a_url_reaches_the_expert_and_no_log() {
    let expert = Expert::start(vec![response("401 Unauthorized", "", "")]).await;
    let sections = expert.section("").replace("http://", "http://user:5ec5e7@");
    let (sections, log_level) = (sections.as_str(), "trace");
    let gateway = Start { sections, log_level, ..Start::default() }.run().await;
    assert_eq!(gateway.node(1).await.status(1, 1).await, Status::Unreachable);
    gateway.said("the expert rejected a request").await;
    let shown: Vec<_> = gateway.log().lines().map(str::to_owned).collect();
    let shown: Vec<_> = shown.iter().filter(|line| line.contains("5ec5e7")).collect();
    assert!(shown.is_empty(), "{shown:?}");
}

/// The old gateway said nothing in all of these cases.
#[test]
fn what_others_can_read_or_reach_gives_a_warning() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("gateway.toml");
    let key = "0b".repeat(32);
    let warnings = |text: &str, mode| {
        write_secret(&file, text);
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(mode)).unwrap();
        let warnings = Config::load(&file).unwrap().warnings;
        warnings.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
    };
    assert_eq!(warnings(MINIMAL, 0o644), "");
    let keys = format!("{MINIMAL}[keys]\n7 = '{key}'\n");
    assert_eq!(warnings(&keys, 0o600), "");
    assert!(warnings(&keys, 0o644).contains("every user can read it (mode 644)"));
    let open = MINIMAL.replace("127.0.0.1:0", "0.0.0.0:0");
    assert!(warnings(&open, 0o600).contains("no keys"));
    assert_eq!(warnings(&format!("{open}[keys]\n7 = '{key}'\n"), 0o600), "");
    let clear = MINIMAL.replace("http://localhost/", "http://u:p@expert.example/");
    assert!(warnings(&clear, 0o600).contains("without TLS to expert.example"));

    let secret = directory.path().join("key");
    std::fs::write(&secret, &key).unwrap();
    std::fs::set_permissions(&secret, std::fs::Permissions::from_mode(0o644)).unwrap();
    let elsewhere = format!("{MINIMAL}[keys]\n7 = {{ file = 'key' }}\n");
    assert!(warnings(&elsewhere, 0o644).contains("chmod 600"));
}

#[test]
fn secrets_come_from_files_and_variables() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("gateway.toml");
    write_secret(&directory.path().join("key"), &format!("{}\n", "0b".repeat(32)));
    write_secret(&directory.path().join("keys.toml"), &format!("8 = '{}'\n", "0c".repeat(32)));
    let text = format!("keys_file = 'keys.toml'\n{MINIMAL}[keys]\n7 = {{ file = 'key' }}\n");
    let config = Config::parse(&text, &file).unwrap();
    assert_eq!(config.keys.keys().copied().collect::<Vec<_>>(), [7, 8]);
    for (secret, parts) in [
        ("{ file = 'none' }", ["keys.7", "none", "No such file"]),
        ("{ env = 'MILD_TEST_NONE' }", ["keys.7", "no environment variable", "MILD_TEST_NONE"]),
        ("{ evn = 'X' }", ["gateway.toml", "expected a string", "{ env = NAME }"]),
    ] {
        let text = format!("{MINIMAL}[keys]\n7 = {secret}\n");
        let error = Config::parse(&text, &file).map(drop).unwrap_err().to_string();
        for part in parts {
            assert!(error.contains(part), "{error}");
        }
    }
}

/// A key could only be changed by starting the gateway again.
#[tokio::test]
async fn a_hangup_reads_the_keys_again() {
    let expert = Expert::good().await;
    let sections = format!("[keys]\n7 = {{ env = 'MILD_KEY' }}\n{}", expert.section(""));
    let first = "0b".repeat(32);
    let environment = &[("MILD_KEY", first.as_str())];
    let gateway = Start { sections: &sections, environment, ..Start::default() }.run().await;
    let mut node = gateway.node(7).await.with_key([0x0b; 32]);
    assert_eq!(node.status(1, 1).await, Status::Ok);
    let file = gateway.directory.path().join("gateway.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    let second = format!("7 = '{}'\n8 = '{}'", "0b".repeat(32), "0c".repeat(32));
    write_secret(&file, &text.replace("7 = { env = 'MILD_KEY' }", &second));
    gateway.signal("HUP");
    gateway.said("reloaded keys").await;
    let mut new = gateway.node(8).await.with_key([0x0c; 32]);
    assert_eq!(new.status(1, 1).await, Status::Ok);
    assert_eq!(node.status(2, 1).await, Status::Ok, "the same connection");
    // An error changes nothing.
    write_secret(&file, "nonsense");
    gateway.signal("HUP");
    gateway.said("cannot reload").await;
    assert_eq!(new.status(2, 1).await, Status::Ok);
}

/// The old gateway deleted whatever file stood at the path of a socket.
#[tokio::test]
async fn a_file_at_the_path_of_a_socket_stays() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("notes.txt");
    std::fs::write(&path, "precious").unwrap();
    let text =
        format!("[listen]\nunix = ['{}']\n{}", path.display(), Expert::good().await.section(""));
    let config = Config::parse(&text, Path::new("test.toml")).unwrap();
    let error = mild_gateway::server::Server::start(config).await.unwrap_err().to_string();
    assert!(error.contains("not a socket") && error.contains("notes.txt"), "{error}");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "precious");
}
