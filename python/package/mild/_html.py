"""A rejector as HTML, for notebooks."""

from __future__ import annotations

from html import escape
from typing import Any

_STYLE = "text-align:right;padding:0.1em 0.6em"


def page(title: str, report: dict[str, Any], experts: tuple[str, ...]) -> str:
    """What a training found: the figures of the test rows, and what the image takes of a device."""
    parts = [f"<strong>{escape(title)}</strong>"]
    if "chosen" in report:
        parts.append(f"<div>chosen: {escape(report['chosen'])}</div>")
    if "table" in report:
        parts.append(_merits(report["table"], experts))
    image = report["image"]
    parts.append(
        f"<div>{image['image_bytes']} bytes of flash, {image['scratch_bytes']} bytes of scratch, "
        f"{image['macs']} multiply-accumulates; log {escape(image['provenance']['log_digest'])}, "
        f"seed {image['provenance']['seed']}</div>"
    )
    for warning in report.get("warnings", []):
        parts.append(f"<div>⚠ {escape(warning['text'])}</div>")
    return f"<div>{''.join(parts)}</div>"


def _merits(table: dict[str, Any], experts: tuple[str, ...]) -> str:
    head = ["", "deferral loss", "95 % interval", "accuracy", "price", *experts]
    rows = [_row("th", head)]
    for line in table["lines"]:
        loss = line["deferral_loss"]
        cells = [
            line["name"],
            f"{loss['mean']:.4f}",
            f"{loss['low']:.4f} to {loss['high']:.4f}",
            f"{line['accuracy']['mean']:.3f}",
            f"{line['price']['mean']:.4f}",
            *(f"{share:.1%}" for share in line["shares"]),
        ]
        rows.append(_row("td", cells))
    return f"<table><caption>{table['rows']} test rows</caption>{''.join(rows)}</table>"


def comparison(report: dict[str, Any]) -> str:
    """What `mild compare` found, a table for each log."""
    return f"<div>{''.join(_compared(log) for log in report['logs'])}</div>"


def _compared(log: dict[str, Any]) -> str:
    head = ["", "deferral loss", "95 % interval", "− best method", "95 % interval", "verdict"]
    rows = [_row("th", [*head, "local", "accuracy", "price", "bytes", "chosen"])]
    constants = [(f"always {one['expert']}", one["loss"]) for one in log["constants"]]
    for name, loss in [*constants, ("oracle", log["oracle"])]:
        rows.append(_row("td", [name, f"{loss:.4f}"]))
    for method in log["methods"]:
        loss, against = method["loss"], method["against_best"]
        difference = against["difference"]
        cells = [
            method["method"],
            f"{loss['mean']:.4f}",
            f"{loss['low']:.4f} to {loss['high']:.4f}",
            f"{difference['mean']:+.4f}",
            f"{difference['low']:+.4f} to {difference['high']:+.4f}",
            against["verdict"],
            f"{method['coverage']:.1%}",
            f"{method['accuracy']:.3f}",
            f"{method['price']:.4f}",
            "" if method["image_bytes"] is None else str(method["image_bytes"]),
            method["chosen"],
        ]
        rows.append(_row("td", cells))
    skipped = "".join(
        f"<div>{escape(method)} was left out: {escape(reason)}</div>"
        for method, reason in log["skipped"]
    )
    train = "all" if log["train_rows"] is None else log["train_rows"]
    title = f"{log['log']}: {log['rows']} test rows, {train} train rows"
    return f"<table><caption>{escape(title)}</caption>{''.join(rows)}</table>{skipped}"


def _row(tag: str, cells: list[str]) -> str:
    made = (f'<{tag} style="{_STYLE}">{escape(cell)}</{tag}>' for cell in cells)
    return f"<tr>{''.join(made)}</tr>"
