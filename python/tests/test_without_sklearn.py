"""numpy alone is enough."""

from __future__ import annotations

import subprocess
import sys

PROGRAM = """
import sys

class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in ("sklearn", "pandas", "polars", "pyarrow", "tqdm"):
            raise ImportError(name)

sys.meta_path.insert(0, Absent())
import numpy as np
import mild

random = np.random.default_rng(0)
X = random.normal(size=(300, 2))
losses = np.stack([X[:, 0] > 0, np.zeros(300)], axis=1)
rejector = mild.Rejector(effort="quick", hidden=[], prices=[0, 0.2])
assert rejector.get_params()["hidden"] == []
shown = "Rejector(effort='quick', hidden=[], seed=1, prices=[0, 0.2])"
assert repr(rejector.set_params(seed=1)) == shown
try:
    rejector.set_params(sed=1)
except ValueError as error:
    assert "found 'sed', expected one of method" in str(error)
else:
    raise AssertionError("sed is no parameter")
try:
    rejector.predict(X)
except ValueError as error:
    assert "call `fit` first" in str(error)
else:
    raise AssertionError("it is not fitted")
assert -rejector.fit(X, losses).score(X, losses) < 0.15
"""


def test_a_rejector_needs_numpy_alone() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
