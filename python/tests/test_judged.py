"""Comparisons, pages and networks for other tools: those of the program, on the same log."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import mild
import numpy as np
import onnxruntime
import pandas as pd
import pytest
from conftest import EXPERTS, PRICES, Made, Program, interrupted, make
from mild import _mild
from numpy.typing import NDArray


def rejector(**parameters: Any) -> mild.Rejector:
    settings: dict[str, Any] = {"effort": "quick", "experts": EXPERTS, "prices": PRICES}
    return mild.Rejector(**{**settings, **parameters})


def test_a_comparison_is_that_of_the_program(made: Made, program: Program, tmp_path: Path) -> None:
    methods = ["two-stage", "one-vs-all", "knn", "class-gate"]
    found = rejector(hidden=[4]).compare(made.X, made.losses, methods=methods)
    folder = tmp_path / found.report["logs"][0]["log"]
    config = rejector(hidden=[4]).write_log(folder, made.X, made.losses)
    arguments = ["compare", config, "--methods", ",".join(methods)]
    assert program(*arguments, "--csv") == found.csv
    program(*arguments, "--quiet", "--out", tmp_path / "out")
    assert (tmp_path / "out" / "compare.md").read_text() == found.markdown
    assert found.markdown.rstrip() == str(found).rstrip()
    assert program.json(*arguments) == found.report
    again = mild.compare(config, methods=methods, train_rows=["all"])
    assert again.report == found.report
    table = pd.DataFrame(found.to_dict())
    assert table["method"].tolist() == ["two-stage", "one-vs-all", "knn"]
    assert table["loss"].between(table["loss_low"], table["loss_high"]).all()
    assert table["image_bytes"].notna().tolist() == [True, True, False]
    assert table["own_classifier"].dtype == bool
    page = found._repr_html_()
    assert "two-stage" in page and "class-gate was left out" in page and "oracle" in page
    assert found._repr_mimebundle_()["text/html"] == page


def test_curves_and_several_logs(made: Made, tmp_path: Path) -> None:
    few = rejector(hidden=[]).compare(
        made.X, made.losses, methods="two-stage", seeds=2, train_rows=[100, "all"]
    )
    assert few.to_dict()["seeds"].tolist() == [2, 2]
    assert few.to_dict()["train_rows"].tolist() == ["100", "all"]
    configs = []
    for seed in (1, 2):
        other = make(300, seed)
        configs.append(rejector(hidden=[]).write_log(tmp_path / f"{seed}", other.X, other.losses))
    both = mild.compare(configs, methods=["two-stage", "random"], effort="quick")
    assert [log["log"] for log in both.report["logs"]] == ["1", "2"]
    assert len(both.report["overall"][0]["methods"]) == 2


def test_comparisons_that_cannot_be_made(made: Made, tmp_path: Path) -> None:
    def compare(**arguments: Any) -> Any:
        return rejector().compare(made.X, made.losses, **arguments)

    with pytest.raises(mild.MildError, match="method.*knm.*did you mean `knn`"):
        compare(methods="knm")
    cases: list[tuple[dict[str, Any], str]] = [
        ({"methods": []}, "methods: found none"),
        ({"seeds": 0}, "seeds: found 0"),
        ({"train_rows": [5]}, "train_rows: found 5"),
    ]
    for arguments, message in cases:
        with pytest.raises(ValueError, match=message):
            compare(**arguments)
    with pytest.raises(TypeError, match="compare: found the arguments"):
        compare(weights=1)
    with pytest.raises(FileNotFoundError, match="absent"):
        mild.compare(tmp_path / "absent.toml")


def test_ctrl_c_ends_a_comparison() -> None:
    big = make(5_000, seed=1)
    with interrupted() as begun:
        patient = rejector(effort="thorough", verbose=begun)
        # Its trainings look at every step whether they are given up.
        patient.compare(big.X, big.losses, methods="two-stage")


@pytest.mark.parametrize("form", ["losses", "answers"])
def test_the_page_is_that_of_the_program(
    made: Made, program: Program, tmp_path: Path, form: str
) -> None:
    given: dict[str, Any] = {"losses": made.losses}
    if form == "answers":
        given = {"y": made.y, "answers": made.answers}
    config = rejector().write_log(tmp_path, made.X, **given)
    program("train", config, "--out", tmp_path / "out")
    expected = (tmp_path / "out" / "report.html").read_text()
    fitted = mild.train(config)
    assert fitted.report(tmp_path / "own.html") == expected == (tmp_path / "own.html").read_text()
    # From memory: the same figures, and another origin.
    in_memory = rejector().fit(made.X, **given)
    page = in_memory.report()

    def until_origin(page: str) -> str:
        body = page[page.index("<main>") :]
        body = body[: body.index('<h2 id="origin">')]
        # A log in memory is in no file that a command could name.
        return re.sub('<div class="command">.*?</div>', "", body, flags=re.S)

    assert until_origin(page) == until_origin(expected)
    assert "To make it again" in expected and "To make it again" not in page
    # An image alone, on the log that a configuration names.
    loaded = mild.load(tmp_path / "out" / "rejector.mild")
    with pytest.raises(ValueError, match="found no log.*`config`"):
        loaded.report()
    alone = tmp_path / "alone"
    alone.mkdir()
    loaded.save(alone / "rejector.mild")
    program("report", config, "--image", alone / "rejector.mild")
    assert loaded.report(config=config) == (alone / "report.html").read_text()
    assert loaded.evaluate(config=config) == fitted.evaluate()


def run(model: bytes, features: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Experts and scores of an ONNX model."""
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    given = {"features": np.ascontiguousarray(features, dtype=np.float32)}
    expert, scores = session.run(["expert", "scores"], given)
    return expert, scores


