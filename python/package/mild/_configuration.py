"""The configuration (TOML) of a log that is in memory: the one that the program `mild` would
read."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

#: Stands for the directory of the configuration in messages. Nothing is read from it.
DIRECTORY = "in memory"


def value(item: Any) -> str:
    """A value as TOML."""
    if isinstance(item, bool):
        return "true" if item else "false"
    if isinstance(item, str):
        # A JSON text is one of TOML, but for a DEL.
        return json.dumps(item, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(item, Mapping):
        return "{ " + ", ".join(f"{value(str(k))} = {value(v)}" for k, v in item.items()) + " }"
    if isinstance(item, (np.ndarray, np.generic)):
        return value(item.tolist())
    if isinstance(item, Sequence):
        return "[" + ", ".join(value(one) for one in item) + "]"
    if isinstance(item, int):
        return str(item)
    if isinstance(item, float):
        return repr(item) if math.isfinite(item) else str(item)
    raise TypeError(f"found {item!r}, expected a number, a text, a truth value or a list of them")


def section(head: str, keys: Mapping[str, Any]) -> str:
    """A section, without the keys that are None; nothing if there is no other."""
    lines = [f"{key} = {value(item)}\n" for key, item in keys.items() if item is not None]
    return f"{head}\n{''.join(lines)}" if lines else ""


def text(sections: Sequence[tuple[str, Mapping[str, Any]]]) -> str:
    """A configuration of these sections, in their order."""
    return "\n".join(filter(None, (section(head, keys) for head, keys in sections)))
