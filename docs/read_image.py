#!/usr/bin/env python3
"""Reads an image and decides with it, as docs/image-format.md says: a second implementation, by
which the page is proved complete. Standard library only.

    read_image.py check FILE...            each file's name and `ok`, or what is wrong with it
    read_image.py names FILE               the digests of the names of inputs and classes, then the names
    read_image.py decide FILE MASK CODE... expert, margin, then the scores
    read_image.py vectors FILE VECTORS     repeats every record of a vectors.bin
"""

import hashlib
import struct
import sys
import zlib
from math import isfinite, isnan

MAX_I32 = 2**31 - 1


class Invalid(Exception):
    """The variant of `ImageError`, and its kind, input, layer or expert."""

    def __str__(self):
        return " ".join(str(part) for part in self.args)


def need(rule, *error):
    if not rule:
        raise Invalid(*error)


def low(word):
    return word & 0xFFFF


def high(word):
    return word >> 16


def i32(word):
    return word - 2**32 if word >> 31 else word


def f32(word):
    return struct.unpack("<f", struct.pack("<I", word))[0]


def round_f32(x):
    """The nearest binary32; `struct` refuses to round to infinity."""
    try:
        return struct.unpack("<f", struct.pack("<f", x))[0]
    except OverflowError:
        return float("inf") if x > 0 else float("-inf")


def saturate(x, least, most):
    return max(least, min(most, x))


