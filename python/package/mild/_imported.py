"""Networks that were trained elsewhere: quantized, and judged as our own are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Optional

import numpy as np
from numpy.typing import NDArray

from ._rejector import Rejector

#: Weights (outputs x inputs) and biases.
Layers = list[tuple[NDArray[np.float64], NDArray[np.float64]]]


def from_layers(
    layers: Sequence[tuple[Any, Any]],
    X: Any,
    y: Any = None,
    *,
    losses: Any = None,
    answers: Any = None,
    prices: Any = None,
    groups: Any = None,
    split: Any = None,
    experts: Optional[Sequence[str]] = None,
    seed: int = 0,
    quantize: Optional[Mapping[str, Any]] = None,
    tune_offsets: bool = False,
) -> Rejector:
    """A rejector from dense layers, with a ReLU behind each but the last.

    The last layer gives a score for each expert, the device first; the highest is asked. A log says
    where the codes of the integers end and what the network is worth. A network that loses more by
    quantization than ``quantize={"tolerance": 0.003}`` is refused.

    Parameters
    ----------
    layers : sequence of (weights, biases)
        Weights are outputs x inputs, on the features as they are in X.
    X, y, losses, answers, prices, groups, split, experts, seed, quantize
        The log, as for `Rejector` and its `fit`.
    tune_offsets : bool
        Adds offsets to the scores where that lowers the deferral loss on the calibration rows
        clearly. Without, the image decides as the network did, but for rounding.
    """
    estimator = Rejector(experts=experts, prices=prices, seed=seed, quantize=quantize)
    made = [
        (
            np.ascontiguousarray(weights, dtype=np.float64),
            np.ascontiguousarray(biases, dtype=np.float64),
        )
        for weights, biases in layers
    ]
    for index, (weights, biases) in enumerate(made):
        if (weights.ndim, biases.ndim) != (2, 1):
            raise ValueError(
                f"layer {index}: found weights of {weights.ndim} dimensions and biases of "
                f"{biases.ndim}, expected 2 and 1"
            )
    log = {"losses": losses, "answers": answers, "groups": groups, "split": split}
    estimator._import(made, X, y, log, tune_offsets)
    return estimator


def from_sklearn(model: Any, X: Any, y: Any = None, **log: Any) -> Rejector:
    """A rejector from a fitted `MLPClassifier` whose classes are the experts, or from a pipeline of
    a `StandardScaler` and one.

    Classes are the experts' indices, 0 for the device, or their names. Hidden layers must have the
    activation ``relu``. Everything else is refused by its name. The other arguments are those of
    `from_layers`.
    """
    scaler = None
    if type(model).__name__ == "Pipeline":
        steps = [step for _, step in model.steps]
        kinds = [type(step).__name__ for step in steps]
        if kinds != ["StandardScaler", "MLPClassifier"]:
            raise TypeError(
                f"pipeline: found {' and '.join(kinds)}, expected StandardScaler and MLPClassifier"
            )
        scaler, model = steps
    if type(model).__name__ != "MLPClassifier":
        raise TypeError(f"model: found a {type(model).__name__}, expected an MLPClassifier")
    if model.activation != "relu":
        raise ValueError(f"activation of the model: found {model.activation!r}, expected 'relu'")
    if not hasattr(model, "coefs_"):
        raise ValueError("model: found one that is not fitted")
    if model.out_activation_ == "logistic" and len(model.classes_) != 2:
        raise ValueError(
            "model: found several labels for each row, expected one, the expert to ask"
        )
    layers = [
        (np.asarray(weights.T, dtype=np.float64), np.asarray(biases, dtype=np.float64))
        for weights, biases in zip(model.coefs_, model.intercepts_)
    ]
    if model.out_activation_ == "logistic":
        # One output, for the second class against the first.
        weights, biases = layers[-1]
        layers[-1] = (np.vstack([0 * weights, weights]), np.concatenate([[0.0], biases]))
    if scaler is not None:
        layers[0] = _unscaled(layers[0], scaler)
    classes = model.classes_.tolist()
    experts = log.pop("experts", None)
    if experts is None and all(isinstance(one, str) for one in classes):
        raise ValueError(
            f"experts: found none, expected the order of the classes {classes}, the device first"
        )
    names: list[Any] = list(range(len(classes)) if experts is None else experts)
    if all(isinstance(one, str) for one in classes):
        if sorted(classes) != sorted(names):
            raise ValueError(f"classes of the model: found {classes}, expected the experts {names}")
        order = [classes.index(name) for name in names]
        layers[-1] = (layers[-1][0][order], layers[-1][1][order])
    elif classes != list(range(len(names))):
        raise ValueError(
            f"classes of the model: found {classes}, expected each expert's index, 0 to "
            f"{len(names) - 1}"
        )
    return from_layers(layers, X, y, experts=experts, **log)


def _unscaled(
    layer: tuple[NDArray[np.float64], NDArray[np.float64]], scaler: Any
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The first layer on features that are not standardised."""
    weights, biases = layer
    if scaler.scale_ is not None:
        weights = weights / scaler.scale_
    if scaler.mean_ is not None:
        biases = biases - weights @ scaler.mean_
    return weights, biases


def from_torch(state_dict: Mapping[str, Any], X: Any, y: Any = None, **log: Any) -> Rejector:
    """A rejector from the state of a PyTorch network of `Linear` layers with `ReLU` between them,
    or from what `safetensors.numpy.load_file` gives.

    Layers are in the order of the state, each a ``NAME.weight`` (outputs x inputs) and a
    ``NAME.bias``. A state does not say which activations there are: that they are ReLU is taken for
    granted. Anything that is no `Linear` layer is refused by its name. The other arguments are
    those of `from_layers`.
    """
    arrays = {name: _array(tensor) for name, tensor in state_dict.items()}
    layers: Layers = []
    for name, array in arrays.items():
        layer, _, kind = name.rpartition(".")
        if kind == "weight" and array.ndim == 2:
            bias = arrays.get(f"{layer}.bias" if layer else "bias")
            biases = np.zeros(len(array)) if bias is None else bias
            layers.append((array, biases))
        elif not (kind == "bias" and array.ndim == 1 and f"{layer}.weight".lstrip(".") in arrays):
            raise ValueError(
                f"{name}: found {array.ndim} dimensions, expected the `weight` (2) or the `bias` "
                "(1) of a Linear layer"
            )
        elif arrays[f"{layer}.weight".lstrip(".")].ndim != 2:
            raise ValueError(f"{name}: found the bias of a layer that is no Linear layer")
    return from_layers(layers, X, y, **log)


def _array(tensor: Any) -> NDArray[np.float64]:
    if hasattr(tensor, "detach"):
        tensor = tensor.detach().cpu().double().numpy()
    return np.asarray(tensor, dtype=np.float64)
