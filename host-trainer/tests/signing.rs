//! Keys and signed images, as a person or a script makes them.

mod bench;

use std::fs;

use bench::Bench;
use serde_json::Value;

/// A bench with an image, in `rejector.mild`.
fn bench() -> Bench {
    let bench = Bench::new();
    let image = mild_test_support::images::small().to_bytes().unwrap();
    fs::write(bench.path("rejector.mild"), image).unwrap();
    bench
}

#[test]
fn an_image_is_signed_and_verified() {
    let bench = bench();
    let key = bench.json(&["keygen", "release", "--json"]);
    assert_eq!(key["secret_file"], "release.secret.pem");
    let arguments = ["sign", "rejector.mild", "--key", "release.secret.pem", "--counter", "7"];
    let signed = bench.json(&[&arguments[..], &["--json"]].concat());
    assert_eq!((&signed["key_id"], &signed["counter"]), (&key["key_id"], &Value::from(7)));
    let verify = ["verify", "rejector.signed.mild", "--key", "release.public.pem"];
    let verified = bench.json(&[&verify[..], &["--minimum-counter", "7", "--json"]].concat());
    assert_eq!(verified, signed);
    assert!(bench.ok(&verify).ends_with("authentic\n"));

    // The image is as it was, and the same to every command.
    let plain = bench.json(&["inspect", "rejector.mild", "--json"]);
    let mut inspected = bench.json(&["inspect", "rejector.signed.mild", "--json"]);
    assert_eq!(
        inspected["signature"],
        serde_json::json!({
            "key_id": key["key_id"], "counter": 7
        })
    );
    assert_eq!((&plain["digest"], plain["signature"].is_null()), (&signed["digest"], true));
    inspected.as_object_mut().unwrap().remove("signature");
    assert_eq!(inspected, plain);
    let rust = |image| bench.ok(&["export", image, "--format", "rust"]);
    assert_eq!(rust("rejector.signed.mild"), rust("rejector.mild"));

    // Signed again, in place.
    bench.ok(&["sign", "rejector.signed.mild", "--key", "release.secret.pem", "--counter", "8"]);
    bench.ok(&[&verify[..], &["--minimum-counter", "8"]].concat());
}

#[test]
fn what_is_not_authentic_fails_with_the_reason() {
    let bench = bench();
    for name in ["release", "other"] {
        bench.ok(&["keygen", name]);
    }
    bench.ok(&["sign", "rejector.mild", "--key", "release.secret.pem", "--counter", "3"]);
    let verify = |image: &str, more: &[&str]| {
        bench.error(&[&["verify", image, "--key", "release.public.pem"], more].concat())
    };
    let error = verify("rejector.signed.mild", &["--minimum-counter", "4"]);
    assert!(error.contains("counter is too low: found 3, expected at least 4"), "{error}");
    assert!(verify("rejector.mild", &[]).contains("the image is not signed"));
    let error = bench.error(&["verify", "rejector.signed.mild", "--key", "other.public.pem"]);
    assert!(error.contains("unknown key: found key "), "{error}");
    let error = bench.error(&["verify", "rejector.signed.mild", "--key", "release.secret.pem"]);
    assert!(error.contains("found a secret key, expected a public key"), "{error}");

    let good = fs::read(bench.path("rejector.signed.mild")).unwrap();
    for (place, reason) in [
        (good.len() - 1, "the signature of the image is wrong"),
        (good.len() - 80, "its SHA-256 does not match"),
    ] {
        let mut bad = good.clone();
        bad[place] ^= 1;
        fs::write(bench.path("bad.mild"), bad).unwrap();
        let error = verify("bad.mild", &[]);
        assert!(error.contains("bad.mild: ") && error.contains(reason), "{error}");
    }
    fs::write(bench.path("bad.mild"), &good[..good.len() - 4]).unwrap();
    assert!(verify("bad.mild", &[]).contains("the signed image is truncated"));
    // A command that runs the image notices, too.
    let mut bad = good;
    let digest = bad.len() - 80;
    bad[digest] ^= 1;
    fs::write(bench.path("bad.mild"), bad).unwrap();
    assert!(bench.error(&["inspect", "bad.mild"]).contains("its SHA-256 does not match"));
}

#[test]
fn keys_are_private_and_never_overwritten() {
    let bench = bench();
    bench.ok(&["keygen", "release"]);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = |name| fs::metadata(bench.path(name)).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode("release.secret.pem"), mode("release.public.pem")), (0o600, 0o644));
    }
    let before = fs::read(bench.path("release.secret.pem")).unwrap();
    let error = bench.error(&["keygen", "release"]);
    assert!(error.contains("found a file, expected none"), "{error}");
    assert_eq!(fs::read(bench.path("release.secret.pem")).unwrap(), before);
    // Any of the files is reason enough.
    fs::write(bench.path("second.h"), "").unwrap();
    assert!(bench.error(&["keygen", "second"]).contains("second.h"));
    assert!(!bench.path("second.secret.pem").exists());

    let rust = fs::read_to_string(bench.path("release.rs")).unwrap();
    let c = fs::read_to_string(bench.path("release.h")).unwrap();
    assert!(rust.contains("PublicKey::new([") && c.contains("mild_public_key[32]"), "{rust}{c}");
    assert_eq!(rust.matches("0x").count(), 32);

    let error =
        bench.error(&["sign", "rejector.mild", "--key", "release.public.pem", "--counter", "1"]);
    assert!(error.contains("found a public key, expected a secret key"), "{error}");
}

#[cfg(unix)]
#[test]
fn a_secret_that_others_can_read_and_a_counter_that_goes_back_are_warned_of() {
    use std::os::unix::fs::PermissionsExt as _;
    let bench = bench();
    bench.ok(&["keygen", "release"]);
    let sign = |counter: &str| {
        let arguments = ["sign", "rejector.mild", "--key", "release.secret.pem", "--counter"];
        let output = bench.mild(&[&arguments[..], &[counter]].concat());
        assert!(output.status.success());
        String::from_utf8(output.stderr).unwrap()
    };
    assert_eq!(sign("7"), "");
    assert!(sign("6").contains("the counter goes back from 7 to 6"));
    let open = fs::Permissions::from_mode(0o644);
    fs::set_permissions(bench.path("release.secret.pem"), open).unwrap();
    assert!(sign("9").contains("others can read this secret key"));
}
