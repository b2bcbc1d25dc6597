"""What a `Rejector` has of scikit-learn, with it or without."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:

    class BaseEstimator:
        """The habits of an estimator."""

        def get_params(self, deep: bool = True) -> dict[str, Any]: ...
        def set_params(self, **params: Any) -> BaseEstimator: ...

else:
    try:
        from sklearn.base import BaseEstimator
    except ImportError:

        class BaseEstimator:
            """The habits of an estimator, where scikit-learn is not installed."""

            def get_params(self, deep: bool = True) -> dict[str, Any]:
                """The parameters by name."""
                names = inspect.signature(type(self).__init__).parameters
                return {name: getattr(self, name) for name in names if name != "self"}

            def set_params(self, **params: Any) -> BaseEstimator:
                """Changes parameters by name."""
                known = self.get_params()
                for name, value in params.items():
                    if name not in known:
                        expected = ", ".join(known)
                        raise ValueError(f"parameter: found {name!r}, expected one of {expected}")
                    setattr(self, name, value)
                return self

            def __repr__(self) -> str:
                defaults = inspect.signature(type(self).__init__).parameters
                changed = (
                    f"{name}={value!r}"
                    for name, value in self.get_params().items()
                    if value is not defaults[name].default
                )
                return f"{type(self).__name__}({', '.join(changed)})"
