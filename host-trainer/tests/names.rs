//! The names of inputs, experts and classes in generated source.

mod bench;

use std::fs;
use std::path::Path;
use std::process::Command;

use bench::Bench;

/// What takes no time to train.
const SHORT: &str = "[rejector]\nmethod = 'two-stage'\nhidden = [2]\n[train]\neffort = 'quick'\n\
    max_iterations = 5\nfolds = 2\nl2 = 0.01\ntau = 'one'\n";

/// A training with `[image] names` of this kind into `out`.
fn train(bench: &Bench, names: &str) {
    let config = bench::CONFIG.replace("[train]\neffort = 'quick'\n", SHORT);
    assert!(config.contains(SHORT));
    let names = format!("[image]\nnames = '{names}'\n");
    fs::write(bench.path("mild.toml"), config + &names).unwrap();
    bench.ok(&["train", "mild.toml", "--out", "out", "--quiet", "--no-report"]);
}

#[test]
fn an_image_with_names_says_them_and_is_refused_on_a_log_with_other_inputs() {
    let bench = Bench::new();
    train(&bench, "none");
    let plain = fs::read(bench.path("out/rejector.mild")).unwrap();
    assert!(bench.json(&["inspect", "out/rejector.mild", "--json"])["names"].is_null());
    train(&bench, "digest");
    let digest = fs::read(bench.path("out/rejector.mild")).unwrap();
    train(&bench, "all");
    let all = fs::read(bench.path("out/rejector.mild")).unwrap();
    // Header and the digest of the configuration differ, and then comes the table.
    assert_eq!((digest.len(), all.len()), (plain.len() + 24, plain.len() + 24 + 4 + 32));
    assert_eq!(all[20..plain.len() - 40], plain[20..plain.len() - 40]);

    let names = &bench.json(&["inspect", "out/rejector.mild", "--json"])["names"];
    let inputs = ["x0", "x1", "x2", "kind=0", "kind=1", "kind=2"];
    assert_eq!(names["inputs"], serde_json::json!(inputs));
    assert_eq!(names["classes"], serde_json::json!(["0"]));
    let shown = bench.ok(&["inspect", "out/rejector.mild"]);
    assert!(shown.contains("inputs: x0, x1, x2, kind=0, kind=1, kind=2\nclasses: 0\n"), "{shown}");

    // The same columns in another order: as many inputs, and nonsense.
    let swapped = fs::read_to_string(bench.path("mild.toml")).unwrap();
    let swapped = swapped.replace("['x*']", "['x1', 'x0', 'x2']");
    fs::write(bench.path("swapped.toml"), swapped).unwrap();
    let image = ["--image", "out/rejector.mild"];
    let with = |command, config| [&[command, config], &image[..]].concat();
    for (bytes, found) in
        [(&all, "found `x0` as input 0, expected `x1`"), (&digest, "found digest ")]
    {
        fs::write(bench.path("out/rejector.mild"), bytes).unwrap();
        for command in ["eval", "decide", "simulate", "report"] {
            let error = bench.error(&with(command, "swapped.toml"));
            assert!(error.contains("names of the inputs of the image"), "{command}: {error}");
            assert!(error.contains(found), "{command}: {error}");
        }
        fs::write(bench.path("new.csv"), "x0,x1,x2,kind\n0.5,0.5,0.5,1\n").unwrap();
        let rows = ["--input", "new.csv", "--quiet"];
        let decide = |config| [&with("decide", config)[..], &rows].concat();
        assert!(bench.error(&decide("swapped.toml")).contains(found));
        bench.ok(&decide("mild.toml"));
    }
    fs::write(bench.path("out/rejector.mild"), &plain).unwrap();
    bench.ok(&with("eval", "swapped.toml"));
}

#[test]
fn an_image_with_names_is_source_with_names() {
    let bench = Bench::new();
    train(&bench, "all");
    for format in [&["--format", "rust"][..], &["--format", "c", "--out", "out/node"]] {
        let export = [&["export", "out/rejector.mild"], format].concat();
        let read = |printed: String| {
            let part = |name| fs::read_to_string(bench.path(name)).unwrap_or_default();
            printed + &part("out/node.h") + &part("out/node.c")
        };
        let from_image = read(bench.ok(&export));
        let from_log = read(bench.ok(&[&export[..], &["--config", "mild.toml"]].concat()));
        assert_eq!(from_image, from_log);
        assert!(from_image.contains("kind=1"), "{from_image}");
    }
}

/// A training without names in the image.
fn trained() -> Bench {
    let bench = Bench::new();
    train(&bench, "none");
    bench
}

/// Prints the place and the size of the linked image.
#[cfg(all(target_arch = "x86_64", target_os = "linux"))]
const PROGRAM: &str = "\
    #include <stdint.h>\n\
    #include <stdio.h>\n\
    extern const uint32_t my_node_image[];\n\
    extern const uint8_t my_node_image_end[];\n\
    int main(void) {\n\
        const uint8_t *const start = (const uint8_t *)my_node_image;\n\
        printf(\"%u %ld\\n\", (unsigned)((uintptr_t)start % 4), (long)(my_node_image_end - start));\n\
        return fwrite(start, 1, (size_t)(my_node_image_end - start), stderr) == 0;\n\
    }\n";

#[cfg(all(target_arch = "x86_64", target_os = "linux"))]
#[test]
fn the_linker_script_makes_an_object_file_of_the_image() {
    let (bench, image) = (trained(), "out/rejector.mild");
    bench.ok(&["export", image, "--format", "bin", "--out", "my-node"]);
    let expected = fs::read(bench.path(image)).unwrap();
    assert_eq!(fs::read(bench.path("my-node.bin")).unwrap(), expected);
    fs::write(bench.path("main.c"), PROGRAM).unwrap();
    for (program, arguments) in [
        ("ld", "-r --oformat elf64-x86-64 -T my-node.ld -o my-node.o"),
        ("cc", "main.c my-node.o -o main"),
    ] {
        let arguments = arguments.split(' ');
        let made = match Command::new(program).args(arguments).current_dir(bench.path(".")).output()
        {
            Err(error) => return eprintln!("not linked, for want of `{program}`: {error}"),
            Ok(made) => made,
        };
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    }
    let run = Command::new(bench.path("main")).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&run.stdout), format!("0 {}\n", expected.len()));
    assert_eq!(run.stderr, expected);
}

#[test]
fn c_source_has_the_names_of_the_log_and_compiles() {
    let bench = trained();
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
        "extern const uint8_t node_inputs_digest[8];\n",
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
