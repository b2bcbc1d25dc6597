"""What is taken as a log, and what is refused with its place."""

from __future__ import annotations

from typing import Any

import mild
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from conftest import EXPERTS, PRICES, Made

NAMES = ["acid", "sugar", "density"]


def rejector(**parameters: Any) -> mild.Rejector:
    settings: dict[str, Any] = {
        "effort": "quick",
        "hidden": [],
        "method": "two-stage",
        "prices": PRICES,
    }
    return mild.Rejector(**{**settings, **parameters})


def test_the_same_log_from_each_library_gives_the_same_image(made: Made) -> None:
    columns = {name: made.X[:, index] for index, name in enumerate(NAMES)}
    losses = {name: made.losses[:, index] for index, name in enumerate(EXPERTS)}
    expected = rejector().fit(pd.DataFrame(columns), losses=losses)
    for library in (pd.DataFrame, pl.DataFrame, pa.table):
        found = rejector().fit(library(columns), losses=library(losses))
        assert found.image_ == expected.image_
        assert list(found.feature_names_in_) == NAMES and found.experts_ == tuple(EXPERTS)
        assert (found.predict(library(columns)) == expected.predict(made.X)).all()
    # Without names they are called x0, x1, ...; the names are a part of the log.
    unnamed = rejector(experts=EXPERTS).fit(made.X.tolist(), losses=made.losses.tolist())
    assert list(unnamed.feature_names_in_) == ["x0", "x1", "x2"]
    assert (unnamed.predict(made.X) == expected.predict(made.X)).all()
    # Other orders in memory, and other types of numbers that hold the same.
    fortran = rejector(experts=EXPERTS).fit(
        np.asfortranarray(made.X), losses=made.losses[::1].astype("i1")
    )
    assert fortran.image_ == unnamed.image_
    objects = pd.DataFrame(columns, dtype=object)
    assert rejector().fit(objects, losses=losses).image_ == expected.image_


def test_experts_are_told_by_name(made: Made) -> None:
    losses = {name: made.losses[:, index] for index, name in enumerate(EXPERTS)}
    expected = rejector().fit(made.X, losses=losses)
    turned = {name: losses[name] for name in reversed(EXPERTS)}
    found = rejector(experts=EXPERTS).fit(made.X, losses=turned)
    assert found.image_ == expected.image_
    prices = {"cloud": 0.15, "specialist": 0.05}
    assert rejector(prices=prices).fit(made.X, losses=losses).image_ == expected.image_
    assert rejector(prices=None).fit(made.X, losses=losses, prices=prices).image_ == expected.image_
    assert found.score(made.X, losses=turned) == found.score(made.X, made.losses)
    unnamed = rejector().fit(made.X, made.losses)
    assert unnamed.experts_ == ("local", "expert1", "expert2")
    alone = found.decide(made.X, reachable=["specialist"])
    assert set(alone.names) == {"local", "specialist"}
    assert not found.decide(made.X, reachable=[]).deferred.any()
    frame = pd.DataFrame(found.decide(made.X).to_dict())
    assert list(frame.columns[:3]) == ["decision", "margin", "advantage"] and len(frame) == 900


def test_a_split_is_kept(made: Made) -> None:
    split = np.array(["train"] * 500 + ["calibration"] * 200 + ["test"] * 200)
    fitted = rejector().fit(made.X, made.losses, split=split)
    assert fitted.evaluate()["rows"] == 200
    assert fitted.test_rows_.tolist() == list(range(700, 900))
    by_hand = -fitted.score(made.X[700:], made.losses[700:])
    assert fitted.evaluate()["deferral_loss"] == pytest.approx(by_hand, abs=1e-6)
    drawn = rejector().fit(made.X, made.losses)
    held = drawn.test_rows_
    by_hand = -drawn.score(made.X[held], made.losses[held])
    assert drawn.evaluate()["deferral_loss"] == pytest.approx(by_hand, abs=1e-6)
    with pytest.raises(mild.MildError, match="split.*found `val`.*calibration"):
        rejector().fit(made.X, made.losses, split=np.where(split == "test", "val", split))


def test_prices_may_differ_between_rows(made: Made) -> None:
    prices = np.random.default_rng(0).random((900, 3)) * [0, 0.1, 0.2]
    fitted = rejector(prices=None).fit(made.X, made.losses, prices=prices)
    assert fitted.score(made.X, made.losses, prices=prices) < 0
    with pytest.raises(ValueError, match="prices: found none, expected rows x experts"):
        fitted.score(made.X, made.losses)


def test_losses_follow_from_labels_and_answers() -> None:
    answers = {"local": [1, 2.0, None, 3], "cloud": [np.nan, 2, 3, "3"]}
    found = mild.losses([1, 2, 3, 4], answers)
    np.testing.assert_array_equal(found, [[0, np.nan], [0, 0], [np.nan, 0], [1, 1]])
    np.testing.assert_array_equal(
        mild.losses([True, "a "], [["true", "x"], ["a", "a"]]), [[0, 1], [0, 0]]
    )


def bad(array: Any, row: int, column: int, value: Any) -> Any:
    array = array.copy()
    array[row, column] = value
    return array


