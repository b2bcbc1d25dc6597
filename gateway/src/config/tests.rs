use super::*;
use mild::wire::Key;
use std::time::Duration;

const MINIMAL: &str = "[listen]\ntcp = ['127.0.0.1:0']\n\
    [[expert]]\nindex = 1\nname = 'cloud'\nhttp = 'http://x/'\n";

fn parse(text: &str) -> Result<Config, ConfigError> {
    Config::parse(text, Path::new("gateway.toml"))
}

#[test]
fn a_minimal_configuration_gets_the_defaults() {
    let config = parse(MINIMAL).unwrap();
    let [expert] = &config.experts[..] else { panic!("{:?}", config.experts) };
    assert_eq!(expert.timeout, Duration::from_millis(1500));
    assert_eq!((expert.concurrency, expert.queue), (16, 64));
    let Transport::Http(endpoint) = &expert.transport else { panic!("{expert:?}") };
    assert_eq!((endpoint.retries, endpoint.idempotent), (1, false));
    assert!(config.keys.is_empty() && config.broker.is_none() && config.metrics.is_none());
    assert_eq!(config.limits.connections, 4096);
}

#[test]
fn keys_are_read_from_hexadecimal() {
    let digits = "0aF0".repeat(16);
    let config = parse(&format!("[keys]\n7 = '{digits}'\n{MINIMAL}")).unwrap();
    let mut bytes = [0x0a; 32];
    bytes.iter_mut().skip(1).step_by(2).for_each(|byte| *byte = 0xf0);
    assert_eq!(config.keys, [(7, NodeKeys::one(Key::new(bytes)))].into());
}

#[test]
fn a_key_may_say_that_it_encrypts() {
    let digits = "0b".repeat(32);
    let keys = |lines: &str| parse(&format!("[keys]\n{lines}\n{MINIMAL}")).map(|read| read.keys);
    let clear = Key::new([11; 32]);
    for (lines, encrypt) in [
        (format!("7 = '{digits}'"), false),
        (format!("7 = {{ secret = '{digits}' }}"), false),
        (format!("7 = {{ encrypt = false, secret = '{digits}' }}"), false),
        (format!("7 = {{ secret = '{digits}', encrypt = true }}"), true),
        (format!("7.0 = {{ encrypt = true, secret = '{digits}' }}"), true),
        (format!("[keys.7.0]\nencrypt = true\nsecret = '{digits}'"), true),
    ] {
        let keys = keys(&lines).unwrap();
        let key = if encrypt { clear.clone().encrypting() } else { clear.clone() };
        assert_eq!((keys[&7].new_key(), keys[&7].encrypt()), (&key, encrypt), "{lines}");
    }
    for lines in [
        "7 = { encrypt = true }".to_owned(),
        format!("7 = {{ secret = '{digits}', encrypt = 'yes' }}"),
        format!("7 = {{ secret = '{digits}', file = 'key' }}"),
        format!("7 = {{ secret = '{digits}', crypt = true }}"),
        format!("7 = {{ 0 = '{digits}', encrypt = true }}"),
        // The same secret cannot be both.
        format!("7.0 = '{digits}'\n7.1 = {{ secret = '{digits}', encrypt = true }}"),
    ] {
        let error = keys(&lines).map(drop).unwrap_err().to_string();
        assert!(!error.contains(&digits), "{error}");
    }
}

#[test]
fn a_node_may_have_two_keys_and_the_higher_number_is_the_new_one() {
    let digits = [0x0a, 0x0b, 0x0c].map(|byte| format!("{byte:02x}").repeat(32));
    let [a, b, c] = &digits;
    let keys = |lines: &str| parse(&format!("[keys]\n{lines}\n{MINIMAL}")).unwrap().keys;
    for lines in [
        format!("7.0 = '{a}'\n7.1 = '{b}'"),
        format!("7 = {{ 1 = '{b}', 0 = '{a}' }}"),
        format!("[keys.7]\n1 = '{b}'\n0 = '{a}'"),
    ] {
        let keys = keys(&lines);
        let old = Key::new([0x0a; 32]);
        let new = Key::new([0x0b; 32]).numbered(1);
        assert_eq!((keys[&7].new_key(), keys[&7].former_key()), (&new, Some(&old)), "{lines}");
        assert_eq!(keys[&7].numbered(0), Some(&old));
        assert_eq!(keys[&7].numbered(1), Some(&new));
        assert_eq!(keys[&7].numbered(2), None);
    }
    assert_eq!(keys(&format!("7.9 = '{a}'"))[&7].new_key().number(), 9);
    for (lines, parts) in [
        (format!("7.0 = '{a}'\n7.1 = '{b}'\n7.2 = '{c}'"), ["keys.7.2", "third", "two at most"]),
        (format!("7.0 = '{a}'\n7.00 = '{b}'"), ["keys.7.0", "second key 0", "another number"]),
        (format!("7.0 = '{a}'\n7.1 = '{a}'"), ["keys.7.1", "secret of key 0", "another one"]),
        (format!("7.256 = '{a}'"), ["keys.7", "3 digits", "0 to 255"]),
        ("7 = {}".to_owned(), ["gateway.toml:2", "map", "expected a string"]),
        (format!("7 = {{ 0 = '{a}', env = 'X' }}"), ["gateway.toml:2", "map", "expected a string"]),
        (format!("7 = {{ env = 'X', 0 = '{a}' }}"), ["gateway.toml:2", "map", "expected a string"]),
    ] {
        let error = parse(&format!("[keys]\n{lines}\n{MINIMAL}")).map(drop).unwrap_err();
        let error = error.to_string();
        for part in parts {
            assert!(error.contains(part), "{lines}\n{error}");
        }
        assert!(!error.contains("0a0a"), "{error}");
    }
}

