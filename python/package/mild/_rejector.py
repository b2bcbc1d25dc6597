"""The estimator."""

from __future__ import annotations

import json
import warnings
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any, Literal, NamedTuple, Optional, Union, overload

import numpy as np
from numpy.typing import NDArray

from . import _configuration, _experts, _files, _html, _losses, _mild, _progress, _table
from ._decisions import Decisions
from ._estimator import BaseEstimator

#: Weights (outputs x inputs) and biases.
_Layers = list[tuple[NDArray[np.float64], NDArray[np.float64]]]

#: Every expert can be reached.
_ALL = 2**32 - 1


class Rejector(BaseEstimator):
    """Learns from a log whom to ask: the device itself, or an expert.

    Parameters
    ----------
    method : str
        The family of losses; ``"auto"`` selects one by cross-validation.
    effort : {"quick", "normal", "thorough"}
        How many candidates the selection tries.
    hidden : sequence of int, optional
        The widths of the hidden layers; ``[]`` is a linear network. Selected if it is left out.
    seed : int
        The seed of everything random.
    prices : optional
        The price of asking each expert, in units of one error: one number for each, the device
        first, or a dict by name, in which experts without a price cost nothing. `fit` may be given
        others.
    experts : sequence of str, optional
        The names of the experts, the device first. By default those of the columns of losses or
        answers, else ``local``, ``expert1``, and so on.
    missing_answers : {"refuse", "drop"}
        What becomes of rows on which somebody was not asked: training needs every answer.
    train, quantize, image, budget, policy : dict, optional
        Further keys of these sections of the configuration, as in
        ``policy={"max_deferral_rate": 0.1}`` or ``image={"names": "all"}``. ``docs/configuration.md`` has all of them.
    verbose : bool or callable
        Shows the progress of `fit`: with tqdm if it is installed, else as lines on standard error.
        A function is called with the work done and the whole work.

    Attributes
    ----------
    image_ : bytes
        The image that a device runs; the same bytes as the program `mild` makes of the same log.
    report_ : dict
        What ``mild train --json`` prints: candidates, figures on the test rows, warnings.
    configuration_ : str
        The configuration (TOML) that the log was read with.
    experts_ : tuple of str
        The names of the experts; 0 is the device itself.
    n_features_in_, feature_names_in_
        The inputs.
    test_rows_ : rows
        The rows of X that were held back.
    """

    image_: bytes
    report_: dict[str, Any]
    configuration_: str
    experts_: tuple[str, ...]
    n_features_in_: int
    feature_names_in_: NDArray[Any]
    test_rows_: NDArray[np.intp]
    _image: _mild.Image
    _log: Optional[_mild.Log]
    _prices: Optional[list[Union[float, NDArray[Any]]]]

    def __init__(
        self,
        *,
        method: str = "auto",
        effort: str = "normal",
        hidden: Optional[Sequence[int]] = None,
        seed: int = 0,
        prices: Any = None,
        experts: Optional[Sequence[str]] = None,
        missing_answers: Literal["refuse", "drop"] = "refuse",
        train: Optional[Mapping[str, Any]] = None,
        quantize: Optional[Mapping[str, Any]] = None,
        image: Optional[Mapping[str, Any]] = None,
        budget: Optional[Mapping[str, Any]] = None,
        policy: Optional[Mapping[str, Any]] = None,
        verbose: _progress.Verbose = False,
    ) -> None:
        self.method = method
        self.effort = effort
        self.hidden = hidden
        self.seed = seed
        self.prices = prices
        self.experts = experts
        self.missing_answers = missing_answers
        self.train = train
        self.quantize = quantize
        self.image = image
        self.budget = budget
        self.policy = policy
        self.verbose = verbose

    # Training

    def fit(
        self,
        X: Any,
        y: Any = None,
        *,
        losses: Any = None,
        answers: Any = None,
        prices: Any = None,
        groups: Any = None,
        split: Any = None,
        sample_weight: Any = None,
    ) -> Rejector:
        """Trains on a log.

        Of its rows 60 % are fitted on, 20 % choose offsets and thresholds, and 20 % are held back
        for the figures of `report_` and `evaluate`, by a seeded draw, as in the program `mild`.

        Parameters
        ----------
        X : rows x inputs
            Finite numbers: an array, or a table of pandas, polars or pyarrow, whose column names
            become the names of the inputs.
        y : optional
            The right answers, beside `answers`; or `losses`, by another name, so that tools that
            know a pair of arrays alone work.
        losses : rows x experts
            From 0 (right) to 1 (wrong), the device first; or a dict or table with a column for each
            expert.
        answers : rows x experts
            What each expert answered, instead of losses.
        prices : optional
            In place of the parameter; also rows x experts, where prices differ between rows.
        groups : rows, optional
            Rows of a group are never on two sides of a split.
        split : rows, optional
            ``"train"``, ``"calibration"`` or ``"test"`` for each row, in place of the draw.
        sample_weight
            Refused: the trainer gives every row the same weight.
        """
        log = self._log_of(X, y, losses, answers, prices, groups, split, sample_weight)
        config, read = log.read()
        self._train(config, read, self.verbose)
        self._prices = log.prices
        self.test_rows_ = np.asarray(read.test_rows, dtype=np.intp)
        self._warn()
        return self

    def write_log(self, directory: _files.PathLike, X: Any, y: Any = None, **log: Any) -> Path:
        """Writes a log for the program `mild`: `mild.toml` and `log.csv`. Returns the former's
        path.

        The program makes the same image of them as `fit` of the same arguments.
        """
        made = self._log_of(X, y, **{**dict.fromkeys(_LOG), **_known(log, _LOG, "write_log")})
        folder = Path(directory)
        folder.mkdir(parents=True, exist_ok=True)
        columns = list(made.features.T) + [column for _, column in made.further]
        names = made.names + [name for name, _ in made.further]
        _files.write_all(folder / "log.csv", _files.csv_lines(names, columns))
        _files.write(folder / "mild.toml", made.configuration)
        return folder / "mild.toml"

    def _log_of(
        self,
        X: Any,
        y: Any,
        losses: Any,
        answers: Any,
        prices: Any,
        groups: Any,
        split: Any,
        sample_weight: Any,
    ) -> _Log:
        if sample_weight is not None:
            raise ValueError(
                "sample_weight: the trainer gives every row the same weight; "
                "leave rows out, or repeat them with a `groups` that keeps copies together"
            )
        names, features = _inputs(X)
        _table.all_finite(features, "X", names)
        rows = len(features)
        labels, experts, columns = self._answers(y, losses, answers, rows)
        by_name = labels is not None
        taken = set(names)
        further: list[tuple[str, _table.Column]] = []

        def add(name: str, column: _table.Column) -> str:
            while name in taken:
                name += "_"
            taken.add(name)
            further.append((name, column))
            return name

        data: dict[str, Any] = {"log": "log.csv", "features": names}
        if labels is not None:
            data["label"] = add("label", labels)
        if split is not None:
            data["split"] = add(
                "split", [str(part) for part in _table.vector(split, rows, "split").tolist()]
            )
        if groups is not None:
            data["group"] = add(
                "group", _table.names_of_values(_table.vector(groups, rows, "groups"))
            )
        if self.missing_answers == "drop":
            data |= {"not_asked": "allowed", "complete_only": True}
        elif self.missing_answers != "refuse":
            raise ValueError(
                f"missing_answers: found {self.missing_answers!r}, expected 'refuse' or 'drop'"
            )
        of_experts = _experts.prices_of(self.prices if prices is None else prices, experts, rows)
        sections: list[tuple[str, Mapping[str, Any]]] = [("[data]", data)]
        for name, column, price in zip(experts, columns, of_experts):
            if self.missing_answers == "refuse" and _table.has_gaps(column):
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
        sections += [
            ("[rejector]", {"method": self.method, "hidden": self.hidden}),
            ("[train]", {"seed": self.seed, "effort": self.effort, **(self.train or {})}),
            ("[quantize]", self.quantize or {}),
            ("[image]", self.image or {}),
            ("[budget]", self.budget or {}),
            ("[policy]", self.policy or {}),
        ]
        return _Log(_configuration.text(sections), names, features, further, of_experts)

    def _answers(
        self, y: Any, losses: Any, answers: Any, rows: int
    ) -> tuple[Optional[_table.Column], list[str], list[_table.Column]]:
        """The labels, if the experts are judged by them, and each expert's losses or answers."""
        if losses is not None and answers is not None:
            raise ValueError("found both `losses` and `answers`, expected one of them")
        if answers is not None:
            if y is None:
                raise ValueError("`answers` are judged by the right ones: found no `y`")
            experts, columns = _experts.by_expert(answers, rows, "answers", self.experts)
            labels = _table.names_of_values(_table.vector(y, rows, "y"))
            if _table.has_gaps(labels):
                raise ValueError("y: found a missing label, expected one on each row")
            return labels, experts, [_table.names_of_values(column) for column in columns]
        losses = _losses_from(y, losses)
        experts, found = _experts.by_expert(losses, rows, "losses", self.experts)
        matrix = _table.matrix(np.stack(found, axis=1), "losses", experts)
        bad = ~((matrix >= 0) & (matrix <= 1) | np.isnan(matrix))
        if bad.any():
            row, index = (int(place) for place in np.argwhere(bad)[0])
            raise ValueError(
                f"losses, row {row}, expert {experts[index]!r}: found {matrix[row, index]}, "
                "expected a loss from 0 to 1"
            )
        return None, experts, [np.ascontiguousarray(column) for column in matrix.T]

    def _train(self, config: _mild.Config, log: _mild.Log, verbose: _progress.Verbose) -> None:
        with _progress.shown(verbose) as progress:
            image, report = _mild.train(config, log, progress)
        self._keep(config, log, image, report)

    def _import(
        self, layers: _Layers, X: Any, y: Any, log: Mapping[str, Any], tunes_offsets: bool
    ) -> None:
        """Takes a network in place of a training."""
        made = self._log_of(X, y, **{**dict.fromkeys(_LOG), **log})
        config, read = made.read()
        image, report = _mild.import_network(config, read, layers, tunes_offsets)
        self._keep(config, read, image, report)
        self._prices = made.prices
        self._warn()

    def _warn(self) -> None:
        for warning in self.report_["warnings"]:
            warnings.warn(warning["text"], UserWarning, stacklevel=3)

    def _keep(self, config: _mild.Config, log: _mild.Log, image: _mild.Image, report: str) -> None:
        self._set(image)
        self._log = log
        self.report_ = json.loads(report)
        self.configuration_ = config.text
        self.feature_names_in_ = np.asarray(log.feature_names, dtype=object)

    def _set(self, image: _mild.Image) -> None:
        self._image = image
        self._log = None
        self._prices = None
        self.image_ = image.to_bytes()
        self.experts_ = tuple(image.experts)
        self.n_features_in_ = image.inputs
        self.report_ = {"image": json.loads(image.report())}
        if image.input_names is not None:
            self.feature_names_in_ = np.asarray(image.input_names, dtype=object)

    # Deciding

    def predict(self, X: Any) -> NDArray[np.intp]:
        """The expert to ask on each row, by index; 0 is the device itself."""
        return self._fitted().predict(self._features(X))

    def decide(self, X: Any, *, reachable: Optional[Sequence[str]] = None) -> Decisions:
        """Whom to ask on each row, with scores and margins.

        Parameters
        ----------
        X : rows x inputs
            As for `fit`.
        reachable : sequence of str, optional
            The experts that can be reached; by default all. The device itself always can.
        """
        image = self._fitted()
        mask = _ALL
        if reachable is not None:
            unknown = [name for name in reachable if name not in self.experts_]
            if unknown:
                expected = list(self.experts_)
                raise ValueError(f"reachable: found {unknown}, expected some of {expected}")
            mask = sum(1 << self.experts_.index(name) for name in set(reachable)) | 1
        return Decisions(self.experts_, *image.decide(self._features(X), mask))

    def decide_readings(self, readings: Any) -> Decisions:
        """The same from raw 16-bit readings, if the image takes them (section ``[raw]``)."""
        array = _table.to_array(readings)
        if array.dtype != np.int16 or array.ndim != 2:
            raise TypeError(
                f"readings: found {array.ndim} dimensions of {array.dtype}, expected 2 of int16"
            )
        image = self._fitted()
        return Decisions(self.experts_, *image.decide_readings(np.ascontiguousarray(array), _ALL))

    def score(
        self,
        X: Any,
        y: Any = None,
        *,
        losses: Any = None,
        answers: Any = None,
        prices: Any = None,
        sample_weight: Any = None,
    ) -> float:
        """Minus the mean deferral loss of the decisions: the chosen expert's loss plus its price,
        in units of one error. Higher is better. The arguments are those of `fit`; here rows may
        have weights."""
        features = self._features(X)
        rows, experts = len(features), list(self.experts_)
        if losses is not None and answers is not None:
            raise ValueError("found both `losses` and `answers`, expected one of them")
        if answers is not None:
            if y is None:
                raise ValueError("`answers` are judged by the right ones: found no `y`")
            _, columns = _experts.by_expert(answers, rows, "answers", experts)
            matrix = _losses.losses_of(_table.vector(y, rows, "y"), columns)
        else:
            losses = _losses_from(y, losses)
            _, columns = _experts.by_expert(losses, rows, "losses", experts)
            matrix = _table.matrix(np.stack(columns, axis=1), "losses", experts)
        of_experts = self._prices_for(prices, rows)
        chosen = self._fitted().predict(features)
        every = np.arange(rows)
        found = matrix[every, chosen] + _experts.price_matrix(of_experts, rows)[every, chosen]
        if np.isnan(found).any():
            row = int(np.flatnonzero(np.isnan(found))[0])
            name = experts[chosen[row]]
            raise ValueError(f"losses, row {row}: {name!r} is to be asked, and its loss is missing")
        return -float(np.average(found, weights=sample_weight))

    def _prices_for(self, prices: Any, rows: int) -> list[Union[float, NDArray[Any]]]:
        """The prices given, or else those of the training if they were the same on all rows."""
        experts = list(self.experts_)
        if prices is not None:
            return _experts.prices_of(prices, experts, rows)
        if self._prices is not None:
            if not all(isinstance(price, float) for price in self._prices):
                raise ValueError(
                    "prices: found none, expected rows x experts: they differed between the rows "
                    "of the training"
                )
            return self._prices
        if self.prices is not None:
            return _experts.prices_of(self.prices, experts, rows)
        # As the image states them.
        return [float(expert["price"]) for expert in self.report_["image"]["experts"]]

    def evaluate(self) -> dict[str, Any]:
        """The image judged on the test rows of its log, as ``mild eval --json`` prints it: deferral
        loss with a 95 % interval, accuracy, price, coverage, each expert's share."""
        image = self._fitted()
        if self._log is None:
            raise ValueError(
                "found no log: a rejector that was loaded or copied has none; use `score`"
            )
        seed = self.report_["image"]["provenance"]["seed"]
        evaluation: dict[str, Any] = json.loads(self._log.evaluate(image, seed))["evaluation"]
        return evaluation

    def _fitted(self) -> _mild.Image:
        image: Optional[_mild.Image] = getattr(self, "_image", None)
        if image is None:
            raise _not_fitted(f"this {type(self).__name__} is not fitted: call `fit` first")
        return image

    def __sklearn_is_fitted__(self) -> bool:
        return getattr(self, "_image", None) is not None

    def _features(self, X: Any) -> NDArray[Any]:
        """The rows of X, checked against the inputs of the image."""
        self._fitted()
        names, features = _inputs(X)
        if features.shape[1] != self.n_features_in_:
            raise ValueError(
                f"X has {features.shape[1]} features, but {type(self).__name__} is expecting "
                f"{self.n_features_in_} features as input"
            )
        known = getattr(self, "feature_names_in_", None)
        if known is not None and _table.is_table(X) and names != list(known):
            raise ValueError(f"X: found the columns {names}, expected {list(known)}, in this order")
        _table.all_finite(features, "X", names)
        return features

    # Files

    def save(self, path: _files.PathLike) -> None:
        """Writes the image: the file that the program `mild` calls ``rejector.mild``."""
        self._fitted()
        _files.write(path, self.image_)

    @classmethod
    def load(cls, path: _files.PathLike) -> Rejector:
        """A rejector from an image's file, signed or not. It decides, scores and exports; it has no
        log."""
        rejector = cls()
        rejector._set(_mild.Image.read(Path(path)))
        return rejector

    @overload
    def export(
        self, format: Literal["rust"], path: Optional[_files.PathLike] = None, *, name: str = ...
    ) -> str: ...

    @overload
    def export(
        self, format: Literal["c"], path: Optional[_files.PathLike] = None, *, name: str = ...
    ) -> tuple[str, str]: ...

    @overload
    def export(
        self, format: Literal["bin"], path: Optional[_files.PathLike] = None, *, name: str = ...
    ) -> bytes: ...

    def export(
        self, format: str, path: Optional[_files.PathLike] = None, *, name: str = "rejector"
    ) -> Union[str, bytes, tuple[str, str]]:
        """The image for firmware.

        Parameters
        ----------
        format : {"rust", "c", "bin"}
            Rust source that the compiler checks; C source for the library `mild-c`, a header and a
            file; or the bytes as they are.
        path : optional
            The file to write; for C a directory, in which ``NAME.h`` and ``NAME.c`` are written.
        name : str
            What names in C begin with.
        """
        image = self._fitted()
        if format == "rust":
            source = image.rust_source() if self._log is None else self._log.rust_source(image)
            if path is not None:
                _files.write(path, source)
            return source
        if format == "c":
            header, body = image.c_source(name)
            if path is not None:
                _files.write(Path(path, f"{name}.h"), header)
                _files.write(Path(path, f"{name}.c"), body)
            return header, body
        if format == "bin":
            if path is not None:
                self.save(path)
            return self.image_
        raise ValueError(f"format: found {format!r}, expected 'rust', 'c' or 'bin'")

    # Copies and notebooks

    def __getstate__(self) -> dict[str, Any]:
        state: dict[str, Any] = dict(self.__dict__)
        # The rows stay where they are.
        if "_log" in state:
            state["_log"] = None
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)

    def _repr_html_(self) -> str:
        if not self.__sklearn_is_fitted__():
            return f"<pre>{escape(repr(self))}</pre>"
        return _html.page(repr(self), self.report_, self.experts_)

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        return {"text/plain": repr(self), "text/html": self._repr_html_()}


