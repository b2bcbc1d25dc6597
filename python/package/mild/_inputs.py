"""What X is: columns of numbers and of categories, and the inputs of an image that they become."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, Optional

import numpy as np
from numpy.typing import NDArray

from . import _mild, _table


class Columns(NamedTuple):
    """The columns of X."""

    #: All names, in their order; those of columns without one are x0, x1, and so on.
    names: list[str]
    #: Whether X itself has names.
    named: bool
    #: The names of the columns of numbers.
    numbers: list[str]
    #: Rows x numbers.
    features: NDArray[Any]
    #: The columns of categories.
    categories: list[tuple[str, _table.Column]]

    def repeated(self, index: NDArray[np.intp]) -> Columns:
        """These rows, in this order."""
        categories = [(name, _table.rows_of(column, index)) for name, column in self.categories]
        features = np.ascontiguousarray(self.features[index])
        return self._replace(features=features, categories=categories)


def read(X: Any, categorical: Optional[Sequence[str]], *, finds_texts: bool) -> Columns:
    """Reads X. Columns of these names are categories, and if `finds_texts`, those of text are."""
    columns: Optional[list[Any]]
    own_names = _table.column_names(X) if _table.is_table(X) else None
    if own_names is not None:
        columns = _table.columns(X)
        names = own_names
    else:
        X = _table.to_array(X)
        # Of texts alone nobody can say whether they are numbers.
        is_mixed = X.ndim == 2 and X.dtype.kind == "O"
        wanted = bool(categorical) and X.ndim == 2
        columns = list(X.T) if is_mixed or wanted else None
        names = [f"x{index}" for index in range(X.shape[1])] if X.ndim == 2 else []
    asked_for = list(categorical or ())
    unknown = [name for name in asked_for if name not in names]
    if unknown:
        raise ValueError(f"categorical: found {unknown}, expected some of the columns {names}")
    chosen = [
        name
        for name, column in zip(names, columns or [])
        if name in asked_for or (finds_texts and _table.is_category(column))
    ]
    if not chosen or columns is None:
        features = _table.matrix(X, "X", own_names)
        names = names or [f"x{index}" for index in range(features.shape[1])]
        _table.all_finite(features, "X", names)
        return Columns(names, own_names is not None, names, features, [])
    by_name = dict(zip(names, columns))
    numbers = [name for name in names if name not in chosen]
    if numbers:
        arrays = [_table.to_array(by_name[name]) for name in numbers]
        features = _table.matrix(np.stack(arrays, axis=1), "X", numbers)
    else:
        features = np.empty((len(columns[0]), 0))
    _table.all_finite(features, "X", numbers)
    categories = [(name, _category(by_name[name], name)) for name in chosen]
    return Columns(names, own_names is not None, numbers, features, categories)


def _category(values: Any, name: str) -> _table.Column:
    """A column of categories, each cell being one."""
    array = _table.to_array(values)
    if array.dtype.kind == "O":
        # Of whole numbers beside others each is written as such.
        array = np.asarray([_table.plain(cell) for cell in array.tolist()], dtype=object)
    column = _table.names_of_values(array)
    row = _table.first_gap(column)
    if row is not None:
        raise ValueError(
            f"X, row {row}, column {name!r}: found {array[row]!r}, expected a category; give "
            "gaps a category of their own, or leave the row out"
        )
    return column


class Inputs(NamedTuple):
    """From the columns of X to the inputs of an image: the numbers, then one for each category."""

    #: The columns of X, in their order.
    columns: list[str]
    #: The number of inputs.
    width: int
    #: For each column of categories the input of each of them.
    one_hot: dict[str, dict[str, int]]

    @classmethod
    def of(cls, columns: Columns, names: Sequence[str]) -> Inputs:
        """`names` are those of the inputs, as the trainer gives them."""
        first = len(columns.numbers)
        one_hot = {
            column: {
                name[len(column) + 1 :]: index
                for index, name in enumerate(names)
                if index >= first and name.startswith(f"{column}=")
            }
            for column, _ in columns.categories
        }
        return cls(columns.names, len(names), one_hot)

    def encode(self, X: Any) -> NDArray[Any]:
        """Rows x inputs. A category that the training did not know sets none of them."""
        columns = read(X, list(self.one_hot), finds_texts=False)
        if not columns.categories:
            return columns.features
        rows, first = len(columns.features), len(columns.numbers)
        encoded = np.zeros((rows, self.width), dtype=columns.features.dtype)
        encoded[:, :first] = columns.features
        for name, column in columns.categories:
            values, codes = _table.distinct(column)
            inputs = self.one_hot[name]
            places = np.asarray([inputs.get(one, -1) for one in _mild.categories(values)])[codes]
            known = np.flatnonzero(places >= 0)
            encoded[known, places[known]] = 1.0
        return encoded
