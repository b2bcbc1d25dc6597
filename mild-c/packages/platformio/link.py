"""Links the library of the board's core. PlatformIO runs this in the library's folder."""

from os.path import isdir, join, realpath

Import("env")  # noqa: F821, from SCons

CHIPS = {"esp32c2": "rv32imc", "esp32c3": "rv32imc", "esp32c6": "rv32imac", "esp32h2": "rv32imac"}
CORES = {
    "cortex-m0": "cortex-m0",
    "cortex-m0plus": "cortex-m0",
    "cortex-m1": "cortex-m0",
    "cortex-m23": "cortex-m0",
    "cortex-m3": "cortex-m3",
    "cortex-m4": "cortex-m4",
    "cortex-m7": "cortex-m4",
    # Without DSP, which is an option of these: custom_mild_core = cortex-m33-dsp has it.
    "cortex-m33": "cortex-m33",
    "cortex-m55": "cortex-m33",
    "cortex-m85": "cortex-m33",
}
HARD = ("cortex-m4", "cortex-m33")


def core(env):
    """The folder of `lib` for the board, or what `custom_mild_core` in platformio.ini says."""
    chosen = env.GetProjectOption("custom_mild_core", "")
    if chosen:
        return chosen
    board = env.BoardConfig()
    mcu, cpu = board.get("build.mcu", ""), board.get("build.cpu", "")
    if mcu in CHIPS:
        return CHIPS[mcu]
    if cpu not in CORES:
        raise SystemExit(f"mild: no library for the core {cpu or 'unknown'} of the chip {mcu or 'unknown'}")
    name = CORES[cpu]
    flags = [str(flag) for flag in env.Flatten([env.get("CCFLAGS", []), env.get("LINKFLAGS", [])])]
    return f"{name}-hard" if name in HARD and "-mfloat-abi=hard" in flags else name


folder = realpath(join("lib", core(env)))  # noqa: F821
if not isdir(folder):
    raise SystemExit(f"mild: there is no folder {folder}")
env.Append(LIBPATH=[folder], LIBS=["mild"])  # noqa: F821