class _Log(NamedTuple):
    """A log in memory and the configuration that says what is what."""

    configuration: str
    names: list[str]
    features: NDArray[Any]
    further: list[tuple[str, _table.Column]]
    prices: list[Union[float, NDArray[Any]]]

    def read(self) -> tuple[_mild.Config, _mild.Log]:
        """The configuration, checked, and the log."""
        place = _configuration.DIRECTORY
        config = _mild.Config.parse(self.configuration, Path(place, "mild.toml"))
        return config, _mild.Log.from_arrays(config, place, self.names, self.features, self.further)


#: What `fit` takes beside X and y.
_LOG = ("losses", "answers", "prices", "groups", "split", "sample_weight")


def _known(given: dict[str, Any], names: Sequence[str], function: str) -> dict[str, Any]:
    unknown = [name for name in given if name not in names]
    if unknown:
        raise TypeError(
            f"{function}: found the arguments {unknown}, expected some of {list(names)}"
        )
    return given


def _inputs(X: Any) -> tuple[list[str], NDArray[Any]]:
    """The names of the inputs, and their values."""
    names = _table.column_names(X) if _table.is_table(X) else None
    features = _table.matrix(X, "X", names)
    return names or [f"x{index}" for index in range(features.shape[1])], features


def _losses_from(y: Any, losses: Any) -> Any:
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


def _not_fitted(message: str) -> Exception:
    try:
        from sklearn.exceptions import NotFittedError
    except ImportError:
        return ValueError(message)
    error: Exception = NotFittedError(message)
    return error


def load(path: _files.PathLike) -> Rejector:
    """A rejector from an image's file, as `Rejector.load`."""
    return Rejector.load(path)


def train(
    config: _files.PathLike,
    *,
    seed: Optional[int] = None,
    effort: Optional[str] = None,
    verbose: _progress.Verbose = False,
) -> Rejector:
    """Trains as ``mild train`` does: a configuration file names the log and says what is what.

    Parameters
    ----------
    config : path
        The configuration (TOML).
    seed, effort : optional
        In place of those of the configuration.
    verbose : bool or callable
        As of `Rejector`.

    Returns
    -------
    Rejector
        Its inputs are those of the image: where the log has categories or windows, their features.
    """
    parsed = _mild.Config.load(Path(config)).replace(seed=seed, effort=effort)
    log = _mild.Log.read(parsed)
    rejector = Rejector(seed=parsed.seed)
    rejector._train(parsed, log, verbose)
    return rejector
