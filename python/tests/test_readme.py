"""The examples of the README, as they stand there."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import mild
import pytest


def test_the_examples_of_the_readme_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    page = (Path(__file__).parents[1] / "README.md").read_text()
    blocks = re.findall(r"```python\n(.*?)```", page, flags=re.DOTALL)
    assert len(blocks) == 3 and blocks[0].count("\n") <= 20
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    for block in blocks:
        exec(compile(block, "README.md", "exec"), names)
    loss = float(capsys.readouterr().out.splitlines()[0])
    # Half of the rows cost a tenth; always the device, or always the cloud, costs more.
    assert loss < 0.09
    assert names["rejector"].inputs_[-2:] == ("room=attic", "room=hall")
    assert "<main>" in (tmp_path / "report.html").read_text()
    assert (tmp_path / "network.onnx").stat().st_size > 0
    loaded = mild.load(tmp_path / "rejector.mild")
    assert len(loaded.image_) == (tmp_path / "rejector.mild").stat().st_size
    assert loaded.n_features_in_ == 4
