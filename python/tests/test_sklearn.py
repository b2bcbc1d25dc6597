"""The habits of scikit-learn's estimators."""

from __future__ import annotations

import pickle

import mild
import numpy as np
import pandas as pd
import pytest
from conftest import EXPERTS, PRICES, Made, make
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV, GroupKFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.validation import check_is_fitted

FAST = mild.Rejector(effort="quick", hidden=[], method="two-stage", prices=PRICES)


def test_parameters_are_read_and_set() -> None:
    parameters = FAST.get_params()
    assert parameters["hidden"] == [] and parameters["prices"] is PRICES
    copy = clone(FAST)
    assert copy is not FAST and copy.get_params() == parameters
    assert copy.set_params(seed=7, budget={"macs": 100}) is copy
    assert (copy.seed, copy.budget, FAST.seed) == (7, {"macs": 100}, 0)
    with pytest.raises(ValueError, match="Invalid parameter 'sed'"):
        copy.set_params(sed=1)
    assert repr(FAST).startswith("Rejector(effort='quick'")


def test_cross_validation_and_grid_search(made: Made) -> None:
    losses = pd.DataFrame(made.losses, columns=EXPERTS)
    scores = cross_val_score(FAST, made.X, losses, cv=3)
    always = -(made.losses + PRICES).mean(axis=0)
    assert scores.shape == (3,) and (scores > always.max()).all(), (scores, always)
    search = GridSearchCV(FAST, {"hidden": [[], [4]], "seed": [0, 1]}, cv=2)
    search.fit(made.X, mild.losses(made.y, made.answers))
    assert search.best_score_ == max(search.cv_results_["mean_test_score"])
    assert search.best_estimator_.hidden == search.best_params_["hidden"]
    assert search.predict(made.X).shape == (900,)
    groups = np.arange(900) // 3
    scores = cross_val_score(FAST, made.X, losses, groups=groups, cv=GroupKFold(2))
    assert np.isfinite(scores).all()


def test_a_pipeline_and_workers_of_their_own(made: Made) -> None:
    pipeline = make_pipeline(StandardScaler(), clone(FAST))
    scores = cross_val_score(pipeline, made.X, made.losses, cv=2, n_jobs=2)
    assert np.isfinite(scores).all()
    assert pipeline.fit(made.X, made.losses).predict(made.X).max() == 2


def test_pickles_keep_what_decides(made: Made) -> None:
    fitted = clone(FAST).fit(made.X, made.losses)
    copy = pickle.loads(pickle.dumps(fitted))
    assert (copy.predict(made.X) == fitted.predict(made.X)).all()
    assert copy.image_ == fitted.image_ and copy.report_ == fitted.report_
    assert copy.score(made.X, made.losses) == fitted.score(made.X, made.losses)
    with pytest.raises(ValueError, match="found no log"):
        copy.evaluate()


def test_nothing_decides_before_it_is_fitted(made: Made) -> None:
    estimator = clone(FAST)
    for use in (estimator.predict, estimator.decide):
        with pytest.raises(NotFittedError, match="not fitted: call `fit` first"):
            use(made.X)
    with pytest.raises(NotFittedError):
        check_is_fitted(estimator)
    check_is_fitted(estimator.fit(made.X, made.losses))
    assert estimator.n_features_in_ == 3 and list(estimator.feature_names_in_) == ["x0", "x1", "x2"]


def test_scores_may_have_weights(made: Made) -> None:
    fitted = clone(FAST).fit(made.X, made.losses)
    others = make(200, seed=4)
    plain = fitted.score(others.X, others.losses)
    weights = np.zeros(200)
    weights[:50] = 2.0
    part = fitted.score(others.X[:50], others.losses[:50])
    assert fitted.score(others.X, others.losses, sample_weight=weights) == pytest.approx(part)
    assert fitted.score(others.X, others.y, answers=others.answers) == pytest.approx(plain)
    free = fitted.score(others.X, losses=others.losses, prices=[0, 0, 0])
    asked = fitted.predict(others.X)
    assert free - plain == pytest.approx(np.asarray(PRICES)[asked].mean())
