"""Methods beside each other."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Optional, Union

import numpy as np
from numpy.typing import NDArray

from . import _files, _html, _log, _mild, _progress

#: One name, or several.
Methods = Union[str, Sequence[str]]

#: Numbers of train rows; ``"all"`` for all of them.
TrainRows = Optional[Sequence[Union[int, str]]]


@dataclass(frozen=True)
class Comparison:
    """Methods beside each other, on the same test rows, with paired 95 % intervals."""

    #: What ``mild compare --json`` prints.
    report: dict[str, Any]
    #: What ``mild compare --csv`` prints.
    csv: str
    #: The tables that ``mild compare`` prints, as Markdown.
    markdown: str

    def to_dict(self) -> dict[str, NDArray[Any]]:
        """The columns of ``mild compare --csv``, for `pandas.DataFrame` or `polars.DataFrame`.

        There is a row for each log, number of train rows and method. A figure that a method does
        not have is NaN.
        """
        head, *rows = csv.reader(io.StringIO(self.csv))
        return {name: _column([row[index] for row in rows]) for index, name in enumerate(head)}

    def __str__(self) -> str:
        return self.markdown

    def _repr_html_(self) -> str:
        return _html.comparison(self.report)

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        return {"text/plain": self.markdown, "text/html": self._repr_html_()}


def _column(cells: list[str]) -> NDArray[Any]:
    """A column as numbers or truth values, if all of it is; else as texts."""
    if all(cell in ("true", "false") for cell in cells):
        return np.asarray([cell == "true" for cell in cells])
    try:
        numbers = [float(cell) if cell else float("nan") for cell in cells]
    except ValueError:
        return np.asarray(cells, dtype=object)
    return np.asarray(numbers)


def compared(
    logs: Sequence[_log.Read],
    methods: Methods,
    seeds: int,
    train_rows: TrainRows,
    verbose: _progress.Verbose,
) -> Comparison:
    """Methods beside each other on logs."""
    names = [methods] if isinstance(methods, str) else list(methods)
    if not names:
        raise ValueError("methods: found none, expected at least one")
    if not 1 <= seeds <= 1000:
        raise ValueError(f"seeds: found {seeds}, expected a number from 1 to 1000")
    rows = [_train_rows(number) for number in train_rows or ["all"]]
    with _progress.shown(verbose) as progress:
        given = [(read.config, read.log) for read in logs]
        report, table, markdown = _mild.compare(given, names, seeds, rows, progress)
    return Comparison(json.loads(report), table, markdown)


def _train_rows(number: Union[int, str]) -> Optional[int]:
    """A number of train rows; none for all."""
    if number == "all":
        return None
    if isinstance(number, str) or number < 20:
        raise ValueError(f"train_rows: found {number!r}, expected 'all' or at least 20 rows")
    return number


def compare(
    config: Union[_files.PathLike, Sequence[_files.PathLike]],
    *,
    methods: Methods = "auto",
    seeds: int = 1,
    effort: Optional[str] = None,
    train_rows: TrainRows = None,
    verbose: _progress.Verbose = False,
) -> Comparison:
    """Compares methods as ``mild compare`` does: each is trained on the same rows and judged on the
    same test rows. `Rejector.compare` does so on arrays.

    Parameters
    ----------
    config : path, or several
        The configurations (TOML) of the logs.
    methods : str or sequence of str
        Names of methods, or ``"all"``; ``mild compare --help`` says what each is.
    seeds : int
        How often each is trained, with the seeds 0, 1, 2, and so on.
    effort : {"quick", "normal", "thorough"}, optional
        In place of that of the configurations.
    train_rows : sequence, optional
        For learning curves: numbers of train rows to use, or ``"all"``.
    verbose : bool or callable
        As of `Rejector`.
    """
    paths: list[Any] = list(config) if isinstance(config, (list, tuple)) else [config]
    logs = [_log.Read.of_file(path, effort=effort) for path in paths]
    return compared(logs, methods, seeds, train_rows, verbose)
