// The library `mild` in a page or in Node: what is written for the device decides here, too.
//
//   const mild = await load(await (await fetch("mild.wasm")).arrayBuffer());
//   const rejector = mild.open(await (await fetch("rejector.mild")).arrayBuffer());
//   const { expert, margin } = rejector.decide([0.5, 1.25, -3]);
//
// The module exports the functions of mild-c/include/mild.h; this file puts what they take into its memory.

/** Every expert can be asked. */
export const REACHABLE_ALL = 0xffffffff;

/** Nobody can be asked, as when the link is down. */
export const REACHABLE_LOCAL_ONLY = 1;

// As the header has them; a word is as wide as a pointer.
const IMAGE_WORDS = 40;
const SCORES_WORDS = 5;
const DECISION_BYTES = 8;
const PRICE_UNITS = 65536;
const PAGE = 65536;

/** What a function of the library refuses; `status` is its number. */
export class MildError extends Error {
  constructor(status, text) {
    super(text);
    this.name = "MildError";
    this.status = status;
  }
}

/** Loads the library from the bytes of mild.wasm. */
export async function load(bytes) {
  const { instance } = await WebAssembly.instantiate(bytes, {});
  return new Mild(instance.exports);
}

/** The library. Its memory grows with each image that is opened, and is never given back. */
export class Mild {
  #exports;
  #free;

  constructor(exports) {
    this.#exports = exports;
    this.#free = exports.__heap_base.value;
  }

