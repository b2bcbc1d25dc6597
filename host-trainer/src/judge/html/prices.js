"use strict";
// The image at other prices, on the test rows: the arithmetic of `mild eval --price`, step by step
// in the same order, so that every figure is the same to the last digit.
const atPrices = (model) => {
  const bytes = (text) => Uint8Array.from(atob(text), (one) => one.charCodeAt(0));
  const numbers = (text, Kind) => new Kind(bytes(text).buffer);
  const experts = model.names.length;
  const probabilities = numbers(model.probabilities, Uint16Array);
  const rows = probabilities.length / experts;
  const errors = numbers(model.errors, model.whole_errors ? Uint8Array : Float32Array);
  const prices = numbers(model.prices, Float32Array);
  const divisions = model.divisions.map(bytes);
  const units = model.units && numbers(model.units, Uint32Array);
  const range = (count) => [...Array(count).keys()];
  const mean = (values) => {
    let sum = 0;
    for (let index = 0; index < values.length; index += 1) sum += values[index];
    return sum / Math.max(values.length, 1);
  };

  // 64-bit numbers are pairs of 32 bits: xoshiro256++ from splitmix64, and Lemire's `below`.
  const wide = (value) => BigInt.asUintN(64, value);
  const golden = 0x9e3779b97f4a7c15n;
  const state = new Int32Array(8);
  const start = (seed) => {
    for (let word = 0; word < 4; word += 1) {
      seed = wide(seed + golden);
      let z = wide((seed ^ (seed >> 30n)) * 0xbf58476d1ce4e5b9n);
      z = wide((z ^ (z >> 27n)) * 0x94d049bb133111ebn);
      z ^= z >> 31n;
      state[2 * word] = Number(z & 0xffffffffn);
      state[2 * word + 1] = Number(z >> 32n);
    }
  };
  const next = [0, 0];
  const step = () => {
    const [a0, a1, b0, b1] = [state[0], state[1], state[2], state[3]];
    const [c0, c1, d0, d1] = [state[4], state[5], state[6], state[7]];
    let low = (a0 >>> 0) + (d0 >>> 0);
    let high = (a1 + d1 + (low > 0xffffffff ? 1 : 0)) | 0;
    const [r0, r1] = [(low << 23) | (high >>> 9), (high << 23) | ((low | 0) >>> 9)];
    low = (r0 >>> 0) + (a0 >>> 0);
    next[0] = low >>> 0;
    next[1] = (r1 + a1 + (low > 0xffffffff ? 1 : 0)) >>> 0;
    const [e0, e1] = [c0 ^ a0, c1 ^ a1];
    const [f0, f1] = [d0 ^ b0, d1 ^ b1];
    state[2] = b0 ^ e0;
    state[3] = b1 ^ e1;
    state[0] = a0 ^ f0;
    state[1] = a1 ^ f1;
    state[4] = e0 ^ (b0 << 17);
    state[5] = e1 ^ ((b1 << 17) | (b0 >>> 15));
    // 45 to the left is 32, and 13 more.
    state[6] = (f1 << 13) | (f0 >>> 19);
    state[7] = (f0 << 13) | (f1 >>> 19);
  };
  const word = 2 ** 32;
  const below = (n) => {
    const rejected = (word % n) ** 2 % n;
    for (;;) {
      step();
      const [low, high] = [next[0] * n, next[1] * n];
      const middle = (high % word) + Math.floor(low / word);
      if (middle % word > 0 || low % word >= rejected) {
        return Math.floor(high / word) + (middle >= word ? 1 : 0);
      }
    }
  };

  // How often each unit is drawn, resample by resample.
  const count = units ? units.reduce((most, unit) => Math.max(most, unit + 1), 0) : rows;
  const sizes = new Float64Array(count);
  for (let row = 0; row < rows; row += 1) sizes[units ? units[row] : row] += 1;
  const draws = [];
  const drawn = () => {
    while (draws.length < model.resamples) {
      start(BigInt(model.seed) ^ wide(BigInt(draws.length + 1) * golden));
      const times = new Uint8ClampedArray(count);
      for (let draw = 0; draw < count; draw += 1) times[below(count)] += 1;
      draws.push(times);
    }
    return draws;
  };
  const interval = (values) => {
    const sums = new Float64Array(count);
    for (let row = 0; row < rows; row += 1) sums[units ? units[row] : row] += values[row];
    const means = drawn().map((times) => {
      let [sum, weight] = [0, 0];
      for (let unit = 0; unit < count; unit += 1) {
        sum += times[unit] * sums[unit];
        weight += times[unit] * sizes[unit];
      }
      return sum / Math.max(weight, 1);
    });
    means.sort((a, b) => a - b);
    return [0.025, 0.975].map((share) => means[Math.round(share * (means.length - 1))]);
  };

  /// At these prices, one for each expert in units of one error; null stands for the image's own.
  return (values) => {
    const price = new Float32Array(rows * experts);
    const loss = new Float32Array(rows * experts);
    const scores = new Int32Array(rows * experts);
    for (let at = 0; at < rows * experts; at += 1) {
      const k = at % experts;
      const own = prices[prices.length === experts ? k : at];
      const scaled = model.varies[k] && model.own[k] > 0;
      price[at] = values[k] === null ? own
        : scaled ? own * (values[k] / model.own[k]) : values[k];
      loss[at] = errors[at] + price[at];
      const bits = values[k] === null ? model.own_bits[k] : priceBits(values[k]);
      scores[at] = probabilities[at] - bits;
    }
    const sums = scores.map((score, at) => score + model.offsets[at % experts]);
    const advantages = new Int32Array(rows);
    for (let row = 0; row < rows; row += 1) {
      let best = -Infinity;
      for (let k = 1; k < experts; k += 1) best = Math.max(best, sums[row * experts + k]);
      const limit = model.most_advantage;
      advantages[row] = Math.min(Math.max(best - sums[row * experts], -limit), limit);
    }
    advantages.sort().reverse();

    // About each fortieth more of the rows.
    const steps = 40;
    const thresholds = range(steps + 1).map((step) => {
      const place = Math.floor((step * rows) / steps);
      return place < rows ? advantages[place] : advantages[rows - 1] - 1;
    });
    const points = [...new Set([...thresholds, 0])].sort((a, b) => b - a);

    const of = (values, choices) => {
      const found = new Float64Array(rows);
      for (let row = 0; row < rows; row += 1) found[row] = values[row * experts + choices[row]];
      return found;
    };
    const judged = (choices) => ({
      choices,
      losses: of(loss, choices),
      loss: mean(of(loss, choices)),
      accuracy: mean(of(errors, choices).map((error) => 1 - error)),
      price: mean(of(price, choices)),
      deferred: choices.reduce((all, k) => all + (k > 0 ? 1 : 0), 0) / rows,
    });
    const always = range(experts).map((k) => judged(new Uint8Array(rows).fill(k)));
    const least = (list) => list.reduce((best, value, k) => (value < list[best] ? k : best), 0);
    const best = least(always.map((one) => one.loss));
    const oracle = judged(Uint8Array.from(range(rows), (row) =>
      least(loss.subarray(row * experts, (row + 1) * experts))));
    const wanted = Uint8Array.from(range(rows), (row) => {
      const right = range(experts).filter((k) => errors[row * experts + k] < 0.5);
      return right.reduce((one, k) =>
        (one < experts && loss[row * experts + one] <= loss[row * experts + k] ? one : k), experts);
    });

    const list = points.map((threshold) => {
      const choices = new Uint8Array(rows);
      for (let row = 0; row < rows; row += 1) {
        let [chosen, most] = [0, sums[row * experts] + threshold];
        for (let k = 1; k < experts; k += 1) {
          if (sums[row * experts + k] > most) [chosen, most] = [k, sums[row * experts + k]];
        }
        choices[row] = chosen;
      }
      const gains = of(loss, choices).map((own, row) => always[best].losses[row] - own);
      return { threshold, ...judged(choices), gains, gain: mean(gains) };
    });

    // The texts of a block of cells at a point.
    const shares = (point, block) => {
      const groups = block.kind === "cheapest" ? wanted : divisions[block.division];
      const all = new Float64Array(block.groups);
      const counts = new Float64Array(block.groups * experts);
      const right = new Float64Array(block.groups);
      point.choices.forEach((k, row) => {
        const group = groups[row];
        if (group >= block.groups) return;
        all[group] += 1;
        counts[group * experts + k] += 1;
        right[group] += 1 - errors[row * experts + k];
      });
      return range(block.groups).flatMap((group) => block.measures.map((measure) => {
        const asked = (k) => counts[group * experts + k];
        if (all[group] === 0 || (measure === -3 && group >= experts)) return null;
        const sums = { "-1": () => all[group] - asked(0), "-2": () => right[group] };
        const found = sums[measure] ? sums[measure]() : asked(measure === -3 ? group : measure);
        return found / all[group];
      }));
    };
    return {
      points: list,
      own: points.indexOf(0),
      always,
      best,
      oracle,
      needed: range(experts + 1).map((line) => wanted.filter((one) => one === line).length),
      rows,
      shares,
      /// Of a point's deferral loss, which takes a moment.
      interval: (point) => (point.interval ??= interval(point.losses)),
      gainInterval: (point) => (point.gainInterval ??= interval(point.gains)),
    };
  };
};

