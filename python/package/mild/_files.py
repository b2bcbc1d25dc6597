"""Files that are there whole or not at all."""

from __future__ import annotations

import csv
import os
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Union

import numpy as np
from numpy.typing import NDArray

PathLike = Union[str, "os.PathLike[str]"]


def write(path: PathLike, content: Union[bytes, str]) -> None:
    """Writes a file, by way of a temporary one beside it."""
    write_all(path, [content])


def write_all(path: PathLike, parts: Iterable[Union[bytes, str]]) -> None:
    """The same of several parts, one after the other."""
    path = Path(path)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            for part in parts:
                file.write(part.encode() if isinstance(part, str) else part)
        # `mkstemp` makes files that nobody else may read.
        os.chmod(name, 0o666 & ~_umask())
        os.replace(name, path)
    except BaseException:
        os.unlink(name)
        raise


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def csv_lines(
    names: Sequence[str], columns: Sequence[Union[NDArray[Any], list[str]]]
) -> Iterable[str]:
    """A table as CSV, each number with the fewest digits that tell it from all others of its
    type."""
    line = _Line()
    writer = csv.writer(line, lineterminator="\n")
    writer.writerow(names)
    yield line.text
    for row in range(len(columns[0])):
        writer.writerow([_cell(column[row]) for column in columns])
        yield line.text


class _Line:
    """Keeps the last line that was written."""

    text = ""

    def write(self, text: str) -> None:
        self.text = text


def _cell(value: Any) -> str:
    if isinstance(value, (float, np.floating)) and np.isnan(value):
        return ""
    return str(value)
