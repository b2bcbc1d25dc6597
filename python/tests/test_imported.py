"""Networks that were trained elsewhere."""

from __future__ import annotations

import warnings
from typing import Any

import mild
import numpy as np
import pytest
from conftest import EXPERTS, PRICES, Made
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler

LOG: dict[str, Any] = {"prices": PRICES, "quantize": {"tolerance": 0.01}}


def trained(X: Any, y: Any, **parameters: Any) -> Pipeline:
    settings = {"hidden_layer_sizes": (12, 6), "max_iter": 300, "random_state": 0}
    model = make_pipeline(StandardScaler(), MLPClassifier(**{**settings, **parameters}))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return model.fit(X, y)


def test_an_mlp_classifier_decides_as_it_did(made: Made) -> None:
    best = (made.losses + PRICES).argmin(axis=1)
    model = trained(made.X, best)
    rejector = mild.from_sklearn(model, made.X, made.losses, experts=EXPERTS, **LOG)
    agree = (rejector.predict(made.X) == model.predict(made.X)).mean()
    assert agree > 0.97 and rejector.experts_ == tuple(EXPERTS)
    assert rejector.report_["float_int8_agreement"] > 0.97
    assert rejector.evaluate() == rejector.report_["test"]
    assert rejector.report_["image"]["shapes"] == [[3, 12], [12, 6], [6, 3]]
    assert "a network from elsewhere" in rejector._repr_html_()
    # Classes by name, in another order than that of the experts.
    named = trained(made.X, np.array(EXPERTS)[best])
    by_name = mild.from_sklearn(named, made.X, made.losses, experts=EXPERTS, **LOG)
    names = np.array(EXPERTS)[by_name.predict(made.X)]
    assert (names == named.predict(made.X)).mean() > 0.97


def test_two_experts_are_one_output(made: Made) -> None:
    losses = made.losses[:, [0, 2]]
    best = (losses + [0, 0.15]).argmin(axis=1)
    model = trained(made.X, best)
    log = {"prices": [0, 0.15], "quantize": {"tolerance": 0.01}}
    rejector = mild.from_sklearn(model, made.X, losses, **log)
    assert (rejector.predict(made.X) == model.predict(made.X)).mean() > 0.97
    # Offsets may only help on the rows that chose them.
    tuned = mild.from_sklearn(model, made.X, losses, tune_offsets=True, **log)
    seen = [one.report_["seen"]["float_calibration"] for one in (rejector, tuned)]
    assert seen[1] <= seen[0]


def test_a_state_of_linear_layers(made: Made) -> None:
    model = trained(made.X, (made.losses + PRICES).argmin(axis=1))
    scaler, network = (step for _, step in model.steps)
    state = {}
    for index, (weights, biases) in enumerate(zip(network.coefs_, network.intercepts_)):
        state[f"net.{2 * index}.weight"] = weights.T.astype(np.float32)
        state[f"net.{2 * index}.bias"] = biases.astype(np.float32)
    X = scaler.transform(made.X)
    rejector = mild.from_torch(state, X, made.losses, **LOG)
    assert (rejector.predict(X) == network.predict(X)).mean() > 0.97


def test_anything_else_is_refused_by_its_name(made: Made) -> None:
    X, losses = made.X, made.losses
    best = (losses + PRICES).argmin(axis=1)
    state = {"0.weight": np.ones((3, 3)), "0.bias": np.zeros(3)}
    conv = {"0.weight": np.ones((3, 1, 3)), "0.bias": np.zeros(3)}
    norm = {**state, "1.running_mean": np.zeros(3)}

    def sklearn(model: Any, **log: Any) -> Any:
        return lambda: mild.from_sklearn(model, X, losses, **{**LOG, **log})

    def torch(state: Any) -> Any:
        return lambda: mild.from_torch(state, X, losses, **LOG)

    cases: list[tuple[Any, type[Exception], str]] = [
        (
            sklearn(LogisticRegression()),
            TypeError,
            "found a LogisticRegression, expected an MLPClassifier",
        ),
        (sklearn(MLPRegressor()), TypeError, "found a MLPRegressor"),
        (
            sklearn(make_pipeline(MinMaxScaler(), MLPClassifier())),
            TypeError,
            "found MinMaxScaler and",
        ),
        (sklearn(trained(X, best, activation="tanh")), ValueError, "found 'tanh', expected 'relu'"),
        (sklearn(MLPClassifier()), ValueError, "not fitted"),
        (
            sklearn(trained(X, best + 1)),
            ValueError,
            "found \\[1, 2, 3\\], expected each expert's index, 0 to 2",
        ),
        (
            sklearn(trained(X, np.array(EXPERTS)[best])),
            ValueError,
            "experts: found none, expected the order",
        ),
        (sklearn(trained(X, best), experts=["a", "b", "c"][:2]), ValueError, "0 to 1"),
        (
            sklearn(trained(X[:, :2], best)),
            mild.MildError,
            "inputs of layer 0: found 2, expected 3",
        ),
        (torch(conv), ValueError, "0.weight: found 3 dimensions, expected the `weight`"),
        (torch(norm), ValueError, "1.running_mean: found 1 dimensions"),
        (torch({}), mild.MildError, "outputs: found 0, expected 3"),
        (torch({**state, "0.weight": np.full((3, 3), np.nan)}), mild.MildError, "finite numbers"),
        (
            lambda: mild.from_layers([(np.ones(3), np.ones(3))], X, losses),
            ValueError,
            "layer 0: found weights of 1",
        ),
    ]
    for case, kind, message in cases:
        with pytest.raises(kind, match=message):
            case()
