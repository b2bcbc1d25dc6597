"""Learning to defer at the edge.

A small model on a device answers what it can, and asks an expert where that is worth its price.
From a log of real outcomes `Rejector` learns whom to ask, as a few hundred bytes of integers that a
microcontroller runs. Here they run by the same code, so every decision is that of the device, bit
for bit.

>>> import mild
>>> rejector = mild.Rejector(prices={"cloud": 0.1}, effort="quick")
>>> rejector.fit(X, losses={"local": local_losses, "cloud": cloud_losses})  # doctest: +SKIP
>>> rejector.predict(X_new)  # 0: answer here; 1: ask the cloud  # doctest: +SKIP
"""

from ._compare import Comparison, compare
from ._decisions import Decisions
from ._imported import from_layers, from_sklearn, from_torch
from ._losses import losses
from ._mild import MildError
from ._rejector import Rejector, load, train

__all__ = [
    "Comparison",
    "Decisions",
    "MildError",
    "Rejector",
    "compare",
    "from_layers",
    "from_sklearn",
    "from_torch",
    "load",
    "losses",
    "train",
]
__version__ = "0.1.0"
