"""A log in memory, as the program `mild` would read it from files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Optional, Union

import numpy as np
from numpy.typing import NDArray

from . import _configuration, _experts, _files, _inputs, _mild, _table

if TYPE_CHECKING:
    from ._rejector import Rejector

#: What `fit` takes beside X and y.
ARGUMENTS = ("losses", "answers", "prices", "groups", "split", "sample_weight")


class Read(NamedTuple):
    """A log that was read, and the configuration that says what is what."""

    config: _mild.Config
    log: _mild.Log
    #: The columns beside the features, if the log is in memory.
    further: Optional[list[tuple[str, _table.Column]]] = None

    @classmethod
    def of_file(cls, path: _files.PathLike, **changes: Any) -> Read:
        """The log that a configuration names."""
        config = _mild.Config.load(Path(path)).replace(**changes)
        return cls(config, _mild.Log.read(config))


class Made(NamedTuple):
    """A log in memory, not read yet."""

    configuration: str
    columns: _inputs.Columns
    further: list[tuple[str, _table.Column]]
    prices: list[Union[float, NDArray[Any]]]
    #: The rows of X, where they are not simply all of them.
    rows: Optional[NDArray[np.intp]]

    def read(self) -> Read:
        """The configuration, checked, and the log."""
        place = _configuration.DIRECTORY
        config = _mild.Config.parse(self.configuration, Path(place, "mild.toml"))
        numbers, features = self.columns.numbers, self.columns.features
        log = _mild.Log.from_arrays(config, place, numbers, features, self.further)
        return Read(config, log, self.further)

    def write(self, folder: Path) -> None:
        """Writes it as files."""
        folder.mkdir(parents=True, exist_ok=True)
        columns = list(self.columns.features.T) + [column for _, column in self.further]
        names = self.columns.numbers + [name for name, _ in self.further]
        _files.write_all(folder / "log.csv", _files.csv_lines(names, columns))
        _files.write(folder / "mild.toml", self.configuration)

    def rows_of_x(self, rows: Sequence[int]) -> NDArray[np.intp]:
        """Where rows of the log are in X."""
        found = np.asarray(rows, dtype=np.intp)
        return found if self.rows is None else np.unique(self.rows[found])


def known(given: dict[str, Any], function: str) -> dict[str, Any]:
    """All arguments of `fit` but X and y, those that are not given as None."""
    unknown = [name for name in given if name not in ARGUMENTS]
    if unknown:
        raise TypeError(
            f"{function}: found the arguments {unknown}, expected some of {list(ARGUMENTS)}"
        )
    return {**dict.fromkeys(ARGUMENTS), **given}


def make(
    estimator: Rejector,
    X: Any,
    y: Any,
    *,
    losses: Any,
    answers: Any,
    prices: Any,
    groups: Any,
    split: Any,
    sample_weight: Any,
) -> Made:
    """The log that an estimator is given."""
    columns = _inputs.read(X, estimator.categorical, finds_texts=True)
    rows = len(columns.features)
    labels, experts, of_experts = _answers(estimator, y, losses, answers, rows)
    by_name = labels is not None
    # The column of each name is added in its place; categories keep their names.
    taken = set(columns.names)
    further: list[tuple[str, _table.Column]] = list(columns.categories)

    def add(name: str, column: _table.Column) -> str:
        while name in taken:
            name += "_"
        taken.add(name)
        further.append((name, column))
        return name

    data: dict[str, Any] = {"log": "log.csv"}
    if columns.numbers:
        data["features"] = columns.numbers
    if columns.categories:
        data["categorical"] = [name for name, _ in columns.categories]
    if labels is not None:
        data["label"] = add("label", labels)
    if split is not None:
        parts = _table.vector(split, rows, "split").tolist()
        data["split"] = add("split", [str(part) for part in parts])
    repeated = _repeated(sample_weight, rows)
    if groups is not None:
        data["group"] = add("group", _table.names_of_values(_table.vector(groups, rows, "groups")))
    elif repeated is not None:
        # Copies of a row are on one side of each split.
        data["group"] = add("group", np.arange(rows, dtype=np.int64))
    if estimator.missing_answers == "drop":
        data |= {"not_asked": "allowed", "complete_only": True}
    elif estimator.missing_answers != "refuse":
        raise ValueError(
            f"missing_answers: found {estimator.missing_answers!r}, expected 'refuse' or 'drop'"
        )
    given = estimator.prices if prices is None else prices
    of_prices = _experts.prices_of(given, experts, rows)
    sections: list[tuple[str, Mapping[str, Any]]] = [("[data]", data)]
    for name, column, price in zip(experts, of_experts, of_prices):
        if estimator.missing_answers == "refuse" and _table.has_gaps(column):
            what = "answers" if by_name else "losses"
            raise ValueError(
                f"{what} of {name!r}: found a missing one, expected one on each row; "
                "missing_answers='drop' leaves such rows out"
            )
        keys: dict[str, Any] = {"name": name}
        kind = "prediction" if by_name else "loss_column"
        keys[kind] = add(f"{'answer' if by_name else 'loss'}_{name}", column)
        if isinstance(price, float):
            keys["price"] = price
        else:
            keys["price_column"] = add(f"price_{name}", price)
        sections.append(("[[expert]]", keys))
    training = {"seed": estimator.seed, "effort": estimator.effort, **(estimator.train or {})}
    sections += [
        ("[rejector]", {"method": estimator.method, "hidden": estimator.hidden}),
        ("[train]", training),
        ("[quantize]", estimator.quantize or {}),
        ("[image]", estimator.image or {}),
        ("[budget]", estimator.budget or {}),
        ("[policy]", estimator.policy or {}),
    ]
    if repeated is not None:
        columns = columns.repeated(repeated)
        further = [(name, _table.rows_of(column, repeated)) for name, column in further]
    return Made(_configuration.text(sections), columns, further, of_prices, repeated)


def _repeated(sample_weight: Any, rows: int) -> Optional[NDArray[np.intp]]:
    """The rows as often as their weights say; none if that is once for each."""
    if sample_weight is None:
        return None
    weights = np.asarray(_table.vector(sample_weight, rows, "sample_weight"), dtype=np.float64)
    bad = ~((weights >= 0) & (weights == np.floor(weights)) & np.isfinite(weights))
    if bad.any():
        row = int(np.flatnonzero(bad)[0])
        raise ValueError(
            f"sample_weight, row {row}: found {weights[row]}, expected a whole number from 0 on: "
            "how often the row counts; the trainer has no other weights"
        )
    if (weights == 1).all():
        return None
    return np.repeat(np.arange(rows, dtype=np.intp), weights.astype(np.int64))


def _answers(
    estimator: Rejector, y: Any, losses: Any, answers: Any, rows: int
) -> tuple[Optional[_table.Column], list[str], list[_table.Column]]:
    """The labels, if the experts are judged by them, and each expert's losses or answers."""
    one_of(losses, answers)
    if answers is not None:
        labels = judged_by(y)
        experts, columns = _experts.by_expert(answers, rows, "answers", estimator.experts)
        labels = _table.names_of_values(_table.vector(labels, rows, "y"))
        if _table.has_gaps(labels):
            raise ValueError("y: found a missing label, expected one on each row")
        return labels, experts, [_table.names_of_values(column) for column in columns]
    losses = losses_from(y, losses)
    experts, found = _experts.by_expert(losses, rows, "losses", estimator.experts)
    matrix = _table.matrix(np.stack(found, axis=1), "losses", experts)
    bad = ~((matrix >= 0) & (matrix <= 1) | np.isnan(matrix))
    if bad.any():
        row, index = (int(place) for place in np.argwhere(bad)[0])
        raise ValueError(
            f"losses, row {row}, expert {experts[index]!r}: found {matrix[row, index]}, "
            "expected a loss from 0 to 1"
        )
    return None, experts, [np.ascontiguousarray(column) for column in matrix.T]


def one_of(losses: Any, answers: Any) -> None:
    """Refuses both."""
    if losses is not None and answers is not None:
        raise ValueError("found both `losses` and `answers`, expected one of them")


def judged_by(y: Any) -> Any:
    """The labels that answers are judged by."""
    if y is None:
        raise ValueError("`answers` are judged by the right ones: found no `y`")
    return y


def losses_from(y: Any, losses: Any) -> Any:
    """Losses that may be given as `y`."""
    if losses is None and y is None:
        raise ValueError("found neither `losses` nor `answers`, expected one of them")
    if losses is not None and y is not None:
        raise ValueError("found `losses` and `y`, expected `losses` alone, or `y` and `answers`")
    if losses is not None:
        return losses
    if _table.to_array(y).ndim == 1 and not isinstance(y, Mapping):
        raise ValueError("y: found one value for each row and no `answers` that it could judge")
    return y
