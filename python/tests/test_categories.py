"""Columns of categories, and rows that count more than once."""

from __future__ import annotations

import pickle
import warnings
from pathlib import Path
from typing import Any

import mild
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from conftest import Program
from numpy.typing import NDArray
from sklearn.model_selection import GridSearchCV, cross_val_score

ROWS = 600


@pytest.fixture(scope="module")
def log() -> dict[str, Any]:
    """The device is right in the hall and where x is small, the cloud nearly always."""
    random = np.random.default_rng(3)
    x = random.normal(size=ROWS)
    room = np.array(["hall", "kitchen", "Große Stube"])[random.integers(0, 3, ROWS)]
    floor = random.integers(0, 3, ROWS)
    y = np.array(["dry", "wet"])[random.integers(0, 2, ROWS)]
    wrong = np.where(y == "dry", "wet", "dry")
    local = np.where((room == "hall") | (x < -0.5) | (floor == 2), y, wrong)
    cloud = np.where(random.random(ROWS) < 0.97, y, wrong)
    return {"x": x, "room": room, "floor": floor, "y": y, "local": local, "cloud": cloud}


def rejector(**parameters: Any) -> mild.Rejector:
    settings: dict[str, Any] = {
        "effort": "quick",
        "hidden": [4],
        "method": "two-stage",
        "prices": {"cloud": 0.1},
        "categorical": ["floor"],
    }
    return mild.Rejector(**{**settings, **parameters})


def table(log: dict[str, Any]) -> pd.DataFrame:
    # In another order than that of the inputs.
    return pd.DataFrame({name: log[name] for name in ("room", "x", "floor")})


def answers(log: dict[str, Any]) -> dict[str, Any]:
    return {"y": log["y"], "answers": {name: log[name] for name in ("local", "cloud")}}


INPUTS = ("x", "room=Große Stube", "room=hall", "room=kitchen", "floor=0", "floor=1", "floor=2")


def test_categories_are_those_of_the_program(
    log: dict[str, Any], program: Program, tmp_path: Path
) -> None:
    fitted = rejector().fit(table(log), **answers(log))
    assert fitted.inputs_ == INPUTS
    assert list(fitted.feature_names_in_) == ["room", "x", "floor"] and fitted.n_features_in_ == 3
    assert len(set(fitted.predict(table(log)).tolist())) == 2, "both are asked somewhere"
    # By pandas, not by this package.
    answered = {"label": log["y"], "answer_local": log["local"], "answer_cloud": log["cloud"]}
    table(log).assign(**answered).to_csv(tmp_path / "log.csv", index=False)
    config = tmp_path / "mild.toml"
    config.write_text(fitted.configuration_)
    program("train", config, "--out", tmp_path / "out")
    assert fitted.image_ == (tmp_path / "out" / "rejector.mild").read_bytes()
    # And by this package.
    config = rejector().write_log(tmp_path / "own", table(log), **answers(log))
    program("train", config, "--out", tmp_path / "own" / "out")
    assert fitted.image_ == (tmp_path / "own" / "out" / "rejector.mild").read_bytes()
    # New rows, some of them of a category that nobody has seen.
    new = table(log)[:60].copy()
    new.iloc[::7, 0] = "cellar"
    new["floor"] = new["floor"].astype(float)
    new.iloc[::5, 2] = 9
    new.to_csv(tmp_path / "new.csv", index=False)
    image = tmp_path / "out" / "rejector.mild"
    said = program.json(
        "decide", tmp_path / "mild.toml", "--image", image, "--input", tmp_path / "new.csv"
    )
    decisions = fitted.decide(new)
    assert decisions.scores.tolist() == [row["scores"] for row in said["rows"]]
    assert pickle.loads(pickle.dumps(fitted)).predict(new).tolist() == decisions.expert.tolist()


def test_categories_from_each_library_are_the_same(log: dict[str, Any]) -> None:
    expected = rejector().fit(table(log), **answers(log))
    columns = {name: table(log)[name].to_numpy() for name in ("room", "x", "floor")}
    polars = pl.DataFrame({**columns, "room": columns["room"].tolist()})
    declared = table(log).astype({"room": "category", "floor": "category"})
    tables = [
        table(log).astype({"room": object}),
        polars,
        polars.with_columns(pl.col("room").cast(pl.Categorical)),
        pa.Table.from_pandas(table(log)),
        pa.Table.from_pandas(declared),
        declared,
    ]
    for other in tables:
        found = rejector().fit(other, **answers(log))
        assert found.image_ == expected.image_ and found.inputs_ == INPUTS
        assert (found.predict(other) == expected.predict(table(log))).all()
    # Declared ones need no parameter.
    assert rejector(categorical=None).fit(declared, **answers(log)).inputs_ == INPUTS
    # An array without names.
    array = table(log).to_numpy(dtype=object)
    unnamed = rejector(categorical=["x2"]).fit(array, **answers(log))
    assert unnamed.inputs_[:2] == ("x1", "x0=Große Stube") and unnamed.inputs_[-1] == "x2=2"
    assert (unnamed.predict(array) == expected.predict(table(log))).all()
    numbers = np.stack([log["x"], log["floor"]], axis=1)
    found = rejector(categorical=["x1"]).fit(numbers, **answers(log))
    assert found.inputs_ == ("x0", "x1=0", "x1=1", "x1=2")


