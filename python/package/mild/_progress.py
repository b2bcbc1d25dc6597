"""The progress of a training, for a person."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Optional, Union

#: Silent, a bar, or a function of the work done and the whole work, in any unit.
Verbose = Union[bool, int, Callable[[int, int], object]]


@contextmanager
def shown(verbose: Verbose) -> Iterator[Optional[Callable[[int, int], object]]]:
    """The function that is to be told of progress; none if nobody wants to know."""
    if callable(verbose):
        yield verbose
    elif not verbose:
        yield None
    else:
        try:
            from tqdm.auto import tqdm
        except ImportError:
            yield _Lines()
            return
        with tqdm(
            total=1.0, desc="mild", bar_format="{desc}: {percentage:3.0f}%|{bar}| {elapsed}"
        ) as bar:
            yield _Bar(bar)


class _Bar:
    """A bar of tqdm, which is one of a notebook in a notebook."""

    def __init__(self, bar: Any) -> None:
        self.bar = bar

    def __call__(self, done: int, total: int) -> None:
        # The whole grows as more candidates are found to be worth a try; a bar only goes forward.
        share = done / total if total else 0.0
        self.bar.update(max(share - self.bar.n, 0.0))


class _Lines:
    """A line at each tenth."""

    def __init__(self) -> None:
        self.tenths = 0

    def __call__(self, done: int, total: int) -> None:
        tenths = 10 * done // total if total else 0
        if tenths > self.tenths:
            self.tenths = tenths
            print(f"mild: {10 * tenths} %", file=sys.stderr)
