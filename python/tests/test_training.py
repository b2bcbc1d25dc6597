"""A training that is watched, interrupted and shown."""

from __future__ import annotations

import builtins
import sys
from typing import Any

import mild
import pytest
from conftest import PRICES, Made, interrupted, make

#: Far more work than a test waits for.
LONG: dict[str, Any] = {"effort": "thorough", "prices": PRICES}


def test_a_function_sees_the_progress(made: Made) -> None:
    seen: list[tuple[int, int]] = []
    mild.Rejector(effort="quick", prices=PRICES, verbose=lambda *at: seen.append(at)).fit(
        made.X, made.losses
    )
    done = [at for at, _ in seen]
    assert done == sorted(done) and seen[-1][0] == seen[-1][1] > 0


def test_ctrl_c_ends_a_training_and_the_next_one_is_as_ever(made: Made) -> None:
    big = make(5_000, seed=1)
    with interrupted() as begun:
        mild.Rejector(**LONG, verbose=begun).fit(big.X, big.losses)
    short = mild.Rejector(effort="quick", hidden=[], prices=PRICES)
    assert short.fit(made.X, made.losses).image_ == short.fit(made.X, made.losses).image_


def test_an_exception_of_the_progress_ends_a_training() -> None:
    big = make(5_000, seed=1)

    def enough(done: int, total: int) -> None:
        raise RuntimeError("enough")

    estimator = mild.Rejector(**LONG, verbose=enough)
    with pytest.raises(RuntimeError, match="enough"):
        estimator.fit(big.X, big.losses)
    assert not hasattr(estimator, "image_")


def test_progress_is_a_bar_or_lines(
    made: Made, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    estimator = mild.Rejector(effort="quick", prices=PRICES, verbose=True)
    estimator.fit(made.X, made.losses)
    assert "mild: 100%" in capsys.readouterr().err
    real = builtins.__import__

    def without_tqdm(name: str, *arguments: Any) -> Any:
        if name.startswith("tqdm"):
            raise ImportError(name)
        return real(name, *arguments)

    monkeypatch.setattr(builtins, "__import__", without_tqdm)
    monkeypatch.delitem(sys.modules, "tqdm.auto")
    estimator.fit(made.X, made.losses)
    assert capsys.readouterr().err.endswith("mild: 100 %\n")


def test_a_rejector_shows_itself_in_notebooks(made: Made) -> None:
    estimator = mild.Rejector(effort="quick", prices=PRICES, experts=["local", "<b>", "cloud"])
    assert "Rejector(" in estimator._repr_html_() and "<table" not in estimator._repr_html_()
    page = estimator.fit(made.X, made.losses)._repr_html_()
    assert "always &lt;b&gt;" in page and "<b>" not in page
    loss = estimator.report_["test"]["deferral_loss"]
    assert f"{loss:.4f}" in page and "180 test rows" in page
    assert estimator._repr_mimebundle_()["text/html"] == page


def test_what_looks_wrong_is_a_warning(made: Made) -> None:
    X = made.X.copy()
    X[:, 2] = 1.0
    with pytest.warns(UserWarning, match="x2"):
        mild.Rejector(effort="quick", hidden=[], prices=PRICES).fit(X, made.losses)


def test_an_image_knows_its_names_if_it_is_asked_to(made: Made) -> None:
    fit = {"effort": "quick", "hidden": [], "prices": PRICES}
    plain = mild.Rejector(**fit).fit(made.X, made.y, answers=made.answers)
    named = mild.Rejector(**fit, image={"names": "all"}).fit(made.X, made.y, answers=made.answers)
    assert plain._image.input_names is None and plain._image.class_names is None
    assert named._image.input_names == list(named.feature_names_in_)
    assert named._image.class_names == ["0", "1", "2"]
    assert len(named.image_) > len(plain.image_)
