"""What an image decided on rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Optional

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Decisions:
    """Whom to ask on each row, and why. Scores are integers, those of the device."""

    #: The names of the experts; 0 is the device itself.
    experts: tuple[str, ...]
    #: Rows: the index of the expert that is asked.
    expert: NDArray[np.intp]
    #: Rows: by how much that expert's score plus offset exceeds the next best one that is
    #: reachable.
    margin: NDArray[np.int32]
    #: Rows: the best score plus offset of the other experts minus that of the device.
    advantage: NDArray[np.int32]
    #: Rows x experts: the scores, without offsets.
    scores: NDArray[np.int32]
    #: Rows x experts: how probable it is that each is right, if the image says that.
    probabilities: Optional[NDArray[np.float64]] = None

    def __len__(self) -> int:
        return len(self.expert)

    @property
    def deferred(self) -> NDArray[np.bool_]:
        """Rows: whether the device asks somebody."""
        return np.asarray(self.expert != 0)

    @property
    def names(self) -> NDArray[Any]:
        """Rows: the name of the expert that is asked."""
        return np.asarray(self.experts, dtype=object)[self.expert]

    def to_dict(self) -> dict[str, NDArray[Any]]:
        """Columns named as `mild decide` names them, for `pandas.DataFrame` or
        `polars.DataFrame`."""
        columns: dict[str, NDArray[Any]] = {
            "decision": self.names,
            "margin": self.margin,
            "advantage": self.advantage,
        }
        for index, name in enumerate(self.experts):
            columns[f"score_{name}"] = self.scores[:, index]
        if self.probabilities is not None:
            for index, name in enumerate(self.experts):
                columns[f"probability_{name}"] = self.probabilities[:, index]
        return columns
