"""Decisions beside scikit-learn's `MLPClassifier.predict` of the same shape, as a ratio.

    cargo xtask python bench

Both decide on the same rows in single precision, in turn. A round gives one ratio, scikit-learn's
time over ours; the table has the median, the least and the most of all rounds. Outputs are whom to
ask, and the class. The classifier computes in single precision too. One thread and all of them are
measured in programs of their own, since the libraries read the number when they start.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
import warnings
from collections.abc import Callable
from typing import Any

import mild
import numpy as np
from numpy.typing import NDArray
from sklearn.neural_network import MLPClassifier

#: Inputs, hidden layers, experts or classes.
SHAPES: list[tuple[int, list[int], int]] = [(16, [16], 5), (16, [32, 16], 5), (64, [64], 5)]

#: What says how many threads our extension, OpenBLAS and OpenMP use.
THREADS = ("RAYON_NUM_THREADS", "OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS")

Work = Callable[[NDArray[np.float32]], object]


def seconds(work: dict[str, Work], X: NDArray[np.float32], rounds: int) -> dict[str, list[float]]:
    """The seconds of each work on X in each round, in turns. A round before does not count."""
    taken: dict[str, list[float]] = {name: [] for name in work}
    for turn in range(rounds + 1):
        for name, run in work.items():
            start = time.perf_counter()
            run(X)
            if turn > 0:
                taken[name].append(time.perf_counter() - start)
    return taken


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


def classifier(X: NDArray[np.float32], hidden: list[int], classes: int) -> MLPClassifier:
    """Of the same shape. One iteration is enough: what it learns does not matter here."""
    made = MLPClassifier(hidden, max_iter=1, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        made.fit(X, np.arange(len(X)) % classes)
    assert made.coefs_[0].dtype == np.float32
    return made


def row(X: NDArray[np.float32], hidden: list[int], outputs: int, rounds: int) -> dict[str, Any]:
    """The figures of one shape."""
    own, peer = rejector(X[:2000], hidden, outputs), classifier(X[:2000], hidden, outputs)
    work: dict[str, Work] = {"sklearn": peer.predict, "predict": own.predict, "decide": own.decide}
    taken = seconds(work, X, rounds)
    found: dict[str, Any] = {
        "shape": "-".join(map(str, [X.shape[1], *hidden, outputs])),
        "threads": int(os.environ[THREADS[0]]),
        "rows": len(X),
    }
    for name, times in taken.items():
        found[f"{name} s"] = f"{statistics.median(times):.3f}"
    for name in ("predict", "decide"):
        ratios = [peer / own for peer, own in zip(taken["sklearn"], taken[name])]
        figures = (statistics.median(ratios), min(ratios), max(ratios))
        for what, ratio in zip(("times as fast: median", "least", "most"), figures):
            found[f"{name} {what}"] = f"{ratio:.2f}"
    # Above the threads in use somebody else was at work.
    found["load"] = f"{os.getloadavg()[0]:.1f}"
    return found


def measure(rows: int, rounds: int) -> list[dict[str, Any]]:
    """The figures of all shapes with the threads of this program."""
    table = []
    for inputs, hidden, outputs in SHAPES:
        X = np.random.default_rng(0).normal(size=(rows, inputs)).astype(np.float32)
        table.append(row(X, hidden, outputs, rounds))
        print(table[-1], file=sys.stderr, flush=True)
    return table


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--json", action="store_true", help="print one document")
    parser.add_argument("--threads", type=int, help="measure with these threads alone")
    arguments = parser.parse_args()
    table: list[dict[str, Any]] = []
    if arguments.threads:
        table = measure(arguments.rows, arguments.rounds)
    else:
        for threads in sorted({1, len(os.sched_getaffinity(0))}):
            command = [sys.executable, __file__, "--json", f"--threads={threads}"]
            command += [f"--rows={arguments.rows}", f"--rounds={arguments.rounds}"]
            environment = {**os.environ, **dict.fromkeys(THREADS, str(threads))}
            table += json.loads(subprocess.check_output(command, env=environment))
    if arguments.json:
        print(json.dumps(table, indent=1))


if __name__ == "__main__":
    main()
