// Runs the Pico's firmware in rp2040js, its UART0 on a TCP connection: node pico.mjs MODULE ELF HOST:PORT NOISE
//
// MODULE is dist/esm/index.js of rp2040js. The bytes of the firmware's defmt log go to standard output. When standard
// input ends, the figures of the run go to standard error as one JSON document, and the program ends.
//
// In the emulator a byte takes no time on the line, and what finds the receive FIFO full is lost without a trace. Here
// bytes take their time, in the chip's time, and the transmit FIFO can be full, too. The chip's time stands still while
// the gateway has a frame to answer: the answer comes at once, and a busy machine changes nothing. With NOISE, other
// than 0, every byte of that number is damaged, in both directions.
import { readFile } from "node:fs/promises";
import { connect } from "node:net";
import process from "node:process";
import { pathToFileURL } from "node:url";

/** Of the serial line. */
const BAUD = 115_200;
/** A start bit, eight bits, a stop bit. */
const BYTE_NS = (10 * 1e9) / BAUD;
/** Bit times that differ by more from the line's are misread. */
const MOST_BAUD_ERROR = 0.02;
/** Of each direction, where the firmware turned the FIFOs on (RP2040 datasheet, section 4.2). */
const FIFO_DEPTH = 32;
/** Of a core at 125 MHz. */
const CYCLE_NS = 8;
/** Instructions between two looks at the connection. */
const SLICE = 20_000;
/** How long a gateway may take to answer a frame, in this machine's time. */
const PATIENCE_MS = 30_000;
/** How long after a gateway is gone it is looked for again, in this machine's time. */
const PLUG_MS = 50;
/** How often a debug probe empties the log's buffer. */
const LOG_NS = 1e6;

const FLASH = 0x1000_0000;
/** Where the second stage of the boot ROM's loader would leave the vector table: behind itself. */
const VECTORS = FLASH + 0x100;

/** Flags and registers of the UART that the emulator does not have. */
const BUSY = 1 << 3;
const TRANSMIT_FULL = 1 << 5;
const TRANSMIT_EMPTY = 1 << 7;
const RECEIVE_STATUS = 0x04;
const OVERRUN = 1 << 3;
/** Without effect here. */
const DMA_CONTROL = 0x48;
/** Where the timer is, and its microseconds. */
const TIMER = 0x40054;
const MICROSECONDS = 0x28;

/** The channels of the converter that the firmware reads. */
const [PIN, SUPPLY, TEMPERATURE] = [0, 3, 4];
const counts = (volts) => Math.round((volts / 3.3) * 4096);
/** What the pin measures from one input to the next, in volts: a potentiometer that somebody turns. */
const TURNS = [0, 0.3, 2.4, 0.6, 0.9, 1.2, 1.8];

const [, , module, elf, gateway, noise] = process.argv;
const { RP2040 } = await import(pathToFileURL(module));

const figures = {
  seconds: 0,
  baud: 0,
  sent: 0,
  received: 0,
  overruns: 0,
  deepest_receive: 0,
  deepest_transmit: 0,
  disconnections: 0,
  damaged: 0,
};
const complaints = [];
let socket;
let waiting;
let plugging;
let ended = false;
function end() {
  if (ended) return;
  ended = true;
  figures.seconds = clock.nanos / 1e9;
  figures.baud = uart.baudRate;
  if (!(Math.abs(uart.baudRate / BAUD - 1) < MOST_BAUD_ERROR)) {
    complain("UART0", `found ${uart.baudRate} baud, expected ${BAUD}`);
  }
  process.stderr.write(`${JSON.stringify({ ...figures, complaints })}\n`);
  socket.destroy();
  process.stdin.destroy();
  clearTimeout(waiting);
  clearTimeout(plugging);
}

/** What the emulator does not know ends the run. */
function complain(component, message) {
  complaints.push(`${component}: ${message}`);
  end();
}
const chip = new RP2040();
chip.logger = { debug() {}, info() {}, warn: complain, error: complain };
const { clock, core } = chip;

/** Copies what the ELF file has for the flash; returns the address of a symbol. */
function load(file, name) {
  const view = new DataView(file.buffer, file.byteOffset, file.length);
  const word = (at) => view.getUint32(at, true);
  const half = (at) => view.getUint16(at, true);
  for (let segment = 0; segment < half(44); segment++) {
    const at = word(28) + segment * half(42);
    const [kind, offset, , address, length] = [0, 4, 8, 12, 16].map((field) => word(at + field));
    if (kind === 1 && length > 0) {
      chip.flash.set(file.subarray(offset, offset + length), address - FLASH);
    }
  }
  const section = (number) => word(32) + number * half(46);
  for (let number = 0; number < half(48); number++) {
    const table = section(number);
    if (word(table + 4) !== 2) continue;
    const names = word(section(word(table + 24)) + 16);
    for (let at = word(table + 16); at < word(table + 16) + word(table + 20); at += 16) {
      const start = names + word(at);
      const end = start + name.length;
      if (file.toString("latin1", start, end) === name && file[end] === 0) return word(at + 4);
    }
  }
  throw new Error(`${elf}: no symbol ${name}`);
}

const log = load(await readFile(elf), "_SEGGER_RTT");
core.VTOR = VECTORS;
core.reset();

const uart = chip.uart[0];
const depth = () => (uart.fifosEnabled ? FIFO_DEPTH : 1);
/** Calls `event` again and again after `nanoseconds`, from `start` on until it returns false. */
function every(nanoseconds, event) {
  let running = false;
  const alarm = clock.createAlarm(() => {
    running = event();
    if (running) alarm.schedule(nanoseconds);
  });
  return () => {
    if (running) return;
    running = true;
    alarm.schedule(nanoseconds);
  };
}

