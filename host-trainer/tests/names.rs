//! The names of inputs, experts and classes in generated source.

mod bench;

use std::fs;
use std::path::Path;
use std::process::Command;

use bench::Bench;

#[test]
fn c_source_has_the_names_of_the_log_and_compiles() {
    let bench = Bench::new();
    let short = "[rejector]\nmethod = 'two-stage'\nhidden = [2]\n[train]\neffort = 'quick'\n\
        max_iterations = 5\nfolds = 2\nl2 = 0.01\ntau = 'one'\n";
    let config = bench::CONFIG.replace("[train]\neffort = 'quick'\n", short);
    assert!(config.contains(short));
    fs::write(bench.path("mild.toml"), config).unwrap();
    bench.ok(&["train", "mild.toml", "--out", "out", "--quiet", "--no-report"]);
    let export = ["export", "out/rejector.mild", "--format", "c", "--out", "out/node"];
    bench.ok(&export);
    let plain = fs::read_to_string(bench.path("out/node.h")).unwrap();
    assert!(!plain.contains("_INPUT_") && !plain.contains("names["), "{plain}");
    bench.ok(&[&export[..], &["--config", "mild.toml"]].concat());
    let header = fs::read_to_string(bench.path("out/node.h")).unwrap();
    for part in [
        "#define NODE_INPUTS 6\n",
        "    NODE_INPUT_X0 = 0, /* x0 */\n",
        "    NODE_INPUT_KIND_2 = 5, /* kind=2 */\n",
        "    NODE_EXPERT_SPECIAL = 2, /* special */\n",
        "    NODE_CLASS_0 = 0, /* 0 */\n",
        "extern const char *const node_input_names[6];\n",
        "extern const char *const node_class_names[1];\n",
    ] {
        assert!(header.contains(part), "`{part}` is not in:\n{header}");
    }
    let source = fs::read_to_string(bench.path("out/node.c")).unwrap();
    assert!(
        source.contains("const char *const node_input_names[6] = {\n    \"x0\",\n"),
        "{source}"
    );
    let include = Path::new(env!("CARGO_MANIFEST_DIR")).join("../mild-c/include");
    let compiled = Command::new("cc")
        .args(["-std=c99", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-c", "out/node.c"])
        .args(["-o", "out/node.o", "-I", include.to_str().unwrap()])
        .current_dir(bench.path("."))
        .output();
    match compiled {
        Err(error) => eprintln!("not compiled, for want of a C compiler: {error}"),
        Ok(compiled) => {
            let said = String::from_utf8_lossy(&compiled.stderr);
            assert!(compiled.status.success(), "{said}");
        }
    }
    // The names of another log are none.
    let log = fs::read_to_string(bench.path("log.csv")).unwrap();
    fs::write(bench.path("log.csv"), log.replacen("0.", "0.1", 1)).unwrap();
    let error = bench.error(&[&export[..], &["--config", "mild.toml"]].concat());
    assert!(error.contains("digest of the log: found another"), "{error}");
}
