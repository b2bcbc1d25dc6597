"""What is trained and decided here is what the program and a device make of the same log."""

from __future__ import annotations

import itertools
import json
import os
from pathlib import Path
from typing import Any

import mild
import numpy as np
import pandas as pd
import polars as pl
import pytest
from conftest import EXPERTS, PRICES, Made, Program, make
from images import flipped, vectors
from mild import _mild

ALL = 2**32 - 1


def rejector(**parameters: Any) -> mild.Rejector:
    settings: dict[str, Any] = {"effort": "quick", "seed": 3, "experts": EXPERTS, "prices": PRICES}
    return mild.Rejector(**{**settings, **parameters})


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("form", ["losses", "answers"])
def test_memory_and_csv_give_the_same_image(
    made: Made, program: Program, tmp_path: Path, dtype: type, form: str
) -> None:
    table = pd.DataFrame(made.X.astype(dtype), columns=["acid", "sugar % (w/w)", 'Ä "x"'])
    log = table.copy()
    if form == "losses":
        given: dict[str, Any] = {"losses": pd.DataFrame(made.losses, columns=EXPERTS)}
        for index, name in enumerate(EXPERTS):
            log[f"loss_{name}"] = made.losses[:, index]
    else:
        given = {"y": made.y, "answers": pd.DataFrame(made.answers, columns=EXPERTS)}
        log["label"] = made.y
        for index, name in enumerate(EXPERTS):
            log[f"answer_{name}"] = made.answers[:, index]
    fitted = rejector().fit(table, **given)
    # By pandas, not by this package.
    log.to_csv(tmp_path / "log.csv", index=False)
    config = tmp_path / "mild.toml"
    config.write_text(fitted.configuration_)
    program("train", config, "--out", tmp_path / "out")
    assert fitted.image_ == (tmp_path / "out" / "rejector.mild").read_bytes()
    report = json.loads((tmp_path / "out" / "metrics.json").read_text())
    found = dict(fitted.report_)
    for one in (report, found):
        del one["log"]["recognised"]
    assert found == report
    assert report["image"]["macs"] > 0 and "always" not in report["chosen"]

    # Another bit of one cell, or another seed, is another image.
    changed = table.copy()
    changed.iloc[7, 1] = np.nextafter(changed.iloc[7, 1], dtype(np.inf), dtype=dtype)
    if dtype is np.float32:
        assert rejector().fit(changed, **given).image_ != fitted.image_
    assert rejector(seed=4).fit(table, **given).image_ != fitted.image_


def test_a_log_that_is_written_gives_the_same_image(program: Program, tmp_path: Path) -> None:
    made = make(600, seed=5)
    random = np.random.default_rng(1)
    answers = pd.DataFrame(made.answers.astype(str), columns=EXPERTS).map(
        lambda answer: f"class {answer}"
    )
    answers.iloc[::50, 1] = None
    log: dict[str, Any] = {
        "answers": answers,
        "prices": {"cloud": random.random(600) * 0.2, "specialist": 0.05},
        "groups": [f"node, {row // 4}" for row in range(600)],
    }
    y = [f"class {label}" for label in made.y]
    estimator = rejector(
        method="one-vs-all",
        missing_answers="drop",
        hidden=[4],
        train={"max_iterations": 60, "l2": 0.001},
        quantize={"tolerance": 0.01},
        budget={"image_bytes": 2000},
        policy={"max_deferral_rate": 0.9, "battery": {"500": 0.5, "0": 0.1}},
    )
    fitted = estimator.fit(made.X, y, **log)
    config = estimator.write_log(tmp_path / "log", made.X, y, **log)
    assert config.read_text() == fitted.configuration_
    program("train", config, "--out", tmp_path / "out")
    assert fitted.image_ == (tmp_path / "out" / "rejector.mild").read_bytes()
    assert fitted.report_["log"]["left_out"] == 12
    assert fitted.report_["policy"] is not None
    # The other way round: the program's log and configuration, trained from Python.
    assert mild.train(config).image_ == fitted.image_
    assert mild.train(config, seed=9).image_ != fitted.image_