let passed = 0;
/** What arrives of a byte on the line. Zeros stay zeros, and no other byte becomes one: frames keep their ends. */
function arriving(byte) {
  passed += 1;
  if (byte === 0 || Number(noise) === 0 || passed < Number(noise)) return byte;
  passed = 0;
  figures.damaged += 1;
  return byte === 1 ? 2 : byte ^ 1;
}

// To the gateway: a byte in the shift register, the others in the FIFO. Frames are between zeros.
const leaving = [];
let begun = false;
let damaged = false;
let asked = false;
const transmit = every(BYTE_NS, () => {
  const byte = leaving.shift();
  const arrived = arriving(byte);
  // Without a gateway it goes nowhere.
  if (socket.writable) socket.write(Uint8Array.of(arrived));
  figures.sent += 1;
  damaged ||= arrived !== byte;
  if (byte === 0) {
    // A damaged frame has no answer.
    asked ||= begun && !damaged && socket.writable;
    damaged = false;
  }
  begun = byte !== 0;
  return leaving.length > 0;
});
uart.onByte = (byte) => {
  leaving.push(byte);
  figures.deepest_transmit = Math.max(figures.deepest_transmit, leaving.length - 1);
  transmit();
};
const { get: emulated } = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(uart), "flags");
Object.defineProperty(uart, "flags", {
  get() {
    let flags = emulated.call(uart) & ~TRANSMIT_EMPTY;
    if (leaving.length > 0) flags |= BUSY;
    if (leaving.length <= 1) flags |= TRANSMIT_EMPTY;
    if (leaving.length > depth()) flags |= TRANSMIT_FULL;
    return flags;
  },
});

// From the gateway.
const coming = [];
let overrun = 0;
const receive = every(BYTE_NS, () => {
  const byte = arriving(coming.shift());
  if (uart.rxFIFO.itemCount < depth()) {
    uart.feedByte(byte);
    figures.received += 1;
    figures.deepest_receive = Math.max(figures.deepest_receive, uart.rxFIFO.itemCount);
  } else {
    overrun = OVERRUN;
    figures.overruns += 1;
  }
  return coming.length > 0;
});
const [host, port] = gateway.split(":");
function plug() {
  let connected = false;
  socket = connect(Number(port), host);
  socket.setNoDelay(true);
  socket.on("connect", () => (connected = true));
  socket.on("data", (bytes) => {
    coming.push(...bytes);
    receive();
    if (asked) goOn();
  });
  // The end follows.
  socket.on("error", () => {});
  socket.on("close", () => {
    if (ended) return;
    figures.disconnections += connected ? 1 : 0;
    plugging = setTimeout(plug, PLUG_MS);
    if (asked) goOn();
  });
}
plug();
const { readUint32, writeUint32 } = Object.getPrototypeOf(uart);
uart.readUint32 = (offset) => (offset === RECEIVE_STATUS ? overrun : readUint32.call(uart, offset));
uart.writeUint32 = (offset, value) => {
  if (offset === RECEIVE_STATUS) overrun = 0;
  else if (offset !== DMA_CONTROL) writeUint32.call(uart, offset, value);
};

let turn = 0;
const { adc } = chip;
adc.channelValues[SUPPLY] = counts(5.0 / 3);
adc.channelValues[TEMPERATURE] = counts(0.706 - 0.001721 * (25 - 27));
const { onADCRead } = adc;
adc.onADCRead = (channel) => {
  if (channel === PIN) {
    adc.channelValues[PIN] = counts(TURNS[turn % TURNS.length]);
    turn += 1;
  }
  onADCRead(channel);
};

// The log, as a debug probe takes it out of the RAM: a control block with one channel.
const [BUFFER, LENGTH, WRITE, READ] = [28, 32, 36, 40].map((field) => log + field);
every(LOG_NS, () => {
  const [buffer, length, written] = [BUFFER, LENGTH, WRITE].map((address) => chip.readUint32(address));
  for (let at = chip.readUint32(READ); at !== written; at = (at + 1) % length) {
    process.stdout.write(Uint8Array.of(chip.readUint8(buffer + at)));
  }
  chip.writeUint32(READ, written);
  return true;
})();

// A panic, for instance.
chip.onBreak = () => complain("core", `breakpoint at 0x${core.PC.toString(16)}`);
process.stdin.on("end", end).resume();

// Firmware that waits reads the timer until a microsecond has passed: let it pass.
const timer = chip.peripherals[TIMER];
const { readUint32: readTimer } = Object.getPrototypeOf(timer);
let before = -1;
timer.readUint32 = (offset) => {
  if (offset === MICROSECONDS) {
    const now = Math.floor(clock.micros);
    if (now === before) clock.tick((now + 1) * 1000 - clock.nanos);
    before = Math.floor(clock.micros);
  }
  return readTimer.call(timer, offset);
};

function goOn() {
  clearTimeout(waiting);
  asked = false;
  setImmediate(slice);
}
function slice() {
  for (let instruction = 0; instruction < SLICE && !ended && !asked; instruction++) {
    if (core.waiting) clock.tick(clock.nanosToNextAlarm);
    else clock.tick(core.executeInstruction() * CYCLE_NS);
  }
  if (ended) return;
  if (asked) waiting = setTimeout(goOn, PATIENCE_MS);
  else setImmediate(slice);
}
slice();