/// A price in units of one error as an image has it.
const priceBits = (value) => Math.min(Math.floor(value * 65536 + 0.5), 2 ** 30);

/// Figures as the program writes them; a tie goes to the even digit.
const figure = (() => {
  const fixed = (value, digits) => {
    const text = value.toFixed(digits);
    const exact = value.toFixed(60);
    const end = exact.indexOf(".") + 1 + digits;
    const even = Number(exact[end - 1]) % 2 === 0;
    return even && /^50*$/.test(exact.slice(end)) ? exact.slice(0, end) : text;
  };
  const minus = (text) => text.replace(/^-/, "\u2212");
  const loss = (value) => {
    const text = fixed(value, 4);
    return /^-0\.0+$/.test(text) ? text.slice(1) : text;
  };
  const difference = (value) => {
    const text = loss(value);
    return text.startsWith("-") || /^0\.0+$/.test(text) ? minus(text) : `+${text}`;
  };
  return {
    loss,
    difference,
    percent: (share) => (share === null ? "\u2013" : `${fixed(100 * share, 1)}\u00a0%`),
    interval: ([low, high]) => `${minus(loss(low))} to ${minus(loss(high))}`,
    differences: ([low, high]) => `${difference(low)} to ${difference(high)}`,
    count: (number) => String(number).replace(/\B(?=(\d{3})+$)/g, ","),
  };
})();
