"""Tables of any library as arrays and names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Optional, Union

import numpy as np
from numpy.typing import NDArray

#: A column beside the features: numbers, or texts with "" where a cell is missing.
Column = Union[NDArray[Any], "list[str]"]

#: The least double that is infinite in single precision.
_BEYOND = 2.0**128 - 2.0**103


def is_table(values: Any) -> bool:
    """Whether something has named columns, as the tables of pandas, polars and pyarrow have."""
    return not isinstance(values, Mapping) and column_names(values) is not None


def column_names(table: Any) -> Optional[list[str]]:
    """The names of the columns; none if it has none."""
    names = getattr(table, "column_names", None)  # pyarrow
    if names is None:
        names = getattr(table, "columns", None)
    if names is None or callable(names):
        return None
    return [str(name) for name in names]


def columns(table: Any) -> list[Any]:
    """The columns of a table, each as its library has it."""
    if hasattr(table, "iloc"):  # pandas; names may stand twice
        return [table.iloc[:, index] for index in range(table.shape[1])]
    if hasattr(table, "get_columns"):  # polars
        return list(table.get_columns())
    return [column.to_pandas() for column in table.columns]  # pyarrow


def is_category(column: Any) -> bool:
    """Whether a column is of categories: it is declared so, or holds nothing but texts."""
    if str(getattr(column, "dtype", "")).lower().startswith(("category", "categorical", "enum")):
        return True
    array = to_array(column)
    if array.dtype.kind in "US":
        return True
    if array.dtype.kind != "O":
        return False
    cells = [cell for cell in array.tolist() if not _is_missing(cell)]
    return bool(cells) and all(isinstance(cell, str) for cell in cells)


def to_array(values: Any) -> NDArray[Any]:
    """The values of anything that is an array, or can be one."""
    if not isinstance(values, np.ndarray):
        if hasattr(values, "to_pandas") and hasattr(values, "column_names"):
            values = values.to_pandas()
        if hasattr(values, "to_numpy"):
            values = values.to_numpy()
    if hasattr(values, "toarray") and hasattr(values, "nnz"):
        raise TypeError("found a sparse matrix, expected a dense one: call its `toarray()`")
    array = np.asarray(values)
    if array.dtype.kind in "US" and not isinstance(values, np.ndarray):
        # numpy makes texts of all values of a list with a text; a NaN among them would be "nan".
        return np.asarray(values, dtype=object)
    return array


def matrix(values: Any, what: str, names: Optional[Sequence[str]] = None) -> NDArray[Any]:
    """Rows x columns of numbers, C order, in single precision if they are given so, else double."""
    array = to_array(values)
    if array.ndim != 2:
        hint = "; use `reshape(-1, 1)` for one column" if array.ndim == 1 else ""
        raise ValueError(f"{what}: found {array.ndim} dimensions, expected 2, rows x columns{hint}")
    if array.dtype.kind not in "fiub":
        array = _numbers(array, what, names)
    # Half precision fits into single, and all integers up to 2^53 into double.
    dtype = np.float32 if array.dtype in (np.float16, np.float32) else np.float64
    return np.ascontiguousarray(array, dtype=dtype)


def _numbers(array: NDArray[Any], what: str, names: Optional[Sequence[str]]) -> NDArray[Any]:
    """An array of objects as numbers, with the column and the cell where that fails."""
    if array.dtype.kind in "cmM":
        raise TypeError(f"{what}: found the type {array.dtype}, expected real numbers")
    for index in range(array.shape[1]):
        for row, cell in enumerate(array[:, index]):
            if _is_missing(cell):
                continue
            if isinstance(cell, (bool, int, float, np.number, np.bool_)):
                continue
            name = names[index] if names else index
            raise TypeError(
                f"{what}, row {row}, column {name!r}: found {cell!r}, expected a number; "
                "a column of categories has text in every cell, or is named in `categorical`"
            )
    missing = np.frompyfunc(lambda cell: np.nan if _is_missing(cell) else float(cell), 1, 1)
    return np.asarray(missing(array), dtype=np.float64)


def _is_missing(cell: Any) -> bool:
    """Whether a cell has no value: None, a NaN, or pandas' NA."""
    if cell is None or type(cell).__name__ in ("NAType", "NaTType"):
        return True
    return isinstance(cell, (float, np.floating)) and bool(np.isnan(cell))


def all_finite(array: NDArray[Any], what: str, names: Sequence[str]) -> None:
    """Refuses the first cell that is no finite number in single precision."""
    usable = np.isfinite(array) if array.dtype == np.float32 else np.abs(array) < _BEYOND
    if not usable.all():
        row, index = (int(place) for place in np.argwhere(~usable)[0])
        raise ValueError(
            f"{what}, row {row}, column {names[index]!r}: found {array[row, index]}, expected a "
            "finite number, at most 3.4028235e38 in size; fill a gap, or leave the row out"
        )


def vector(values: Any, rows: int, what: str) -> NDArray[Any]:
    """One value for each row."""
    array = to_array(values)
    if array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
    if array.ndim != 1:
        raise ValueError(f"{what}: found {array.ndim} dimensions, expected one value for each row")
    if len(array) != rows:
        raise ValueError(f"{what}: found {len(array)} rows, expected {rows} as in X")
    return array


def names_of_values(array: NDArray[Any]) -> Column:
    """Classes, groups and the like, as the columns of a log have them."""
    if array.dtype.kind in "iu":
        return np.ascontiguousarray(array, dtype=np.int64)
    if array.dtype in (np.float32, np.float64):
        return np.ascontiguousarray(array)
    return ["" if _is_missing(cell) else str(cell) for cell in array.tolist()]


def has_gaps(column: Column) -> bool:
    """Whether a cell is missing."""
    return first_gap(column) is not None


def first_gap(column: Column) -> Optional[int]:
    """The first row on which a cell is missing."""
    if isinstance(column, list):
        return column.index("") if "" in column else None
    if column.dtype.kind != "f" or not np.isnan(column).any():
        return None
    return int(np.flatnonzero(np.isnan(column))[0])


def plain(cell: Any) -> Any:
    """A cell, a whole number being an integer."""
    if isinstance(cell, (float, np.floating)) and float(cell).is_integer():
        return int(cell)
    return cell


def rows_of(column: Column, index: NDArray[np.intp]) -> Column:
    """These rows of a column."""
    if isinstance(column, list):
        return [column[row] for row in index.tolist()]
    return np.ascontiguousarray(column[index])


def distinct(column: Column) -> tuple[Column, NDArray[np.intp]]:
    """The different values of a column, and which of them each row has."""
    if isinstance(column, list):
        codes: dict[str, int] = {}
        of_rows = [codes.setdefault(cell, len(codes)) for cell in column]
        return list(codes), np.asarray(of_rows, dtype=np.intp)
    values, inverse = np.unique(column, return_inverse=True)
    return values, np.asarray(inverse, dtype=np.intp)