def test_categories_and_scikit_learn(log: dict[str, Any]) -> None:
    losses = mild.losses(log["y"], answers(log)["answers"])
    named = rejector(experts=["local", "cloud"])
    assert np.isfinite(cross_val_score(named, table(log), losses, cv=3)).all()
    search = GridSearchCV(named, {"hidden": [[], [4]]}, cv=2).fit(table(log), losses)
    assert search.predict(table(log)).shape == (ROWS,)


def test_what_is_no_category_is_refused_with_its_place(log: dict[str, Any]) -> None:
    fitted = rejector().fit(table(log), **answers(log))
    for gap in (None, np.nan, pd.NA):
        gaps = table(log).astype({"room": object})
        gaps.iloc[4, 0] = gap
        for use in (fitted.predict, lambda X: rejector().fit(X, **answers(log))):
            with pytest.raises(ValueError, match="X, row 4, column 'room': found .*a category"):
                use(gaps)
    # What the program takes for a missing cell is one here too.
    with pytest.raises(mild.MildError, match="room.*found `NA`, expected a category"):
        rejector().fit(table(log).assign(room="NA"), **answers(log))
    with pytest.raises(ValueError, match=r"categorical: found \['roof'\], expected some of"):
        rejector(categorical=["roof"]).fit(table(log), **answers(log))
    with pytest.raises(ValueError, match=r"X: found the columns \['x', 'room', 'floor'\]"):
        fitted.predict(table(log)[["x", "room", "floor"]])
    many = table(log).assign(room=[f"room {row}" for row in range(ROWS)])
    with pytest.raises(mild.MildError, match="at most 256 categories"):
        rejector().fit(many, **answers(log))


def weighted(log: dict[str, Any]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    weights = np.random.default_rng(5).integers(0, 4, ROWS)
    return weights, np.repeat(np.arange(ROWS), weights)


def test_a_weight_is_that_many_equal_rows(
    log: dict[str, Any], program: Program, tmp_path: Path
) -> None:
    weights, rows = weighted(log)
    X = table(log)
    log["price"] = np.random.default_rng(6).random(ROWS) * 0.2
    given = {**answers(log), "prices": {"cloud": log["price"]}}
    found = rejector().fit(X, **given, sample_weight=weights.astype(float))
    repeated = {
        "y": log["y"][rows],
        "answers": {name: log[name][rows] for name in ("local", "cloud")},
        "prices": {"cloud": log["price"][rows]},
    }
    expected = rejector().fit(X.iloc[rows], **repeated, groups=rows)
    assert found.image_ == expected.image_ and found.report_["test"] == expected.report_["test"]
    assert found.test_rows_.tolist() == sorted(set(rows[expected.test_rows_].tolist()))
    assert (weights[found.test_rows_] > 0).all()
    # A log that is written has the rows as often.
    config = rejector().write_log(tmp_path, X, **given, sample_weight=weights)
    program("train", config, "--out", tmp_path / "out")
    assert found.image_ == (tmp_path / "out" / "rejector.mild").read_bytes()


def test_weights_of_one_change_nothing_and_others_are_refused(log: dict[str, Any]) -> None:
    X = table(log)
    plain = rejector().fit(X, **answers(log))
    assert rejector().fit(X, **answers(log), sample_weight=np.ones(ROWS)).image_ == plain.image_
    for bad in (0.5, -1.0, np.nan, np.inf):
        weights = np.ones(ROWS)
        weights[7] = bad
        with pytest.raises(ValueError, match="sample_weight, row 7: found .* a whole number"):
            rejector().fit(X, **answers(log), sample_weight=weights)
    with pytest.raises(ValueError, match="sample_weight: found 3 rows"):
        rejector().fit(X, **answers(log), sample_weight=[1, 2, 3])


def test_copies_of_a_row_are_no_reason_for_a_warning(log: dict[str, Any]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        rejector().fit(table(log), **answers(log), sample_weight=np.full(ROWS, 2))
