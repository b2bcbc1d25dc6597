"""A deferral log of raw motion samples, out of BasicMotions.

BasicMotions: students with a smart watch walk, run, stand, or play badminton; a recording has 100
samples of six axes (accelerometer and gyroscope) in ten seconds. The wheel of `aeon` carries it.

    python make_log.py --wheel aeon-1.6.0-py3-none-any.whl --out DIRECTORY

writes `log.csv` and `samples.bin`: the raw samples of the test rows, one after the other, each six
little-endian 16-bit readings.
"""

import argparse
import csv
import io
import zipfile
from pathlib import Path

import numpy as np
from sklearn.ensemble import ExtraTreesClassifier, RandomForestClassifier
from sklearn.model_selection import StratifiedGroupKFold
from sklearn.tree import DecisionTreeClassifier

# Of a window, and from the start of one to the next: 3.2 and 0.4 seconds.
LENGTH, STEP = 32, 4
AXES = ["ax", "ay", "az", "gx", "gy", "gz"]
# A reading of 1 is 1/512 of a unit of the recordings, so the range is -64 to 64 of them.
SCALE = 512
FOLDS = 5


def recordings(wheel, part):
    """The classes, and the readings: recordings x axes x samples."""
    name = f"aeon/datasets/data/BasicMotions/BasicMotions_{part}.ts"
    classes, readings = [], []
    with zipfile.ZipFile(wheel) as files, files.open(name) as file:
        for line in io.TextIOWrapper(file, "utf-8"):
            line = line.strip()
            if not line or line[0] in "#@":
                continue
            *axes, label = line.split(":")
            samples = np.array([[float(x) for x in axis.split(",")] for axis in axes])
            classes.append(label.lower())
            readings.append(np.clip(np.rint(samples * SCALE), -32768, 32767).astype(np.int16))
    return np.array(classes), np.array(readings)


def windows(recordings):
    """The windows of each recording: windows x axes x samples, and whose they are."""
    starts = range(0, recordings.shape[2] - LENGTH + 1, STEP)
    cut = [recordings[:, :, start : start + LENGTH] for start in starts]
    cut = np.stack(cut, axis=1)
    owner = np.repeat(np.arange(len(recordings)), len(starts))
    return cut.reshape(-1, *cut.shape[2:]), owner


def spread(samples):
    """What the device's own model looks at: how much the acceleration varies in 0.8 seconds."""
    magnitude = np.linalg.norm(samples[:, :3, -8:].astype(float), axis=1)
    return np.stack([magnitude.std(axis=1), np.ptp(magnitude, axis=1)], axis=1)


def turns(samples):
    """What the gateway's model looks at: how much each axis of the gyroscope varies."""
    return samples[:, 3:].astype(float).std(axis=2)


def everything(samples):
    """What the cloud's model looks at: statistics and the spectrum of each axis."""
    samples = samples.astype(float)
    power = np.abs(np.fft.rfft(samples - samples.mean(axis=2, keepdims=True)))[:, :, 1:]
    parts = [samples.mean(axis=2), samples.std(axis=2), np.ptp(samples, axis=2)]
    return np.concatenate([*parts, power.reshape(len(samples), -1)], axis=1)


# The device's own model and the experts, with what each is asked with.
EXPERTS = {
    "local": (spread, DecisionTreeClassifier(max_leaf_nodes=4, random_state=0)),
    "gateway": (turns, RandomForestClassifier(100, random_state=0)),
    "cloud": (everything, ExtraTreesClassifier(300, random_state=0)),
}


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--wheel", type=Path, required=True, help="the wheel of aeon")
    arguments.add_argument("--out", type=Path, required=True, help="the folder to write to")
    arguments = arguments.parse_args()

    known, known_readings = recordings(arguments.wheel, "TRAIN")
    new, new_readings = recordings(arguments.wheel, "TEST")
    known_samples, known_owner = windows(known_readings)
    new_samples, new_owner = windows(new_readings)
    labels = known[known_owner]

    # Whole recordings are left out, so that nobody has seen what it answers.
    folds = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=0)
    folds = list(folds.split(known_samples, labels, known_owner))
    answers = {}
    for name, (view_of, model) in EXPERTS.items():
        view = view_of(known_samples)
        out_of_fold = np.empty(len(labels), dtype=labels.dtype)
        for seen, unseen in folds:
            out_of_fold[unseen] = model.fit(view[seen], labels[seen]).predict(view[unseen])
        answers[name] = (out_of_fold, model.fit(view, labels).predict(view_of(new_samples)))

    # The last fold is for calibration.
    split = np.full(len(labels), "train      ")
    split[folds[-1][1]] = "calibration"
    arguments.out.mkdir(parents=True, exist_ok=True)
    with open(arguments.out / "log.csv", "w", newline="", encoding="utf-8") as file:
        log = csv.writer(file, lineterminator="\n")
        columns = [f"{axis}{place:02}" for axis in AXES for place in range(LENGTH)]
        log.writerow(["split", "recording", "activity", *answers, *columns])
        for row, samples in enumerate(known_samples):
            own = [answer[0][row] for answer in answers.values()]
            start = [split[row].strip(), f"train{known_owner[row]}", labels[row]]
            log.writerow([*start, *own, *samples.ravel()])
        for row, samples in enumerate(new_samples):
            own = [answer[1][row] for answer in answers.values()]
            start = ["test", f"test{new_owner[row]}", new[new_owner[row]]]
            log.writerow([*start, *own, *samples.ravel()])
    by_time = np.ascontiguousarray(new_samples.transpose(0, 2, 1)).astype("<i2")
    (arguments.out / "samples.bin").write_bytes(by_time.tobytes())

    for name, (out_of_fold, test) in answers.items():
        wrong = [(out_of_fold != labels).mean(), (test != new[new_owner]).mean()]
        print(f"{name}: wrong on {wrong[0]:.3f} of the train rows, {wrong[1]:.3f} of the test rows")


if __name__ == "__main__":
    main()
