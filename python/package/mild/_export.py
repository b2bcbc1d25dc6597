"""An image, and the network that it was made from, for other programs."""

from __future__ import annotations

from pathlib import Path
from typing import Optional, Union

from . import _files, _mild

#: All formats.
FORMATS = ("rust", "c", "bin", "vectors", "onnx")

#: What an export gives: text, bytes, or for C a header and a file.
Exported = Union[str, bytes, "tuple[str, str]"]


def export(
    image: _mild.Image,
    log: Optional[_mild.Log],
    onnx: Optional[bytes],
    format: str,
    path: Optional[_files.PathLike],
    *,
    name: str,
    rows: Optional[int],
    seed: int,
) -> Exported:
    """What `format` names. With the log that the image was trained on, source has its names."""
    if format == "c":
        header, body = image.c_source(name) if log is None else log.c_source(image, name)
        if path is not None:
            _files.write(Path(path, f"{name}.h"), header)
            _files.write(Path(path, f"{name}.c"), body)
        return header, body
    made: Union[str, bytes]
    if format == "rust":
        made = image.rust_source() if log is None else log.rust_source(image)
    elif format == "bin":
        made = image.to_bytes()
    elif format == "vectors":
        made = image.vectors(rows, seed) if log is None else log.vectors(image, rows, seed)
    elif format == "onnx":
        if onnx is None:
            raise ValueError(
                "format 'onnx': found an image alone, which has the integers; the float network is "
                "there after `fit`, and `mild train --onnx FILE` writes it"
            )
        made = onnx
    else:
        *others, last = (repr(known) for known in FORMATS)
        raise ValueError(f"format: found {format!r}, expected {', '.join(others)} or {last}")
    if path is not None:
        _files.write(path, made)
    return made
