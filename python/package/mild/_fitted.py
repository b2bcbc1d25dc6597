"""What a rejector does once it has an image."""

from __future__ import annotations

import json
from collections.abc import Sequence
from html import escape
from typing import Any, Literal, Optional, Union, overload

import numpy as np
from numpy.typing import NDArray

from . import _experts, _export, _files, _html, _inputs, _log, _losses, _mild, _table
from ._decisions import Decisions

#: Every expert can be reached.
_ALL = 2**32 - 1


class Fitted:
    """An image and what is known of it: it decides, is judged, and is exported."""

    image_: bytes
    report_: dict[str, Any]
    configuration_: str
    experts_: tuple[str, ...]
    n_features_in_: int
    feature_names_in_: NDArray[Any]
    inputs_: tuple[str, ...]
    test_rows_: NDArray[np.intp]
    #: Of the parameters.
    prices: Any
    _image: _mild.Image
    _encoder: Optional[_inputs.Inputs]
    _read: Optional[_log.Read]
    _onnx: Optional[bytes]
    _prices: Optional[list[Union[float, NDArray[Any]]]]

    def _set(self, image: _mild.Image) -> None:
        self._image = image
        self._encoder = None
        self._read = None
        self._onnx = None
        self._prices = None
        self.image_ = image.to_bytes()
        self.experts_ = tuple(image.experts)
        self.n_features_in_ = image.inputs
        self.report_ = {"image": json.loads(image.report())}
        if image.input_names is not None:
            self.inputs_ = tuple(image.input_names)
            self.feature_names_in_ = np.asarray(self.inputs_, dtype=object)

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
        _log.one_of(losses, answers)
        if answers is not None:
            labels = _table.vector(_log.judged_by(y), rows, "y")
            _, columns = _experts.by_expert(answers, rows, "answers", experts)
            matrix = _losses.losses_of(labels, columns)
        else:
            losses = _log.losses_from(y, losses)
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

    def evaluate(self, *, config: Optional[_files.PathLike] = None) -> dict[str, Any]:
        """The image judged on the test rows of its log, as ``mild eval --json`` prints it: deferral
        loss with a 95 % interval, accuracy, price, coverage, each expert's share.

        Parameters
        ----------
        config : path, optional
            The configuration (TOML) of another log to judge it on, or of that of an image that was
            loaded.
        """
        read = self._judged_on(config)
        evaluation: dict[str, Any] = json.loads(read.log.evaluate(self._image, self._seed()))
        found: dict[str, Any] = evaluation["evaluation"]
        return found

    def report(
        self,
        path: Optional[_files.PathLike] = None,
        *,
        config: Optional[_files.PathLike] = None,
    ) -> str:
        """The page `report.html` for a browser, as ``mild report`` writes it: who is asked where,
        what it costs, promises, mistakes. Returns the page.

        Parameters
        ----------
        path : path, optional
            The file to write.
        config : path, optional
            As for `evaluate`. Of an image that was loaded the page lacks what only its training
            knew.
        """
        read = self._judged_on(config)
        metrics = json.dumps(self.report_) if "chosen" in self.report_ else None
        page = read.log.report(read.config, self._image, metrics, read.further)
        if path is not None:
            _files.write(path, page)
        return page

    def _judged_on(self, config: Optional[_files.PathLike]) -> _log.Read:
        """The log of the training, or that of a configuration."""
        self._fitted()
        if config is not None:
            # A log without a split column is split by the seed.
            return _log.Read.of_file(config, seed=self._seed())
        if self._read is None:
            raise ValueError(
                "found no log: a rejector that was loaded or copied has none; name its "
                "configuration by `config`, or use `score`"
            )
        return self._read

    def _seed(self) -> int:
        """The seed of the training."""
        seed: int = self.report_["image"]["provenance"]["seed"]
        return seed

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
        named = _table.column_names(X) if _table.is_table(X) else None
        if named is None:
            X = _table.to_array(X)
        shape = X.shape
        if len(shape) == 2 and shape[1] != self.n_features_in_:
            raise ValueError(
                f"X has {shape[1]} features, but {type(self).__name__} is expecting "
                f"{self.n_features_in_} features as input"
            )
        known = getattr(self, "feature_names_in_", None)
        if named is not None and known is not None and named != list(known):
            raise ValueError(f"X: found the columns {named}, expected {list(known)}, in this order")
        if self._encoder is None:
            return _inputs.read(X, None, finds_texts=False).features
        return self._encoder.encode(X)

    # Files

    def save(self, path: _files.PathLike) -> None:
        """Writes the image: the file that the program `mild` calls ``rejector.mild``."""
        self._fitted()
        _files.write(path, self.image_)

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
        self,
        format: Literal["bin", "onnx"],
        path: Optional[_files.PathLike] = None,
    ) -> bytes: ...

    @overload
    def export(
        self,
        format: Literal["vectors"],
        path: Optional[_files.PathLike] = None,
        *,
        rows: Optional[int] = ...,
        seed: int = ...,
    ) -> bytes: ...

    def export(
        self,
        format: str,
        path: Optional[_files.PathLike] = None,
        *,
        name: str = "rejector",
        rows: Optional[int] = None,
        seed: int = 0,
    ) -> _export.Exported:
        """The image for firmware, or its float network for other tools.

        Parameters
        ----------
        format : {"rust", "c", "bin", "vectors", "onnx"}
            Rust source that the compiler checks; C source for the library `mild-c`, a header and a
            file; the bytes as they are; golden vectors, which a device must repeat; or the float
            network that the image was made from, as an ONNX model: its choices are those before
            quantization.
        path : optional
            The file to write; for C a directory, in which ``NAME.h`` and ``NAME.c`` are written.
        name : str
            What names in C begin with.
        rows, seed
            Of golden vectors: how many at least, and the seed of the random ones.
        """
        image = self._fitted()
        log = None if self._read is None else self._read.log
        made = _export.export(image, log, self._onnx, format, path, name=name, rows=rows, seed=seed)
        return made

    # Copies and notebooks

    def __getstate__(self) -> dict[str, Any]:
        state: dict[str, Any] = dict(self.__dict__)
        # The rows stay where they are.
        if "_read" in state:
            state["_read"] = None
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)

    def _repr_html_(self) -> str:
        if not self.__sklearn_is_fitted__():
            return f"<pre>{escape(repr(self))}</pre>"
        return _html.page(repr(self), self.report_, self.experts_)

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        return {"text/plain": repr(self), "text/html": self._repr_html_()}


def _not_fitted(message: str) -> Exception:
    try:
        from sklearn.exceptions import NotFittedError
    except ImportError:
        return ValueError(message)
    error: Exception = NotFittedError(message)
    return error