def test_what_is_wrong_is_refused_with_its_place(made: Made) -> None:
    X, losses = made.X, made.losses
    table = pd.DataFrame(X, columns=NAMES)
    texts = table.astype(object)
    texts.iloc[4, 1] = "sweet"
    fitted = rejector().fit(table, losses)

    def fit(*log: Any, **more: Any) -> Any:
        return lambda: rejector().fit(*log, **more)

    cases: list[tuple[Any, type[Exception], str]] = [
        (
            fit(bad(X, 3, 1, np.nan), losses),
            ValueError,
            "X, row 3, column 'x1': found nan, expected a finite",
        ),
        (fit(bad(X, 3, 1, 1e39), losses), ValueError, "X, row 3, column 'x1': found 1e\\+39"),
        (
            fit(texts, losses),
            TypeError,
            "X, row 4, column 'sugar': found 'sweet', expected a number; a column of categories",
        ),
        (fit(X[:, 0], losses), ValueError, "X: found 1 dimensions, expected 2.*reshape"),
        (fit(X, losses[:10]), ValueError, "losses: found 10 rows, expected 900 as in X"),
        (fit(X, losses[:, :1]), ValueError, "losses: found 1 expert, expected at least 2"),
        (fit(X, bad(losses, 5, 2, 1.5)), ValueError, "losses, row 5, expert 'expert2': found 1.5"),
        (
            fit(X, bad(losses, 5, 2, np.nan)),
            ValueError,
            "losses of 'expert2': found a missing one.*'drop'",
        ),
        (fit(X), ValueError, "found neither `losses` nor `answers`"),
        (fit(X, made.y), ValueError, "found one value for each row and no `answers`"),
        (fit(X, losses, losses=losses), ValueError, "found `losses` and `y`"),
        (
            fit(X, made.y, answers=made.answers, losses=losses),
            ValueError,
            "both `losses` and `answers`",
        ),
        (fit(X, answers=made.answers), ValueError, "found no `y`"),
        (
            fit(X, made.y, answers=made.answers[:, :2], prices=[1, 2, 3]),
            ValueError,
            "prices: found the shape",
        ),
        (fit(X, losses, prices={"sky": 1}), ValueError, "prices: found the experts \\['sky'\\]"),
        (fit(X, losses, prices=[0, 0, -1]), ValueError, "prices of 'expert2': found -1"),
        (fit(X, losses, groups=np.ones(5)), ValueError, "groups: found 5 rows, expected 900"),
        (
            lambda: rejector(effort="fast").fit(X, losses),
            mild.MildError,
            "train.effort.: found text .fast., expected one of .quick.",
        ),
        (lambda: rejector(train={"foldz": 3}).fit(X, losses), mild.MildError, "train.foldz.*folds"),
        (lambda: rejector(budget={"macs": 1}).fit(X, losses), mild.MildError, "macs"),
        (
            lambda: rejector(missing_answers="maybe").fit(X, losses),
            ValueError,
            "missing_answers: found 'maybe'",
        ),
        (
            lambda: rejector(experts=["a", "b"]).fit(X, losses),
            ValueError,
            "losses: found 3 columns",
        ),
        (fit(X[:20], losses[:20]), mild.MildError, "train rows"),
        (
            lambda: fitted.predict(X[:, :2]),
            ValueError,
            "X has 2 features, but Rejector is expecting 3",
        ),
        (
            lambda: fitted.predict(table[NAMES[::-1]]),
            ValueError,
            "X: found the columns \\['density'",
        ),
        (lambda: fitted.predict(bad(X, 0, 0, np.inf)), ValueError, "row 0, column 'x0': found inf"),
        (lambda: fitted.decide(X, reachable=["sky"]), ValueError, "reachable: found \\['sky'\\]"),
        (lambda: fitted.decide_readings(X), TypeError, "readings: found 2 dimensions of float64"),
        (lambda: fitted.decide_readings(X.astype(np.int16)), ValueError, "raw readings"),
        (
            lambda: fitted.score(X, bad(losses, 0, fitted.predict(X)[0], np.nan)),
            ValueError,
            "row 0.*missing",
        ),
        (lambda: fitted.write_log("/tmp", X, losses, weights=1), TypeError, "write_log.*weights"),
    ]
    for case, kind, message in cases:
        with pytest.raises(kind, match=message):
            case()


def test_images_that_are_damaged_and_files_that_are_not_there(made: Made, tmp_path: Any) -> None:
    fitted = rejector().fit(made.X, made.losses)
    damaged = bytearray(fitted.image_)
    damaged[40] ^= 1
    (tmp_path / "damaged.mild").write_bytes(damaged)
    with pytest.raises(mild.MildError, match="checksum"):
        mild.load(tmp_path / "damaged.mild")
    for use in (mild.load, mild.train):
        with pytest.raises(FileNotFoundError, match="absent"):
            use(tmp_path / "absent")
    with pytest.raises(FileNotFoundError):
        fitted.save(tmp_path / "absent" / "rejector.mild")


def test_no_rows_are_no_decisions(made: Made) -> None:
    fitted = rejector().fit(made.X, made.losses)
    assert fitted.predict(made.X[:0]).shape == (0,)
    assert fitted.decide(made.X[:0]).scores.shape == (0, 3)