class Image:
    def __init__(self, data):
        need(len(data) % 4 == 0, "NotWords")
        words = struct.unpack(f"<{len(data) // 4}I", data)
        need(len(words) >= 5, "Truncated")
        magic, version, length, checksum, shape = words[:5]
        need(magic == 0x444C494D, "Magic")
        need(low(version) == 3, "Version")
        need(high(version) == 0, "Reserved")
        need(length % 4 == 0, "NotWords")
        need(length >= 20 and len(data) >= length, "Truncated")
        need(len(data) == length, "TrailingBytes")
        need(zlib.crc32(data[16:]) == checksum, "Checksum")
        self.inputs, self.experts, layers = low(shape), shape >> 16 & 255, shape >> 24
        need(1 <= self.inputs <= 32767, "Inputs")
        need(2 <= self.experts <= 32, "Experts")
        sections = self.sections(words[5:])
        self.platt_scaling = None
        for kind in (1, 2, 3, 4, 5, 6, 7, 8):
            need(kind in sections or kind in (2, 7, 8), "MissingSection", kind)
            if kind in sections:
                read = {1: self.quantizers, 2: self.raw, 3: self.network, 4: self.policy}
                read.update({5: self.named, 6: self.made, 7: self.platt_scaled, 8: self.operating_points})
                read[kind](list(sections[kind]), layers)
        # Never a reason to refuse an image.
        self.table = self.name_table(sections.get(9, ()))

    @staticmethod
    def sections(words):
        sections, previous = {}, 0
        while words:
            kind, flags = low(words[0]), high(words[0])
            need(len(words) >= 2 and len(words) >= 2 + words[1], "SectionLength", kind)
            need(kind > previous, "SectionOrder", kind)
            need(flags <= 1, "Reserved")
            need(1 <= kind <= 8 or flags == 1, "UnknownSection", kind)
            sections[kind] = words[2 : 2 + words[1]]
            words, previous = words[2 + words[1] :], kind
        return sections

    def quantizers(self, words, _):
        need(len(words) == 2 * self.inputs, "SectionLength", 1)
        self.scales = [f32(word) for word in words[::2]]
        self.biases = [f32(word) for word in words[1::2]]
        for index, (scale, bias) in enumerate(zip(self.scales, self.biases)):
            negative = words[2 * index] >> 31
            need(isfinite(scale) and not negative and isfinite(bias), "Quantizer", index)

    def raw(self, words, _):
        need(len(words) == 2 * self.inputs, "SectionLength", 2)
        self.readings = [(low(a), high(a), i32(b)) for a, b in zip(words[::2], words[1::2])]
        for index, (multiplier, shift, _) in enumerate(self.readings):
            need(multiplier <= 32767 and shift <= 22, "RawQuantizer", index)

    def network(self, words, count):
        self.layers, width = [], self.inputs
        while words:
            index = len(self.layers)
            last = index + 1 == count
            need(index < count, "LayerCount")
            flags = (0 if last else 1) + (2 if index == 0 else 0)
            need(len(words) < 2 or words[1] == flags, "LayerFlags", index)
            n, m = low(words[0]), high(words[0])
            ends = [2, 2 + m, 2 + (2 if index == 0 else 1) * m]
            ends.append(ends[2] + (0 if last else m))
            ends.append(ends[3] + (n + 3) // 4 * m)
            need(len(words) >= ends[4], "SectionLength", 3)
            need(n == width and 1 <= m <= 32767, "LayerShape", index)
            need(not last or m == self.experts, "LayerShape", index)
            biases = [i32(word) for word in words[2 : ends[1]]]
            need(all(-(2**29) <= bias <= 2**29 for bias in biases), "Bias", index)
            rebased = [i32(word) for word in words[ends[1] : ends[2]]]
            requantizers = words[ends[2] : ends[3]]
            need(all(w >> 30 == 1 and 1 <= w & 255 <= 31 for w in requantizers), "Requantizer", index)
            rows = self.rows(words[ends[3] : ends[4]], n, m)
            need(all(w != -128 for row in rows for w in row), "Weight", index)
            need(not any(w for row in rows for w in row[n:]), "Weight", index)
            odd = [128 * sum(row[1::2]) for row in rows]
            need(not rebased or rebased == [a + b for a, b in zip(biases, odd)], "RebasedBias")
            self.layers.append((biases, requantizers, rows))
            words, width = words[ends[4] :], m
        need(len(self.layers) == count > 0, "LayerCount")

    @staticmethod
    def rows(words, n, m):
        rows, words = [[] for _ in range(m)], iter(words)
        for first in range(0, m, 4):
            for _ in range((n + 3) // 4):
                for row in rows[first : first + 4]:
                    row.extend(struct.unpack("<4b", struct.pack("<I", next(words) ^ 0x00800080)))
        return rows

    def policy(self, words, _):
        need(len(words) == 1 + self.experts, "SectionLength", 4)
        self.score_scale = f32(words[0])
        need(isfinite(self.score_scale) and self.score_scale > 0, "ScoreScale")
        self.offsets = [i32(word) for word in words[1:]]
        for index, offset in enumerate(self.offsets):
            need(-(2**30) <= offset <= 2**30, "Offset", index)

    def named(self, words, _):
        need(len(words) >= self.experts, "SectionLength", 5)
        self.prices, words = words[: self.experts], words[self.experts :]
        for index, price in enumerate(self.prices):
            need(price <= 2**30, "Price", index)
        names, self.names = struct.pack(f"<{len(words)}I", *words), []
        for index in range(self.experts):
            need(names and 1 <= names[0] <= 32 and len(names) > names[0], "Name", index)
            try:
                self.names.append(names[1 : 1 + names[0]].decode("utf-8"))
            except UnicodeDecodeError:
                raise Invalid("Name", index) from None
            names = names[1 + names[0] :]
        need(len(names) < 4, "SectionLength", 5)
        need(not any(names), "Reserved")

    def made(self, words, _):
        need(len(words) == 8, "SectionLength", 6)
        need(high(words[7]) == 0, "Reserved")

    def platt_scaled(self, words, _):
        need(len(words) == 2 * self.experts, "SectionLength", 7)
        self.platt_scaling = []
        for index in range(self.experts):
            scale, intercept = words[2 * index : 2 * index + 2]
            multiplier, shift, drop = low(scale), high(scale) & 255, scale >> 24
            need(multiplier <= 32767 and 1 <= shift <= 31 and drop <= 31, "PlattScaling", index)
            need(-(2**20) <= i32(intercept) <= 2**20, "PlattScaling", index)
            self.platt_scaling.append((multiplier, shift, drop, i32(intercept)))

    @staticmethod
    def probability(output, multiplier, shift, drop, intercept):
        kept = saturate(output >> drop, -65535, 65535)
        logit = saturate((kept * multiplier >> shift) + intercept, -32767, 32767)
        whole, rest = divmod(abs(logit), 2048)
        p = 448
        for c in (-2591, 11132, -32120, 46341):
            p = (p * (rest - 1024) + 2**10 >> 11) + c
        e = 2 * p + 2**whole >> whole + 1
        q = 4699
        for c in (-7049, 8518, -12776, 19422, -29132, 43691):
            q = (q * (e - 32768) + 2**15 >> 16) + c
        return q if logit >= 0 else 65536 - q

    def operating_points(self, words, _):
        need(len(words) >= 9, "SectionLength", 8)
        entries, steps, limit = low(words[0]), high(words[0]), 2**28
        need(1 <= entries <= 64 and steps <= 16, "OperatingPoints", 0)
        need(len(words) == 9 + 2 * entries + 3 * steps, "SectionLength", 8)
        least, most, floor, step, mean, deviation = map(i32, words[3:9])
        need(words[1] <= 65536, "OperatingPoints", 1)
        need(words[2] <= 65536, "OperatingPoints", 2)
        need(-limit <= least <= 0, "OperatingPoints", 3)
        need(0 <= most <= limit and most != least, "OperatingPoints", 4)
        need(least <= floor <= 0, "OperatingPoints", 5)
        need(1 <= step <= most - least and (most - least) // step < 8192, "OperatingPoints", 6)
        need(least <= mean <= most, "OperatingPoints", 7)
        need(0 <= deviation <= limit, "OperatingPoints", 8)
        rate, threshold = -1, limit + 1
        for at in range(9, 9 + 2 * entries, 2):
            need(rate < words[at] <= 65536, "OperatingPoints", at)
            need(-limit <= i32(words[at + 1]) < threshold, "OperatingPoints", at + 1)
            rate, threshold = words[at], i32(words[at + 1])
        level = -1
        for at in range(9 + 2 * entries, len(words), 3):
            need(level < words[at] <= 65535 and (level >= 0 or words[at] == 0), "OperatingPoints", at)
            need(words[at + 1] <= 65536, "OperatingPoints", at + 1)
            need(-limit <= i32(words[at + 2]) <= limit, "OperatingPoints", at + 2)
            level = words[at]

    def name_table(self, words):
        """Digests of the names of inputs and classes, and the names or None; None if there are none."""
        if len(words) < 4:
            return None
        digests = struct.pack("<4I", *words[:4])
        table = [digests[:8], digests[8:], None, None]
        if len(words) > 4:
            data, names = struct.pack(f"<{len(words) - 5}I", *words[5:]), []
            for _ in range(self.inputs + low(words[4])):
                if not data or len(data) < 1 + data[0]:
                    return None
                name, data = data[1 : 1 + data[0]], data[1 + data[0] :]
                names.append(name)
            if high(words[4]) or len(data) >= 4 or any(data):
                return None
            try:
                names = [name.decode("utf-8") for name in names]
            except UnicodeDecodeError:
                return None
            table[2:] = names[: self.inputs], names[self.inputs :]
        return table

    def codes_of_features(self, features):
        sums = (
            round_f32(round_f32(x * scale) + bias)
            for x, scale, bias in zip(features, self.scales, self.biases)
        )
        return [-128 if isnan(s) else int(saturate(s, 0, 255)) - 128 for s in sums]

    def codes_of_readings(self, readings):
        return [saturate((r * m + a) >> s, -128, 127) for r, (m, s, a) in zip(readings, self.readings)]

    def scores(self, x):
        for biases, requantizers, rows in self.layers:
            # `zip` drops the padding weights.
            x = [bias + sum(w * a for w, a in zip(row, x)) for bias, row in zip(biases, rows)]
            for r, word in enumerate(requantizers):
                shift = 32 + (word & 255)
                x[r] = saturate((x[r] * word + 2 ** (shift - 1)) >> shift, 0, 127)
        if self.platt_scaling:
            scaled = zip(x, self.platt_scaling, self.prices)
            x = [self.probability(o, *entry) - price for o, entry, price in scaled]
        return x

    def decide(self, scores, mask):
        sums = [score + offset for score, offset in zip(scores, self.offsets)]
        reachable = [k for k in range(self.experts) if k == 0 or mask >> k & 1]
        best = max(reachable, key=lambda k: (sums[k], -k))
        margins = [sums[best] - sums[k] for k in reachable if k != best]
        return best, min([MAX_I32, *margins])


def vectors(image, data):
    magic, version, inputs, experts, zero, count = struct.unpack_from("<4sHHHHI", data)
    assert (magic, version, zero) == (b"MVEC", 1, 0)
    assert (inputs, experts) == (image.inputs, image.experts)
    at = 16

    def take(form, padded=False):
        nonlocal at
        start, at = at, at + struct.calcsize("<" + form)
        values = struct.unpack_from("<" + form, data, start)
        if padded:
            assert not any(data[at : at + -at % 4])
            at += -at % 4
        return list(values)

    for record in range(count):
        kind, expert, masked, zero, mask, margin = take("4BIi")
        scores, codes = take(f"{experts}i"), take(f"{inputs}b", padded=True)
        made = codes
        if kind == 1:
            made = image.codes_of_readings(take(f"{inputs}h", padded=True))
        elif kind == 2:
            made = image.codes_of_features(take(f"{inputs}f"))
        same = kind <= 2 and zero == 0 and made == codes and image.scores(codes) == scores
        same = same and image.decide(scores, 2**32 - 1) == (expert, margin)
        assert same and image.decide(scores, mask)[0] == masked, f"record {record} differs"
    assert at == len(data), "bytes after the last record"
    print(count, "records agree")


def read(path):
    with open(path, "rb") as file:
        return file.read()


def digest(names):
    """What a writer puts into the table."""
    encoded = [name.encode("utf-8") for name in names]
    behind = (struct.pack("<I", len(name)) + name for name in encoded)
    return hashlib.sha256(b"".join(behind)).digest()[:8]


def show_names(table):
    if table is None:
        print("none")
        return
    for kind, found, names in zip(("inputs", "classes"), table[:2], table[2:]):
        agrees = "" if names is None else " right" if digest(names) == found else " wrong"
        print(f"{kind} {found.hex()}{agrees}")
        for name in names or ():
            print(f"  {name}")


def main(command, *arguments):
    if command == "check":
        for path in arguments:
            try:
                Image(read(path))
                print(f"{path}: ok")
            except Invalid as error:
                print(f"{path}: {error}")
    elif command == "decide":
        path, mask, *codes = arguments
        image = Image(read(path))
        assert len(codes) == image.inputs, f"found {len(codes)} codes, expected {image.inputs}"
        scores = image.scores([int(code) for code in codes])
        print(*image.decide(scores, int(mask)), *scores)
    elif command == "names":
        show_names(Image(read(arguments[0])).table)
    elif command == "vectors":
        vectors(Image(read(arguments[0])), read(arguments[1]))
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main(*(sys.argv[1:] or ["help"]))
