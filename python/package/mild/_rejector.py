"""The estimator."""

from __future__ import annotations

import json
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, Optional

import numpy as np
from numpy.typing import NDArray

from . import _compare, _files, _inputs, _log, _mild, _progress
from ._estimator import BaseEstimator
from ._fitted import Fitted

#: Weights (outputs x inputs) and biases.
_Layers = list[tuple[NDArray[np.float64], NDArray[np.float64]]]


class Rejector(Fitted, BaseEstimator):
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
    categorical : sequence of str, optional
        Columns of X that are categories although they are numbers. Columns of text, and those that
        a table declares as categories, are categories anyway.
    train, quantize, image, budget, policy : dict, optional
        Further keys of these sections of the configuration, as in
        ``policy={"max_deferral_rate": 0.1}`` or ``image={"names": "all"}``;
        ``docs/configuration.md`` has all of them.
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
        The columns of X.
    inputs_ : tuple of str
        The inputs of the image: the columns of numbers, then one for each category of the training
        rows, called ``column=category``.
    test_rows_ : rows
        The rows of X that were held back.
    """

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
        categorical: Optional[Sequence[str]] = None,
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
        self.categorical = categorical
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
            Finite numbers and categories: an array, or a table of pandas, polars or pyarrow, whose
            column names become the names of the inputs. A column of text is one of categories, each
            of which becomes an input that is 0 or 1.
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
        sample_weight : rows, optional
            How often each row counts, a whole number: 3 is the same as three equal rows that stay
            on one side of each split, and 0 leaves a row out.
        """
        log = {"losses": losses, "answers": answers, "prices": prices, "groups": groups}
        made = _log.make(self, X, y, **log, split=split, sample_weight=sample_weight)
        read = made.read()
        self._train(read, self.verbose)
        self._took(made)
        return self

    def write_log(self, directory: _files.PathLike, X: Any, y: Any = None, **log: Any) -> Path:
        """Writes a log for the program `mild`: `mild.toml` and `log.csv`. Returns the former's
        path.

        The program makes the same image of them as `fit` of the same arguments.
        """
        made = _log.make(self, X, y, **_log.known(log, "write_log"))
        folder = Path(directory)
        made.write(folder)
        return folder / "mild.toml"

    def compare(
        self,
        X: Any,
        y: Any = None,
        *,
        methods: _compare.Methods = "auto",
        seeds: int = 1,
        train_rows: _compare.TrainRows = None,
        **log: Any,
    ) -> _compare.Comparison:
        """Compares methods on a log: each is trained on the same rows and judged on the same test
        rows, with the other parameters of this rejector. It needs no `fit`, and leaves what was
        fitted as it is.

        `methods`, `seeds` and `train_rows` are those of `mild.compare`, the other arguments those
        of `fit`.
        """
        read = _log.make(self, X, y, **_log.known(log, "compare")).read()
        return _compare.compared([read], methods, seeds, train_rows, self.verbose)

    def _train(self, read: _log.Read, verbose: _progress.Verbose) -> None:
        with _progress.shown(verbose) as progress:
            trained = _mild.train(read.config, read.log, progress)
        self._keep(read, trained)

    def _import(
        self, layers: _Layers, X: Any, y: Any, log: dict[str, Any], tunes_offsets: bool
    ) -> None:
        """Takes a network in place of a training."""
        made = _log.make(self, X, y, **_log.known(log, "from_layers"))
        read = made.read()
        trained = _mild.import_network(read.config, read.log, layers, tunes_offsets)
        self._keep(read, trained)
        self._took(made)

    def _took(self, made: _log.Made) -> None:
        """Keeps what a log in memory says beside its file."""
        assert self._read is not None
        log = self._read.log
        self._encoder = _inputs.Inputs.of(made.columns, log.feature_names)
        self._prices = made.prices
        self.n_features_in_ = len(made.columns.names)
        self.feature_names_in_ = np.asarray(made.columns.names, dtype=object)
        self.test_rows_ = made.rows_of_x(log.test_rows)
        for warning in self.report_["warnings"]:
            warnings.warn(warning["text"], UserWarning, stacklevel=3)

    def _keep(self, read: _log.Read, trained: _mild.Trained) -> None:
        self._set(trained.image)
        self._read = read
        self._onnx = trained.onnx
        self.report_ = json.loads(trained.report)
        self.configuration_ = read.config.text
        self.inputs_ = tuple(read.log.feature_names)
        self.feature_names_in_ = np.asarray(self.inputs_, dtype=object)

    # Files

    @classmethod
    def load(cls, path: _files.PathLike) -> Rejector:
        """A rejector from an image's file, signed or not. It decides, scores and exports; it has no
        log."""
        rejector = cls()
        rejector._set(_mild.Image.read(Path(path)))
        return rejector


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
    read = _log.Read.of_file(config, seed=seed, effort=effort)
    rejector = Rejector(seed=read.config.seed)
    rejector._train(read, verbose)
    return rejector
