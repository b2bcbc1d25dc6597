"""What a log says of its experts: losses or answers, and prices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Optional, Union

import numpy as np
from numpy.typing import NDArray

from . import _table

#: Prices: none, one for each expert, by name, or rows x experts.
Prices = Any


def by_expert(
    values: Any, rows: int, what: str, names: Optional[Sequence[str]]
) -> tuple[list[str], list[NDArray[Any]]]:
    """The experts, the device first, and a column for each. `names`, where it is known, says which
    experts there are and their order."""
    if isinstance(values, Mapping):
        found = [str(name) for name in values]
        columns = [
            _table.vector(column, rows, f"{what} of {name!r}") for name, column in values.items()
        ]
    else:
        array = _table.to_array(values)
        if array.ndim != 2:
            raise ValueError(
                f"{what}: found {array.ndim} dimensions, expected 2, rows x experts, or a dict "
                "with a column for each expert"
            )
        if array.shape[0] != rows:
            raise ValueError(f"{what}: found {array.shape[0]} rows, expected {rows} as in X")
        columns = [array[:, index] for index in range(array.shape[1])]
        if _table.is_table(values):
            found = _table.column_names(values) or []
        else:
            found = list(names) if names is not None else default_names(len(columns))
            if len(found) != len(columns):
                raise ValueError(
                    f"{what}: found {len(columns)} columns, expected one for each of {found}"
                )
    if names is not None:
        columns = in_order(found, columns, names, what)
        found = list(names)
    if len(found) < 2:
        raise ValueError(
            f"{what}: found {len(found)} expert, expected at least 2, the device itself first"
        )
    return found, columns


def in_order(
    found: list[str], columns: list[NDArray[Any]], names: Sequence[str], what: str
) -> list[NDArray[Any]]:
    """The columns in the order of `names`."""
    if sorted(found) != sorted(names):
        raise ValueError(f"{what}: found the experts {found}, expected {list(names)}")
    return [columns[found.index(name)] for name in names]


def default_names(count: int) -> list[str]:
    """`local`, `expert1`, and so on."""
    return ["local", *(f"expert{index}" for index in range(1, count))]


def prices_of(prices: Prices, names: Sequence[str], rows: int) -> list[Union[float, NDArray[Any]]]:
    """A price for each expert: one number, or one for each row."""
    if prices is None:
        return [0.0] * len(names)
    if isinstance(prices, Mapping):
        unknown = [str(name) for name in prices if name not in names]
        if unknown:
            raise ValueError(f"prices: found the experts {unknown}, expected some of {list(names)}")
        return [_price(prices.get(name, 0.0), rows, name) for name in names]
    array = np.asarray(_table.to_array(prices), dtype=np.float64)
    if array.ndim == 1 and len(array) == len(names):
        return [_price(price, rows, name) for price, name in zip(array, names)]
    if array.shape == (rows, len(names)):
        columns = list(array.T)
        if _table.is_table(prices):
            columns = in_order(_table.column_names(prices) or [], columns, names, "prices")
        return [_price(column, rows, name) for column, name in zip(columns, names)]
    raise ValueError(
        f"prices: found the shape {array.shape}, expected ({len(names)},), one for each expert, or "
        f"({rows}, {len(names)}), rows x experts"
    )


def _price(price: Any, rows: int, name: str) -> Union[float, NDArray[Any]]:
    """A price that is a finite number from 0 on."""
    array = np.asarray(_table.to_array(price), dtype=np.float64)
    if array.ndim:
        array = _table.vector(array, rows, f"prices of {name!r}")
    if not (np.isfinite(array) & (array >= 0)).all():
        bad = array[~(np.isfinite(array) & (array >= 0))].flat[0] if array.ndim else array
        raise ValueError(f"prices of {name!r}: found {bad}, expected finite numbers from 0 on")
    return np.ascontiguousarray(array) if array.ndim else float(array)


def price_matrix(prices: Sequence[Union[float, NDArray[Any]]], rows: int) -> NDArray[np.float64]:
    """Rows x experts."""
    columns = [np.broadcast_to(np.asarray(price, dtype=np.float64), (rows,)) for price in prices]
    return np.stack(columns, axis=1)
