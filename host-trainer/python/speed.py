"""Wall-clock time of full-batch training steps: ours against PyTorch on the CPU.

    pip install torch numpy
    cargo build --release -p mild-trainer --example full_batch
    python host-trainer/python/speed.py

Both sides make the same steps from the same numbers: a 24-32-4 network with ReLU, the two-stage
log loss, its gradient over all rows, and plain gradient descent; the losses at the last step are
compared. PyTorch runs single precision in four ways (eager and `torch.compile`, with one thread and
with two), and in each repeat the fastest of them is set against ours. Sides alternate, so that other
work on the machine hits both. Prints a Markdown table.
"""

import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

import numpy as np
import torch
import torch.nn.functional as F

INPUTS, HIDDEN, EXPERTS = 24, 32, 4
SIZES = [(1_000, 1_000), (10_000, 200), (100_000, 30)]
THREADS = (1, 2)
WARM_UP = 5
REPEATS = 7
RATE = 0.05
PROGRAM = pathlib.Path(__file__).parents[2] / "target/release/examples/full_batch"


def problem(rows):
    """Features, weights of the experts and parameters, single precision."""
    random = np.random.default_rng(rows)
    features = random.standard_normal((rows, INPUTS))
    weights = random.random((rows, EXPERTS))
    layers = [
        random.standard_normal((HIDDEN, INPUTS)) * (2 / INPUTS) ** 0.5,
        np.zeros(HIDDEN),
        random.standard_normal((EXPERTS, HIDDEN)) * 0.1 * (2 / HIDDEN) ** 0.5,
        np.zeros(EXPERTS),
    ]
    return [array.astype(np.float32) for array in (features, weights, *layers)]


def loss(features, weights, w1, b1, w2, b2):
    hidden = torch.relu(F.linear(features, w1, b1))
    scores = F.linear(hidden, w2, b2)
    return -(weights * F.log_softmax(scores, 1)).sum() / len(features)


def theirs(function, arrays, steps, threads):
    """Seconds, and the loss at the last step."""
    torch.set_num_threads(threads)
    features, weights, *layers = (torch.from_numpy(array.copy()) for array in arrays)

    def descend(steps):
        parameters = [layer.clone().requires_grad_() for layer in layers]
        for _ in range(steps):
            value = function(features, weights, *parameters)
            gradients = torch.autograd.grad(value, parameters)
            with torch.no_grad():
                torch._foreach_add_(parameters, gradients, alpha=-RATE)
        return value.item()

    descend(WARM_UP)
    clock = time.perf_counter()
    value = descend(steps)
    return time.perf_counter() - clock, value


def ours(file, rows, steps):
    """Seconds, and the loss at the last step."""
    numbers = [INPUTS, HIDDEN, EXPERTS, rows, steps, RATE]
    command = [PROGRAM, file, *map(str, numbers)]
    out = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    seconds, value = map(float, out.split())
    return seconds, value


def main():
    compiled = torch.compile(loss, dynamic=False)
    print(f"PyTorch {torch.__version__}, {REPEATS} repeats, sides alternating.\n")
    print("| rows | PyTorch, ms a step | its fastest way | ours, ms a step | times as fast: median | least | most |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for rows, steps in SIZES:
        arrays = problem(rows)
        ways = [
            (f"{name}, {threads} thread{'s'[:threads > 1]}", function, threads)
            for name, function in (("eager", loss), ("compiled", compiled))
            for threads in THREADS
        ]
        for _, function, threads in ways:
            theirs(function, arrays, 1, threads)  # compiles
        ratios, their_times, our_times, fastest = [], [], [], []
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder) / "problem.f32"
            file.write_bytes(b"".join(array.tobytes() for array in arrays))
            for _ in range(REPEATS):
                runs = [(*theirs(function, arrays, steps, threads), name) for name, function, threads in ways]
                seconds, value, name = min(runs)
                our_seconds, our_value = ours(file, rows, steps)
                if abs(value - our_value) > 1e-4 * abs(value):
                    sys.exit(f"{rows} rows: the loss is {our_value} here, {value} in PyTorch")
                ratios.append(seconds / our_seconds)
                their_times.append(1e3 * seconds / steps)
                our_times.append(1e3 * our_seconds / steps)
                fastest.append(name)
        print(
            f"| {rows} | {statistics.median(their_times):.3f} | {statistics.mode(fastest)}"
            f" | {statistics.median(our_times):.3f} | {statistics.median(ratios):.2f}"
            f" | {min(ratios):.2f} | {max(ratios):.2f} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
