"""Losses from labels and answers."""

from __future__ import annotations

from typing import Any, Optional

import numpy as np
from numpy.typing import NDArray

from . import _experts, _table


def losses(y: Any, answers: Any) -> NDArray[np.float64]:
    """The losses of answers: 0 where an answer equals the label, else 1; NaN where it is missing.

    With them instead of labels and answers a log is a pair of arrays, as scikit-learn's tools take
    it: ``cross_val_score(Rejector(), X, mild.losses(y, answers))``.

    Parameters
    ----------
    y : rows
        The right answers.
    answers : rows x experts, or a dict or table with a column for each expert
        What each expert answered, the device first. None or NaN: it was not asked.
    """
    labels = _table.to_array(y)
    labels = _table.vector(labels, len(labels), "y")
    _, columns = _experts.by_expert(answers, len(labels), "answers", None)
    return losses_of(labels, columns)


def losses_of(labels: NDArray[Any], columns: list[NDArray[Any]]) -> NDArray[np.float64]:
    """Rows x experts: 0 where an answer equals the label, else 1; NaN where it is missing."""
    expected = [canonical(label) for label in labels.tolist()]
    found = np.empty((len(labels), len(columns)))
    for index, column in enumerate(columns):
        for row, answer in enumerate(column.tolist()):
            answer = canonical(answer)
            found[row, index] = np.nan if answer is None else float(answer != expected[row])
    return found


def canonical(value: Any) -> Optional[str]:
    """A class as the trainer compares it: `3.0` is `3`, and `True` is `true`. None if missing."""
    if _table._is_missing(value):
        return None
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    text = str(value).strip()
    return text.lower() if text.lower() in ("true", "false") else text