#[test]
fn errors_name_the_key_what_was_found_and_what_was_expected() {
    for (from, to, parts) in [
        ("tcp = ['127.0.0.1:0']", "", &["listen", "no address", "`tcp`"][..]),
        ("tcp", "tpc", &["tpc", "unknown field", "`tcp`"]),
        ("index = 1", "index = 0", &["expert[0].index", "found 0", "1 to 31"]),
        ("'cloud'", "''", &["expert[0].name", "1 to 128 bytes"]),
        ("http =", "classes = 0\nhttp =", &["expert[0].classes", "found 0"]),
        ("http =", "range = [2, 1]\nhttp =", &["expert[0].range", "found [2, 1]", "smallest"]),
        ("http =", "key = 'k'\nhttp =", &["expert[0].key", "without `certificate`"]),
        (
            "[listen]",
            "[mqtt]\nhost = 'h'\nusername = 'u'\n[listen]",
            &["mqtt.username", "`password`"],
        ),
        ("[listen]", "[mqtt]\nhost = 'h'\nprefix = 'a/#'\n[listen]", &["mqtt.prefix", "`#`"]),
        ("index = 1", "index = 32", &["expert[0].index", "found 32", "1 to 31"]),
        ("'cloud'", "'a/b'", &["expert[0].name", "`a/b`", "topics"]),
        ("http = 'http://x/'", "", &["expert[0].http", "no transport", "`http = URL`"]),
        ("'http://x/'", "'x'", &["expert[0].http", "`x`", "a URL"]),
        ("http = 'http://x/'", "mqtt = true", &["expert[0].mqtt", "section `[mqtt]`"]),
        ("http =", "retires = 2\nhttp =", &["retires", "unknown field", "`retries`"]),
        ("http =", "queue = 2\nconcurrency = 0\nhttp =", &["expert[0].concurrency", "found 0"]),
        ("http =", "timeout_ms = 0\nhttp =", &["expert[0].timeout_ms", "found 0"]),
        ("http =", "onnx = 'm'\nhttp =", &["expert[0].onnx", "both `http` and `onnx`"]),
        ("http =", "mqtt = true\nhttp =", &["expert[0].mqtt", "both `http` and `mqtt`"]),
        ("[listen]", "[keys]\n7 = 'ab'\n[listen]", &["keys.7.0", "2 characters", "64"]),
        ("[listen]", "[keys]\nx = 'ab'\n[listen]", &["keys", "1 characters", "number of a node"]),
        ("[listen]", "[limits]\nburst = 0\n[listen]", &["limits.burst", "found 0"]),
        (
            "[listen]",
            "[limits]\nrequests_per_s = nan\n[listen]",
            &["limits.requests_per_s", "found NaN", "above 0"],
        ),
        (
            "[[expert]]",
            "[[expert]]\nindex = 1\nname = 'b'\nhttp = 'http://y/'\n[[expert]]",
            &["expert[1].index", "found 1", "`expert[0]`"],
        ),
        (
            "[[expert]]",
            "[[expert]]\nindex = 2\nname = 'cloud'\nhttp = 'http://y/'\n[[expert]]",
            &["expert[1].name", "found `cloud`", "`expert[0]`"],
        ),
    ] {
        let text = MINIMAL.replacen(from, to, 1);
        let error = parse(&text).map(drop).unwrap_err().to_string();
        for part in ["gateway.toml"].iter().chain(parts) {
            assert!(error.contains(part), "{text}\n{error}");
        }
    }
}
