//! The cores that device programs run on, and the emulated boards that have them.
//!
//! The one table: the firmware's build script reads this very file for the memory map.

/// A stretch of memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Region {
    /// First address.
    pub(crate) origin: u32,
    /// Length in KiB.
    pub(crate) kib: u32,
}

/// A core on an emulated board.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Core {
    /// The name on the command line and in `MILD_CORE`.
    pub(crate) name: &'static str,
    /// QEMU's name of the board.
    pub(crate) machine: &'static str,
    /// The compiler's name of the target.
    pub(crate) target: &'static str,
    /// Where code and constants are.
    pub(crate) code: Region,
    /// Where variables and the stack are.
    pub(crate) ram: Region,
}

/// All cores. The addresses are those where the board starts from; on the Armv8-M boards they are the secure aliases.
#[rustfmt::skip] // a core is a line
pub(crate) const CORES: &[Core] = &[
    core("m0",  "microbit",    "thumbv6m-none-eabi",        (0x0000_0000,  256), (0x2000_0000,   16)),
    core("m3",  "mps2-an385",  "thumbv7m-none-eabi",        (0x0000_0000, 4096), (0x2000_0000, 4096)),
    core("m4",  "mps2-an386",  "thumbv7em-none-eabihf",     (0x0000_0000, 4096), (0x2000_0000, 4096)),
    core("m7",  "mps2-an500",  "thumbv7em-none-eabihf",     (0x0000_0000, 4096), (0x2000_0000, 4096)),
    core("m33", "mps2-an505",  "thumbv8m.main-none-eabihf", (0x1000_0000, 4096), (0x3800_0000, 2048)),
    core("m55", "mps3-an547",  "thumbv8m.main-none-eabihf", (0x1000_0000,  512), (0x3000_0000,  512)),
];

const fn core(
    name: &'static str,
    machine: &'static str,
    target: &'static str,
    code: (u32, u32),
    ram: (u32, u32),
) -> Core {
    let (code, ram) = (region(code), region(ram));
    Core { name, machine, target, code, ram }
}

const fn region((origin, kib): (u32, u32)) -> Region {
    Region { origin, kib }
}

/// The core of this name.
pub(crate) fn find(name: &str) -> Option<&'static Core> {
    CORES.iter().find(|core| core.name == name)
}

/// All names, for messages.
pub(crate) fn names() -> String {
    CORES.iter().map(|core| core.name).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_core_is_found_by_its_own_name() {
        for core in CORES {
            assert_eq!(find(core.name), Some(core));
        }
        assert_eq!(find("m1"), None);
        assert!(names().starts_with("m0, m3, m4"));
    }
}
