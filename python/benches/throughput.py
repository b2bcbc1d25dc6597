"""Decisions beside scikit-learn's `MLPClassifier.predict` of the same shape, as a ratio.

    cargo xtask python bench

Both get the same million rows in single precision, in turn; of all rounds the quickest counts,
since what else the machine does only adds. Outputs are whom to ask, and the class. The classifier
computes in single precision too.
"""

from __future__ import annotations

import argparse
import json
import time
import warnings
from collections.abc import Callable

import mild
import numpy as np
from numpy.typing import NDArray
from sklearn.neural_network import MLPClassifier

#: Inputs, hidden layers, experts or classes.
SHAPES: list[tuple[int, list[int], int]] = [(16, [16], 5), (16, [32, 16], 5), (64, [64], 5)]


def quickest(
    work: dict[str, Callable[[NDArray[np.float32]], object]], X: NDArray[np.float32], rounds: int
) -> dict[str, float]:
    """The seconds of each work on X, in turns."""
    best = dict.fromkeys(work, float("inf"))
    for _ in range(rounds):
        for name, run in work.items():
            start = time.perf_counter()
            run(X)
            best[name] = min(best[name], time.perf_counter() - start)
    return best


def rejector(X: NDArray[np.float32], hidden: list[int], experts: int) -> mild.Rejector:
    """Trained on a few rows, for which one of the features tells who is right."""
    random = np.random.default_rng(1)
    losses = (X[:, :experts] > 0).astype(np.float64)
    losses[random.random(losses.shape) < 0.05] = 1.0
    settings = {"max_iterations": 20}
    budget = {"image_bytes": 1 << 20}
    fitted = mild.Rejector(
        method="two-stage", effort="quick", hidden=hidden, train=settings, budget=budget
    ).fit(X, losses)
    assert [width for _, width in fitted.report_["image"]["shapes"]] == [*hidden, experts]
    return fitted


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", action="store_true", help="print one document")
    arguments = parser.parse_args()
    table = []
    for inputs, hidden, outputs in SHAPES:
        X = np.random.default_rng(0).normal(size=(arguments.rows, inputs)).astype(np.float32)
        few = X[:2000]
        own = rejector(few, hidden, outputs)
        row: dict[str, object] = {"shape": "-".join(map(str, [inputs, *hidden, outputs]))}
        peer = MLPClassifier(hidden, max_iter=1, random_state=0)
        with warnings.catch_warnings():
            # One iteration is enough: what it learns does not matter here.
            warnings.simplefilter("ignore")
            peer.fit(few, np.arange(len(few)) % outputs)
        assert peer.coefs_[0].dtype == np.float32
        work = {"sklearn": peer.predict, "predict": own.predict, "decide": own.decide}
        seconds = quickest(work, X, arguments.rounds)
        for name, taken in seconds.items():
            row[f"{name}_s"] = round(taken, 3)
        for name in ("predict", "decide"):
            row[f"{name}_times_as_fast"] = round(seconds["sklearn"] / seconds[name], 2)
        table.append(row)
        if not arguments.json:
            print(row, flush=True)
    if arguments.json:
        print(json.dumps(table, indent=1))


if __name__ == "__main__":
    main()
