"""A comparison beside the reference routers that come with the logs, as a Markdown table.

    mild compare DATA/*/mild.toml --methods all --seeds 10 --out OUT
    python host-trainer/python/reference.py OUT/compare.json DATA/reference.json

`reference.json` has, for each log, the test loss of a router of tree ensembles or logistic regressions, one for
each expert, chosen on the calibration rows. It runs on no microcontroller; it shows what the features hold.
"""

import json
import pathlib
import sys

LIMIT = 0.01


def main(comparison, reference):
    logs = json.loads(pathlib.Path(comparison).read_text())["logs"]
    reference = json.loads(pathlib.Path(reference).read_text())
    print("| log | reference router | its kind | `auto`, int8 (95 %) | bytes | difference | |")
    print("|---|---:|---|---|---:|---:|---|")
    for log in logs:
        auto = next((m for m in log["methods"] if m["method"] == "auto"), None)
        known = reference.get(log["log"])
        if auto is None or known is None or log["train_rows"] is not None:
            continue
        loss, router = auto["loss"], known["reference_router"]
        difference = loss["mean"] - router
        verdict = f"more than {LIMIT} above" if difference > LIMIT else "within"
        print(
            f"| {log['log']} | {router:.4f} | {known['reference_router_kind']} "
            f"| {loss['mean']:.4f} ({loss['low']:.4f} to {loss['high']:.4f}) "
            f"| {auto['image_bytes']} | {difference:+.4f} | {verdict} |"
        )


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