@pytest.mark.parametrize("method", ["two-stage", "one-vs-all"])
def test_decisions_are_those_of_the_program(
    made: Made, program: Program, tmp_path: Path, method: str
) -> None:
    estimator = rejector(method=method)
    fitted = estimator.fit(made.X, made.losses)
    fitted.save(tmp_path / "rejector.mild")
    # A split of its own, so that the program lists all rows of these.
    others = make(1500, seed=8)
    others.X[:5, 0] = [1.0 + 2.0**-24, 1 - 2.0**-25, 1e-45, -0.0, 3e38]
    config = estimator.write_log(tmp_path, others.X, others.losses)
    said = program.json(
        "decide", config, "--image", tmp_path / "rejector.mild", "--input", tmp_path / "log.csv"
    )
    rows = said["rows"]
    for loaded in (fitted, mild.load(tmp_path / "rejector.mild")):
        decisions = loaded.decide(others.X)
        assert decisions.names.tolist() == [row["decision"] for row in rows]
        assert decisions.margin.tolist() == [row["margin"] for row in rows]
        assert decisions.scores.tolist() == [row["scores"] for row in rows]
        assert loaded.predict(others.X).tolist() == decisions.expert.tolist()
        assert (decisions.probabilities is not None) == (method == "one-vs-all")
        if decisions.probabilities is not None:
            assert decisions.probabilities.tolist() == [row["probabilities"] for row in rows]
        score = loaded.score(others.X, others.losses)
        assert score == pytest.approx(-said["summary"]["deferral_loss"], abs=1e-5)
    offsets = np.array(said["offsets"])
    sums = decisions.scores + offsets
    assert (decisions.advantage == sums[:, 1:].max(axis=1) - sums[:, 0]).all()
    assert len(set(decisions.expert.tolist())) == 3, "every expert is asked somewhere"


def test_the_evaluation_is_that_of_the_program(
    made: Made, program: Program, tmp_path: Path
) -> None:
    fitted = rejector().fit(made.X, made.losses)
    fitted.save(tmp_path / "rejector.mild")
    config = rejector().write_log(tmp_path, made.X, made.losses)
    said = program.json("eval", config, "--image", tmp_path / "rejector.mild")
    found = fitted.evaluate()
    assert found == fitted.report_["test"]
    assert {key: said[key] for key in found} == found


def mismatches(image: _mild.Image, data: bytes) -> int:
    """Records of the vectors that an image does not repeat."""
    found = 0
    for kind, records in vectors(data).items():
        decide = [image.decide_codes, image.decide_readings, image.decide][kind]
        inputs = np.ascontiguousarray(records.inputs)
        expert, margin, _, scores, _ = decide(inputs, ALL)
        same = (expert == records.expert) & (margin == records.margin)
        same &= (scores == records.scores).all(axis=1)
        # Bits beyond the last expert say nothing.
        masks = records.mask & (2 ** scores.shape[1] - 1)
        for mask in np.unique(masks):
            of_mask = masks == mask
            masked = decide(inputs[of_mask], int(mask))[0]
            same[of_mask] &= masked == records.masked[of_mask]
        found += int((~same).sum())
    return found


@pytest.mark.parametrize("hidden", [[], [12, 6]])
def test_golden_vectors_are_repeated_and_a_flipped_weight_is_noticed(
    made: Made, program: Program, tmp_path: Path, hidden: list[int]
) -> None:
    config = rejector(hidden=hidden).write_log(tmp_path, made.X, made.losses)
    with config.open("a") as file:
        file.write("[raw]\nscale = { x0 = 0.001, x1 = 0.01, x2 = 0.0001 }\n")
    program("train", config, "--out", tmp_path / "out")
    data = (tmp_path / "out" / "vectors.bin").read_bytes()
    image = (tmp_path / "out" / "rejector.mild").read_bytes()
    kinds = {kind: len(records.expert) for kind, records in vectors(data).items()}
    assert kinds.keys() == {0, 1, 2} and sum(kinds.values()) >= 2000
    assert mismatches(_mild.Image(image), data) == 0
    others = [_mild.Image(other) for other in flipped(image)]
    noticed = sum(mismatches(other, data) > 0 for other in others)
    if hidden:
        # A unit that never fires has weights that nobody notices.
        assert noticed > len(others) // 3
    else:
        shapes = json.loads(others[0].report())["shapes"]
        assert shapes == [[3, 3]] and noticed == len(others) == 9
    readings = vectors(data)[1]
    decided = mild.load(tmp_path / "out" / "rejector.mild").decide_readings(readings.inputs)
    assert (decided.expert == readings.expert).all()


