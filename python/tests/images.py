"""Images and golden vectors as docs/image-format.md says."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


def flipped(image: bytes) -> Iterator[bytes]:
    """The image with each weight of its last layer flipped in turn in its highest bit but one,
    sealed again: each is a valid image of another network."""
    words = np.frombuffer(image, dtype="<u4").copy()
    at = 5
    while words[at] & 0xFFFF != 3:
        at += 2 + int(words[at + 1])
    end = at + 2 + int(words[at + 1])
    at += 2
    while True:
        inputs, outputs = int(words[at]) & 0xFFFF, int(words[at]) >> 16
        weights = (inputs + 3) // 4 * outputs
        takes_input, last = bool(words[at + 1] & 2), not words[at + 1] & 1
        # Biases, rebased biases, requantizers.
        rebased = at + 2 + outputs
        first = at + 2 + outputs * (1 + takes_input + (not last))
        at = first + weights
        if last:
            break
    assert at == end
    groups = (inputs + 3) // 4
    for place in range(4 * first, 4 * at):
        # Rows lie in blocks of four, and a word holds four inputs of one row.
        block, word = divmod(place // 4 - first, 4 * groups)
        group = word // min(4, outputs - 4 * block)
        if 4 * group + place % 4 >= inputs:
            continue  # padding, which must be 0
        other = bytearray(image)
        other[place] ^= 0x20
        # A weight is -127 to 127; the first and third byte of a word hold it plus 128.
        if other[place] == (0x00 if place % 2 == 0 else 0x80):
            other[place] ^= 0x10
        if takes_input and place % 2 == 1:
            # The rebased bias of the row says 128 times its weights at odd places.
            row = 4 * (rebased + 4 * block + word % min(4, outputs - 4 * block))
            (before,), (after,) = (struct.unpack_from("<b", of, place) for of in (image, other))
            (bias,) = struct.unpack_from("<i", other, row)
            struct.pack_into("<i", other, row, bias + 128 * (after - before))
        other[12:16] = struct.pack("<I", zlib.crc32(other[16:]))
        yield bytes(other)


@dataclass(frozen=True)
class Vectors:
    """The records of one kind of input."""

    inputs: NDArray[Any]
    expert: NDArray[Any]
    masked: NDArray[Any]
    mask: NDArray[Any]
    margin: NDArray[Any]
    scores: NDArray[Any]
    codes: NDArray[Any]


def vectors(data: bytes) -> dict[int, Vectors]:
    """Golden vectors by the kind of their inputs: 0 codes, 1 readings, 2 features."""
    magic, version, inputs, experts, _, count = struct.unpack_from("<4sHHHHI", data)
    assert (magic, version) == (b"MVEC", 1)
    at = 16
    records: dict[int, list[tuple[Any, ...]]] = {0: [], 1: [], 2: []}
    for _ in range(count):
        kind, expert, masked, _ = data[at : at + 4]
        mask, margin = struct.unpack_from("<Ii", data, at + 4)
        at += 12
        scores = np.frombuffer(data, "<i4", experts, at)
        at += 4 * experts
        codes = np.frombuffer(data, "<i1", inputs, at)
        at += (inputs + 3) // 4 * 4
        given = codes
        if kind == 1:
            given = np.frombuffer(data, "<i2", inputs, at)
            at += (2 * inputs + 3) // 4 * 4
        elif kind == 2:
            given = np.frombuffer(data, "<f4", inputs, at)
            at += 4 * inputs
        records[kind].append((given, expert, masked, mask, margin, scores, codes))
    assert at == len(data)
    return {
        kind: Vectors(*(np.array(column) for column in zip(*of_kind)))
        for kind, of_kind in records.items()
        if of_kind
    }