def check(config: Path, features: NDArray[Any], program: Program, out: Path) -> None:
    """That the network decides as the float network did on all test rows, and that another one does
    not."""
    read = _mild.Config.load(config)
    log = _mild.Log.read(read)
    trained = _mild.train(read, log)
    expert, scores = run(trained.onnx, features[log.test_rows])
    expected = np.asarray(trained.float_choices)
    assert (expert == expected).all(), f"{(expert != expected).sum()} of {len(expert)} differ"
    assert scores.shape == (len(expert), len(read.experts))
    assert len(set(expected.tolist())) > 1, "the rejector is no constant"
    # Rows in another order are other choices.
    assert (run(trained.onnx, features[log.test_rows[::-1]])[0] != expected).any()
    program("train", config, "--out", out, "--onnx", out / "network.onnx", "--no-report")
    assert (out / "network.onnx").read_bytes() == trained.onnx
    assert (out / "rejector.mild").read_bytes() == trained.image.to_bytes()


def quick(configuration: str) -> str:
    """A configuration without a section `[train]`, with quick effort."""
    assert "[train]" not in configuration
    return configuration.replace("[data]", '[train]\neffort = "quick"\n\n[data]', 1)


@pytest.mark.parametrize(
    "parameters",
    [
        {"method": "two-stage", "hidden": []},
        {"method": "one-vs-all", "hidden": [8, 4]},
        {"hidden": [12], "policy": {"max_deferral_rate": 0.5}},
    ],
)
def test_the_network_decides_as_before_quantization(
    made: Made, program: Program, tmp_path: Path, parameters: dict[str, Any]
) -> None:
    config = rejector(**parameters).write_log(tmp_path, made.X, made.losses)
    check(config, made.X, program, tmp_path / "out")
    fitted = rejector(**parameters).fit(made.X, made.losses)
    model = fitted.export("onnx", tmp_path / "own.onnx")
    assert model == (tmp_path / "own.onnx").read_bytes()
    assert model == (tmp_path / "out" / "network.onnx").read_bytes()
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    notes = session.get_modelmeta().custom_metadata_map
    assert json.loads(notes["experts"]) == EXPERTS
    assert json.loads(notes["features"]) == list(fitted.inputs_)
    # Values that no training row had are cut off as on the device.
    extremes = made.X[:50] * 1e6
    assert (run(model, extremes)[1] == run(model, extremes * 1e3)[1]).all()
    assert (fitted.decide(extremes).scores == fitted.decide(extremes * 1e3).scores).all()
    with pytest.raises(ValueError, match="'onnx': found an image alone.*`fit`.*--onnx"):
        mild.load(tmp_path / "out" / "rejector.mild").export("onnx")


def test_the_network_of_the_demo_decides_as_before_quantization(
    program: Program, tmp_path: Path
) -> None:
    program("demo", "--out", tmp_path)
    table = pd.read_csv(tmp_path / "wine.csv")
    log = _mild.Log.read(_mild.Config.load(tmp_path / "wine.toml"))
    features = table[log.feature_names].to_numpy()
    config = tmp_path / "quick.toml"
    config.write_text(quick((tmp_path / "wine.toml").read_text()))
    check(config, features, program, tmp_path / "out")
    found = json.loads((tmp_path / "out" / "metrics.json").read_text())
    assert found["inputs"] == log.feature_names


def test_an_imported_network_is_exported_as_it_came(made: Made) -> None:
    random = np.random.default_rng(2)
    layers = [
        (random.normal(size=(6, 3)) / made.X.std(axis=0), random.normal(size=6)),
        (random.normal(size=(3, 6)), random.normal(size=3)),
    ]
    fitted = mild.from_layers(layers, made.X, made.losses, quantize={"tolerance": 1.0})
    hidden = np.maximum(made.X @ layers[0][0].T + layers[0][1], 0)
    expected = (hidden @ layers[1][0].T + layers[1][1]).argmax(axis=1)
    # But for the rounding of the features.
    assert (run(fitted.export("onnx"), made.X)[0] == expected).mean() > 0.95
