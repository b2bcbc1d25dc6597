//! Writes the memory map and the place of the flash slot for the core named by `MILD_CORE`.

use mild_test_support::cores;
use std::{env, fs};

fn main() {
    println!("cargo:rerun-if-env-changed=MILD_CORE");
    println!("cargo:rerun-if-changed=build.rs");

    let name = env::var("MILD_CORE").unwrap_or_default();
    let core = cores::find(&name)
        .unwrap_or_else(|| panic!("MILD_CORE is {name:?}, expected one of {}", cores::names()));
    let target = env::var("TARGET").unwrap_or_default();
    assert!(
        target == core.target,
        "core {} is built for {}, not for {target}",
        core.name,
        core.target
    );

    example_build::memory_map(&core.memory());
    let slot = core.slot();
    let place = format!("({:#x}, {:#x})", slot.origin, slot.kib * 1024);
    fs::write(example_build::out_dir().join("slot.rs"), place).expect("OUT_DIR is writable");
}
