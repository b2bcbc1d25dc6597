//! The cores that device programs run on, and the emulated boards that have them.
//!
//! The firmware's build script takes its memory map from here.

use Extension::{Base, Dsp, Helium};

/// A stretch of memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Region {
    /// First address.
    pub origin: u32,
    /// Length in KiB.
    pub kib: u32,
}

/// The instructions beyond the base of its architecture that decisions use on a core.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extension {
    /// None.
    Base,
    /// Those of the DSP extension.
    Dsp,
    /// Those of Helium, on vectors.
    Helium,
}

/// A family of cores: what an emulator, a debugger or a compiler for it is called by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    /// Cortex-M.
    CortexM,
    /// RISC-V with 32 bits.
    RiscV,
}

impl Family {
    /// That of the compiler's name of a target.
    #[must_use]
    pub fn of_target(target: &str) -> Self {
        if target.starts_with("riscv32") { Self::RiscV } else { Self::CortexM }
    }
}

/// A core on an emulated board.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Core {
    /// The name on the command line and in `MILD_CORE`.
    pub name: &'static str,
    /// QEMU's name of the board.
    pub machine: &'static str,
    /// QEMU's name of the core, where the board can have several.
    pub cpu: Option<&'static str>,
    /// The compiler's name of the target.
    pub target: &'static str,
    /// Where code and constants are.
    pub code: Region,
    /// Where variables and the stack are.
    pub ram: Region,
    /// What decisions use there. Armv8-M makes extensions an option, so the M33 is here twice:
    /// without DSP, as `mild` is built by default, and with it; and so is the M55, with DSP and
    /// with Helium.
    pub extension: Extension,
}

impl Core {
    /// The cargo features that firmware for this core is built with.
    #[must_use]
    pub fn features(&self) -> &'static [&'static str] {
        match self.extension {
            Extension::Dsp if self.target.starts_with("thumbv8m") => &["mild/dsp"],
            Extension::Helium => &["mild/helium"],
            Extension::Base | Extension::Dsp => &[],
        }
    }

    /// Its family.
    #[must_use]
    pub fn family(&self) -> Family {
        Family::of_target(self.target)
    }

    /// The flash slot of an image: the upper half of the code memory. Programs that read one end
    /// below it.
    #[must_use]
    pub const fn slot(&self) -> Region {
        let kib = self.code.kib / 2;
        Region { origin: self.code.origin + kib * 1024, kib }
    }
}

/// QEMU's RISC-V core with everything off that an ESP32-C3 has not: what is off traps.
const RV32IMC: &str = "rv32,g=off,a=off,f=off,d=off,zba=off,zbb=off,zbc=off,zbs=off";
/// The same with atomics, as an ESP32-C6 has them; the Hazard3 of an RP2350 has more.
const RV32IMAC: &str = "rv32,g=off,f=off,d=off,zba=off,zbb=off,zbc=off,zbs=off";

/// All cores. The addresses are those where the board starts from; on the Armv8-M boards they are
/// the secure aliases. The RISC-V board has no flash to start from: its code is at the start of its
/// RAM.
#[rustfmt::skip] // a core is a line
pub const CORES: &[Core] = &[
    core("m0",  "microbit",    "thumbv6m-none-eabi",        (0x0000_0000,  256), (0x2000_0000,   16), Base),
    core("m3",  "mps2-an385",  "thumbv7m-none-eabi",        (0x0000_0000, 4096), (0x2000_0000, 4096), Base),
    core("m4",  "mps2-an386",  "thumbv7em-none-eabihf",     (0x0000_0000, 4096), (0x2000_0000, 4096), Dsp),
    core("m7",  "mps2-an500",  "thumbv7em-none-eabihf",     (0x0000_0000, 4096), (0x2000_0000, 4096), Dsp),
    core("m33", "mps2-an505",  "thumbv8m.main-none-eabihf", (0x1000_0000, 4096), (0x3800_0000, 2048), Base),
    core("m33-dsp", "mps2-an505", "thumbv8m.main-none-eabihf", (0x1000_0000, 4096), (0x3800_0000, 2048), Dsp),
    core("m55", "mps3-an547",  "thumbv8m.main-none-eabihf", (0x1000_0000,  512), (0x3000_0000,  512), Dsp),
    core("m55-helium", "mps3-an547", "thumbv8m.main-none-eabihf", (0x1000_0000,  512), (0x3000_0000,  512), Helium),
    riscv("rv32imc",  RV32IMC,  "riscv32imc-unknown-none-elf"),
    riscv("rv32imac", RV32IMAC, "riscv32imac-unknown-none-elf"),
];

/// A board with an I2C bus, for the example of a sensor only: its core is that of `m3`.
#[rustfmt::skip]
pub const WITH_I2C: Core =
    core("m3-i2c", "lm3s6965evb", "thumbv7m-none-eabi", (0x0000_0000, 256), (0x2000_0000, 64), Base);

const fn core(
    name: &'static str,
    machine: &'static str,
    target: &'static str,
    code: (u32, u32),
    ram: (u32, u32),
    extension: Extension,
) -> Core {
    let (code, ram) = (region(code), region(ram));
    Core { name, machine, cpu: None, target, code, ram, extension }
}

const fn riscv(name: &'static str, cpu: &'static str, target: &'static str) -> Core {
    let (code, ram) = ((0x8000_0000, 4096), (0x8040_0000, 4096));
    Core { cpu: Some(cpu), ..core(name, "virt", target, code, ram, Base) }
}

const fn region((origin, kib): (u32, u32)) -> Region {
    Region { origin, kib }
}

impl Core {
    /// The memory map, as linker scripts take it.
    #[must_use]
    pub fn memory(&self) -> String {
        let mut map = format!(
            "MEMORY\n{{\n  FLASH (rx) : ORIGIN = {:#010x}, LENGTH = {}K\n  RAM (rwx) : ORIGIN = {:#010x}, LENGTH = {}K\n}}\n",
            self.code.origin, self.code.kib, self.ram.origin, self.ram.kib
        );
        if self.family() == Family::RiscV {
            // The regions of riscv-rt.
            for (region, memory) in [
                ("TEXT", "FLASH"),
                ("RODATA", "FLASH"),
                ("DATA", "RAM"),
                ("BSS", "RAM"),
                ("HEAP", "RAM"),
                ("STACK", "RAM"),
            ] {
                map.push_str(&format!("REGION_ALIAS(\"REGION_{region}\", {memory});\n"));
            }
        }
        map
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