  /** Checks the bytes of an image (`*.mild`), and opens it. */
  open(bytes) {
    return new Rejector(this, this.#exports, new Uint8Array(bytes));
  }

  /** Room for so many bytes, aligned for everything. */
  reserve(bytes) {
    const start = Math.ceil(this.#free / 8) * 8;
    this.#free = start + bytes;
    const missing = this.#free - this.#exports.memory.buffer.byteLength;
    if (missing > 0) {
      this.#exports.memory.grow(Math.ceil(missing / PAGE));
    }
    return start;
  }

  /** Throws unless the status is that of success. */
  must(status) {
    if (status !== 0) {
      const start = this.#exports.mild_status_string(status);
      const memory = new Uint8Array(this.#exports.memory.buffer);
      throw new MildError(status, text(memory.slice(start, memory.indexOf(0, start))));
    }
  }
}

function text(bytes) {
  return new TextDecoder().decode(bytes);
}

/** An opened image. */
export class Rejector {
  #mild;
  #exports;
  #image;
  #features;
  #codes;
  #prices;
  #scratch;
  #scratchWords;
  #scores;
  #result;

  constructor(mild, exports, bytes) {
    this.#mild = mild;
    this.#exports = exports;
    const start = mild.reserve(bytes.length);
    new Uint8Array(exports.memory.buffer).set(bytes, start);
    this.#image = mild.reserve(4 * IMAGE_WORDS);
    mild.must(exports.mild_image_open(this.#image, start, bytes.length));
    /** Number of features of an input. */
    this.inputs = exports.mild_image_inputs(this.#image);
    /** Number of experts; 0 is the device itself. */
    this.experts = exports.mild_image_experts(this.#image);
    /** Whether the image takes raw 16-bit readings. */
    this.takesRaw = exports.mild_image_takes_raw(this.#image) !== 0;
    /** The image's checksum (CRC-32). */
    this.checksum = exports.mild_image_checksum(this.#image) >>> 0;
    this.#scratchWords = exports.mild_image_scratch_words(this.#image);
    this.#features = mild.reserve(4 * this.inputs);
    this.#codes = mild.reserve(this.inputs);
    this.#prices = mild.reserve(4 * this.experts);
    this.#scratch = mild.reserve(4 * this.#scratchWords);
    this.#scores = mild.reserve(4 * SCORES_WORDS);
    this.#result = mild.reserve(Math.max(DECISION_BYTES, 4 * this.experts));
    const experts = Array.from({ length: this.experts }, (_, expert) => expert);
    /** The names of the experts. */
    this.names = experts.map((expert) => this.#name("expert", expert));
    /** The names of the inputs; none in an image without them (`[image] names = "all"`). */
    this.inputNames = this.#names("input");
    /** The names of the classes; none in an image without them. */
    this.classNames = this.#names("class");
    /** The mean prices of the experts, in units of one error. */
    this.prices = experts.map((expert) => this.#price(expert));
  }

  #view() {
    // Growing replaces the buffer.
    return new DataView(this.#exports.memory.buffer);
  }

  /** All names of a kind, until the library says that there is no further one. */
  #names(kind) {
    const names = [];
    const call = this.#exports[`mild_image_${kind}_name`];
    while (call(this.#image, names.length, this.#result, this.#result + 4) === 0) {
      names.push(this.#name(kind, names.length));
    }
    return names;
  }

  #name(kind, index) {
    const call = this.#exports[`mild_image_${kind}_name`];
    this.#mild.must(call(this.#image, index, this.#result, this.#result + 4));
    const start = this.#view().getUint32(this.#result, true);
    const length = this.#view().getUint32(this.#result + 4, true);
    return text(new Uint8Array(this.#exports.memory.buffer, start, length).slice());
  }

  #price(expert) {
    this.#mild.must(this.#exports.mild_image_price(this.#image, expert, this.#result));
    return this.#view().getUint32(this.#result, true) / PRICE_UNITS;
  }

  /**
   * Puts an input where the functions find it, and says which: an `Int8Array` are codes, an
   * `Int16Array` raw readings, everything else numbers in the units of the log.
   */
  #put(features) {
    const { buffer } = this.#exports.memory;
    // One more or fewer is for the library to refuse; its room is that of a whole input.
    const fits = Array.prototype.slice.call(features, 0, this.inputs);
    if (features instanceof Int8Array) {
      new Int8Array(buffer, this.#features, this.inputs).set(fits);
      return "i8";
    }
    if (features instanceof Int16Array) {
      new Int16Array(buffer, this.#features, this.inputs).set(fits);
      return "i16";
    }
    new Float32Array(buffer, this.#features, this.inputs).set(fits);
    return "f32";
  }

  #decision() {
    const view = this.#view();
    return {
      expert: view.getUint8(this.#result + 4),
      margin: view.getInt32(this.#result, true),
    };
  }

  /** Whom to ask, and by how many score units before the second best; bit k of `reachable` is for expert k. */
  decide(features, reachable = REACHABLE_ALL) {
    const call = this.#exports[`mild_decide_${this.#put(features)}`];
    this.#mild.must(
      call(this.#image, this.#features, features.length, reachable, this.#scratch, this.#scratchWords, this.#result),
    );
    return this.#decision();
  }

  /**
   * As `decide`, under other prices than those of the image, in units of one error; only for images made
   * with the method `one-vs-all`.
   */
  decideWithPrices(features, prices, reachable = REACHABLE_ALL) {
    if (this.#put(features) !== "f32") {
      throw new TypeError("decideWithPrices takes numbers in the units of the log");
    }
    const units = Array.prototype.map.call(prices, (price) => Math.round(price * PRICE_UNITS));
    const room = new Uint32Array(this.#exports.memory.buffer, this.#prices, this.experts);
    room.set(units.slice(0, this.experts));
    this.#mild.must(
      this.#exports.mild_scores_with_prices_f32(
        this.#image,
        this.#features,
        features.length,
        this.#prices,
        units.length,
        this.#scratch,
        this.#scratchWords,
        this.#scores,
      ),
    );
    this.#mild.must(this.#exports.mild_scores_propose(this.#scores, reachable, this.#result));
    return this.#decision();
  }

  /** The score of each expert, offsets not added. */
  scores(features) {
    const call = this.#exports[`mild_scores_${this.#put(features)}`];
    this.#mild.must(
      call(this.#image, this.#features, features.length, this.#scratch, this.#scratchWords, this.#scores),
    );
    return Int32Array.from({ length: this.experts }, (_, expert) => {
      this.#mild.must(this.#exports.mild_scores_get(this.#scores, expert, this.#result));
      return this.#view().getInt32(this.#result, true);
    });
  }

  /** The int8 codes of an input. */
  quantize(features) {
    const kind = this.#put(features);
    if (kind === "i8") {
      throw new TypeError("codes are quantized already");
    }
    const call = this.#exports[`mild_quantize_${kind}`];
    this.#mild.must(call(this.#image, this.#features, features.length, this.#codes));
    return new Int8Array(this.#exports.memory.buffer, this.#codes, this.inputs).slice();
  }
}
