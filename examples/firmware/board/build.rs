//! Writes `memory.x` and the place of the flash slot for the core named by `MILD_CORE`.

// The one table of cores; this program uses only the memory map of it.
#[allow(dead_code)]
#[path = "../../../xtask/src/cores.rs"]
mod cores;

use std::{env, fs, path::PathBuf};

fn main() {
    println!("cargo:rerun-if-env-changed=MILD_CORE");
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed=../../../xtask/src/cores.rs");

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

    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    fs::write(out.join("memory.x"), core.memory()).expect("OUT_DIR is writable");
    println!("cargo:rustc-link-search={}", out.display());
    let slot = core.slot();
    let place = format!("({:#x}, {:#x})", slot.origin, slot.kib * 1024);
    fs::write(out.join("slot.rs"), place).expect("OUT_DIR is writable");
}
