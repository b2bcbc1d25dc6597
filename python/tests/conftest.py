"""A log that trains within a second, and the program `mild` beside it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray


@dataclass(frozen=True)
class Made:
    """A made log: the device is right where the first feature is negative, a specialist where the
    second is positive, and the cloud nearly always."""

    X: NDArray[np.float64]
    y: NDArray[np.int64]
    answers: NDArray[np.int64]

    @property
    def losses(self) -> NDArray[np.float64]:
        return np.asarray(self.answers != self.y[:, None], dtype=np.float64)


EXPERTS = ["local", "specialist", "cloud"]
PRICES = [0.0, 0.05, 0.15]


def make(rows: int, seed: int = 0) -> Made:
    random = np.random.default_rng(seed)
    X = random.normal(size=(rows, 3)) * [1.0, 20.0, 1e-3] + [0.0, 5.0, 1.0]
    y = random.integers(0, 3, rows)
    right = np.stack([X[:, 0] < 0, X[:, 1] > 5, random.random(rows) < 0.95], axis=1)
    right ^= random.random(right.shape) < 0.02
    wrong = (y[:, None] + random.integers(1, 3, right.shape)) % 3
    return Made(X, y, np.where(right, y[:, None], wrong))


@contextmanager
def interrupted() -> Iterator[Callable[..., None]]:
    """Expects a KeyboardInterrupt, and sends Ctrl-C once the given callback has been called."""
    begun = threading.Event()

    def interrupt() -> None:
        # Ctrl-C also ends what has not begun in time; else it would go on for hours.
        begun.wait(120)
        os.kill(os.getpid(), signal.SIGINT)

    # A shell starts programs in the background with Ctrl-C ignored.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)

    sender = threading.Thread(target=interrupt)
    sender.start()
    with pytest.raises(KeyboardInterrupt):
        yield lambda *_: begun.set()
    sender.join()
    signal.signal(signal.SIGINT, before)
    assert begun.is_set()


@pytest.fixture(scope="session")
def made() -> Made:
    return make(900)


class Program:
    """The program `mild` as it is built from this tree."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __call__(self, *arguments: str | Path) -> str:
        command = [str(self.path), *map(str, arguments)]
        done = subprocess.run(command, capture_output=True, text=True)
        assert done.returncode == 0, f"{command}: {done.stderr}"
        return done.stdout

    def json(self, *arguments: str | Path) -> Any:
        return json.loads(self(*arguments, "--json"))


@pytest.fixture(scope="session")
def program() -> Program:
    path = os.environ.get("MILD_PROGRAM")
    assert path, (
        "MILD_PROGRAM: found nothing, expected the program `mild`; run `cargo xtask python test`"
    )
    return Program(Path(path))
