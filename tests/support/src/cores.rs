//! The cores that device programs run on, and the emulated boards that have them.
//!
//! The firmware's build script takes its memory map from here.

/// A stretch of memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Region {
    /// First address.
    pub origin: u32,
    /// Length in KiB.
    pub kib: u32,
}

/// A core on an emulated board.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Core {
    /// The name on the command line and in `MILD_CORE`.
    pub name: &'static str,
    /// QEMU's name of the board.
    pub machine: &'static str,
    /// The compiler's name of the target.
    pub target: &'static str,
    /// Where code and constants are.
    pub code: Region,
    /// Where variables and the stack are.
    pub ram: Region,
    /// Whether decisions use the instructions of the DSP extension there. Armv8-M makes them an option, so the M33 is
    /// here twice: without them, as `mild` is built by default, and with them.
    pub dsp: bool,
}

impl Core {
    /// The cargo features that firmware for this core is built with.
    #[must_use]
    pub fn features(&self) -> &'static [&'static str] {
        if self.dsp && self.target.starts_with("thumbv8m") { &["mild/dsp"] } else { &[] }
    }

    /// The flash slot of an image: the upper half of the code memory. Programs that read one end below it.
    #[must_use]
    pub const fn slot(&self) -> Region {
        let kib = self.code.kib / 2;
        Region { origin: self.code.origin + kib * 1024, kib }
    }
}

/// All cores. The addresses are those where the board starts from; on the Armv8-M boards they are the secure aliases.
#[rustfmt::skip] // a core is a line
pub const CORES: &[Core] = &[
    core("m0",  "microbit",    "thumbv6m-none-eabi",        (0x0000_0000,  256), (0x2000_0000,   16), false),
    core("m3",  "mps2-an385",  "thumbv7m-none-eabi",        (0x0000_0000, 4096), (0x2000_0000, 4096), false),
    core("m4",  "mps2-an386",  "thumbv7em-none-eabihf",     (0x0000_0000, 4096), (0x2000_0000, 4096), true),
    core("m7",  "mps2-an500",  "thumbv7em-none-eabihf",     (0x0000_0000, 4096), (0x2000_0000, 4096), true),
    core("m33", "mps2-an505",  "thumbv8m.main-none-eabihf", (0x1000_0000, 4096), (0x3800_0000, 2048), false),
    core("m33-dsp", "mps2-an505", "thumbv8m.main-none-eabihf", (0x1000_0000, 4096), (0x3800_0000, 2048), true),
    core("m55", "mps3-an547",  "thumbv8m.main-none-eabihf", (0x1000_0000,  512), (0x3000_0000,  512), true),
];

/// A board with an I2C bus, for the example of a sensor only: its core is that of `m3`.
#[rustfmt::skip]
pub const WITH_I2C: Core =
    core("m3-i2c", "lm3s6965evb", "thumbv7m-none-eabi", (0x0000_0000, 256), (0x2000_0000, 64), false);

const fn core(
    name: &'static str,
    machine: &'static str,
    target: &'static str,
    code: (u32, u32),
    ram: (u32, u32),
    dsp: bool,
) -> Core {
    let (code, ram) = (region(code), region(ram));
    Core { name, machine, target, code, ram, dsp }
}

const fn region((origin, kib): (u32, u32)) -> Region {
    Region { origin, kib }
}

impl Core {
    /// The memory map, as linker scripts take it.
    #[must_use]
    pub fn memory(&self) -> String {
        format!(
            "MEMORY\n{{\n  FLASH (rx) : ORIGIN = {:#010x}, LENGTH = {}K\n  RAM (rwx) : ORIGIN = {:#010x}, LENGTH = {}K\n}}\n",
            self.code.origin, self.code.kib, self.ram.origin, self.ram.kib
        )
    }
}

/// The core of this name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Core> {
    CORES.iter().chain([&WITH_I2C]).find(|core| core.name == name)
}

/// All names, for messages.
#[must_use]
pub fn names() -> String {
    CORES.iter().map(|core| core.name).collect::<Vec<_>>().join(", ")
}