def test_every_image_of_the_devices_repeats_its_vectors() -> None:
    folders = [Path(folder) for folder in os.environ.get("MILD_IMAGES", "").split(os.pathsep)]
    assert len(folders) > 10, "MILD_IMAGES: found none; run `cargo xtask python test`"
    for folder in folders:
        data = (folder / "vectors.bin").read_bytes()
        image = (folder / "rejector.mild").read_bytes()
        assert mismatches(_mild.Image(image), data) == 0, folder
        # A unit that never fires has weights that nobody notices.
        others = itertools.islice(flipped(image), 64)
        assert any(mismatches(_mild.Image(other), data) for other in others), folder


def test_exports_are_those_of_the_program(made: Made, program: Program, tmp_path: Path) -> None:
    table = pl.DataFrame(made.X, schema=["acid", "sugar", "density"])
    fitted = rejector().fit(table, made.losses)
    image = tmp_path / "rejector.mild"
    assert fitted.export("bin", image) == image.read_bytes() == fitted.image_
    config = rejector().write_log(tmp_path, table, made.losses)
    rust = program("export", image, "--format", "rust", "--config", config)
    assert fitted.export("rust", tmp_path / "rejector.rs") == rust
    assert "pub sugar: T," in (tmp_path / "rejector.rs").read_text()
    assert mild.load(image).export("rust") == program("export", image, "--format", "rust")
    arguments = ["export", image, "--format", "c", "--out", tmp_path / "wine"]
    program(*arguments, "--config", config)
    own = tmp_path / "own"
    own.mkdir()
    header, source = fitted.export("c", own, name="wine")
    assert "WINE_EXPERT_CLOUD = 2" in header
    for name, text in [("wine.h", header), ("wine.c", source)]:
        assert text == (own / name).read_text() == (tmp_path / name).read_text()
    # An image alone has no names of inputs.
    program(*arguments)
    assert mild.load(image).export("c", name="wine")[0] == (tmp_path / "wine.h").read_text()
    arguments = ["export", image, "--format", "vectors", "--out", tmp_path / "vectors.bin"]
    more: dict[str, Any] = {"rows": 3000, "seed": 7}
    cases: list[tuple[dict[str, Any], list[str]]] = [
        ({}, []),
        (more, ["--rows", "3000", "--seed", "7"]),
    ]
    for given, options in cases:
        program(*arguments, "--config", config, *options)
        found = fitted.export("vectors", tmp_path / "own.bin", **given)
        assert found == (tmp_path / "own.bin").read_bytes()
        assert found == (tmp_path / "vectors.bin").read_bytes()
        program(*arguments, *options)
        alone = mild.load(image).export("vectors", **given)
        assert alone == (tmp_path / "vectors.bin").read_bytes() != found
    with pytest.raises(ValueError, match="format: found 'elf', expected 'rust', .* or 'onnx'"):
        fitted.export("elf")  # type: ignore[call-overload]


def test_a_signed_image_is_read_as_it_was(made: Made, program: Program, tmp_path: Path) -> None:
    fitted = rejector(hidden=[]).fit(made.X, made.losses)
    image = tmp_path / "rejector.mild"
    fitted.save(image)
    program("keygen", tmp_path / "release")
    program("sign", image, "--key", tmp_path / "release.secret.pem", "--counter", "7")
    signed = tmp_path / "rejector.signed.mild"
    assert mild.load(signed).image_ == fitted.image_
    damaged = bytearray(signed.read_bytes())
    damaged[40] ^= 1
    signed.write_bytes(damaged)
    with pytest.raises(mild.MildError, match="rejector.signed.mild"):
        mild.load(signed)
