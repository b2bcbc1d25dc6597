// Compares the golden vectors of images with what the module decides: node test.mjs mild.wasm FOLDER
//
// FOLDER has rejector.mild and vectors.bin. Prints a line `check NAME: R rows, W wrong` for each kind of
// result, and ends with exit status 0 only if all are equal.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { crc32 } from "node:zlib";

import { MildError, load } from "./mild.mjs";

const [, , module, folder] = process.argv;
const CODES = 0;
const READINGS = 1;

const mild = await load(await readFile(module));
const rejector = mild.open(await readFile(join(folder, "rejector.mild")));
const file = await readFile(join(folder, "vectors.bin"));
const bytes = file.buffer.slice(file.byteOffset, file.byteOffset + file.length);
const view = new DataView(bytes);
if (view.getUint32(0, true) !== 0x4345564d || view.getUint16(4, true) !== 1) {
  throw new Error("vectors.bin does not start with MVEC, version 1");
}
const { inputs, experts } = rejector;
if (view.getUint16(6, true) !== inputs || view.getUint16(8, true) !== experts) {
  throw new Error("vectors.bin is not of this image");
}

let at = 16;
/** The next `count` elements; fields end at a multiple of four bytes. */
function take(Kind, count) {
  const elements = new Kind(bytes, at, count);
  at += Math.ceil((count * Kind.BYTES_PER_ELEMENT) / 4) * 4;
  return elements;
}

const checks = new Map(["codes", "scores", "decision", "masked"].map((name) => [name, { rows: 0, wrong: 0 }]));
function check(name, equal) {
  const found = checks.get(name);
  found.rows += 1;
  found.wrong += equal ? 0 : 1;
}
const same = (a, b) => a.length === b.length && a.every((one, index) => one === b[index]);

const rows = view.getUint32(12, true);
for (let row = 0; row < rows; row++) {
  const [kind, expert, maskedExpert] = take(Uint8Array, 3);
  const [mask] = take(Uint32Array, 1);
  const [margin] = take(Int32Array, 1);
  const scores = take(Int32Array, experts);
  const codes = take(Int8Array, inputs);
  const input = kind === CODES ? codes : take(kind === READINGS ? Int16Array : Float32Array, inputs);
  if (kind !== CODES) {
    check("codes", same(rejector.quantize(input), codes));
  }
  check("scores", same(rejector.scores(input), scores));
  const decision = rejector.decide(input);
  check("decision", decision.expert === expert && decision.margin === margin);
  check("masked", rejector.decide(input, mask).expert === maskedExpert);
}

// What is wrong is refused, and the module goes on.
const refused = (call) => {
  try {
    call();
  } catch (error) {
    return error instanceof MildError;
  }
  return false;
};
const damaged = new Uint8Array(await readFile(join(folder, "rejector.mild")));
damaged[damaged.length - 1] ^= 1;
const bad = [
  () => mild.open(damaged),
  () => rejector.decide(new Int8Array(inputs + 1)),
  () => rejector.decide(Array(inputs).fill(NaN)),
].filter((call) => !refused(call));
console.log(`refused: ${3 - bad.length} of 3`);

// The same image with names behind it, which change nothing but what it is called.
function named(plain, names, classes) {
  const content = [...Array(16).keys(), ...[classes.length, 0, 0, 0]];
  for (const name of [...names, ...classes]) {
    const utf8 = new TextEncoder().encode(name);
    content.push(utf8.length, ...utf8);
  }
  while (content.length % 4 !== 0) {
    content.push(0);
  }
  const bytes = new Uint8Array([...plain, 9, 0, 1, 0, 0, 0, 0, 0, ...content]);
  const words = new DataView(bytes.buffer);
  words.setUint32(plain.length + 4, content.length / 4, true);
  words.setUint32(8, bytes.length, true);
  words.setUint32(12, crc32(bytes.subarray(16)), true);
  return bytes;
}
const plain = new Uint8Array(await readFile(join(folder, "rejector.mild")));
const inputNames = Array.from({ length: inputs }, (_, input) => `x ${input}`);
const other = mild.open(named(plain, inputNames, ["ruhig", "stürmisch", ""]));
const namesAgree =
  rejector.inputNames.length === 0 &&
  rejector.classNames.length === 0 &&
  same(other.inputNames, inputNames) &&
  same(other.classNames, ["ruhig", "stürmisch", ""]) &&
  same(other.names, rejector.names) &&
  other.decide(Array(inputs).fill(0)).margin === rejector.decide(Array(inputs).fill(0)).margin;
console.log(`names: ${namesAgree ? "agree" : "differ"}`);

let good = bad.length === 0 && rows > 0 && namesAgree;
for (const [name, { rows: compared, wrong }] of checks) {
  console.log(`check ${name}: ${compared} rows, ${wrong} wrong`);
  good &&= wrong === 0;
}
process.exit(good ? 0 : 1);
