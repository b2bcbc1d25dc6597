"""Losses and gradients by scores from PyTorch, for `tests/pytorch.rs`.

    pip install torch
    python host-trainer/python/fixtures.py > host-trainer/tests/pytorch.json

Every loss is written down here as its definition reads, on double-precision random scores, and
differentiated by PyTorch. The numbers are seeded; a run with the same PyTorch gives the same file.
"""

import json
import sys

import torch
import torch.nn.functional as F

ROWS, EXPERTS = 12, 4
RHO = [0.4, 1.0, 2.5, 0.8]
Q = 0.7


def two_stage(psi):
    return lambda scores, weights: (weights * psi(scores)).sum(1)


def differences(scores):
    """r_j - r_k, as rows x k x j."""
    return scores[:, None, :] - scores[:, :, None]


def mild(form, rho):
    rho = torch.tensor(rho, dtype=torch.float64)
    outer = rho if form == "n" else torch.ones_like(rho)

    def loss(scores, weights):
        terms = torch.logsumexp(differences(scores) / rho[None, :, None], 2)
        return (weights * outer * terms).sum(1)

    return loss


def picce(scores, cheapest):
    masked = scores.masked_fill(cheapest == 0, -torch.inf)
    return F.cross_entropy(scores, masked.argmax(1), reduction="none")


def realizable(scores, acceptability):
    return -(acceptability * F.softmax(scores, 1)).sum(1).log()


def one_vs_all(scores, right):
    return F.binary_cross_entropy_with_logits(scores, right, reduction="none").sum(1)


def main():
    generator = torch.Generator().manual_seed(1)

    def uniform(low, high):
        values = torch.rand(ROWS, EXPERTS, generator=generator, dtype=torch.float64)
        return low + (high - low) * values

    weights = uniform(0, 1)
    # Some experts of equal, least cost on each row.
    cheapest = (uniform(0, 1) < 0.4).double()
    cheapest[:, 1] = torch.maximum(cheapest[:, 1], (cheapest.sum(1) == 0).double())
    losses = {
        "two-stage": (two_stage(lambda r: -F.log_softmax(r, 1)), weights),
        "two-stage-gce": (two_stage(lambda r: (1 - F.softmax(r, 1) ** Q) / Q), weights),
        "two-stage-mae": (two_stage(lambda r: 1 - F.softmax(r, 1)), weights),
        "two-stage-exp": (two_stage(lambda r: differences(r).exp().sum(2) - 1), weights),
        "mild-i-equal": (mild("i", [1.0] * EXPERTS), weights),
        "mild-n-equal": (mild("n", [1.0] * EXPERTS), weights),
        "mild-i": (mild("i", RHO), weights),
        "mild-n": (mild("n", RHO), weights),
        "picce": (picce, cheapest),
        "realizable": (realizable, weights),
        "one-vs-all": (one_vs_all, weights),
    }
    cases = {}
    for name, (loss, targets) in losses.items():
        scores = uniform(-4, 4).requires_grad_()
        values = loss(scores, targets)
        (gradient,) = torch.autograd.grad(values.sum(), scores)
        cases[name] = {
            "scores": scores.tolist(),
            "targets": targets.tolist(),
            "loss": values.tolist(),
            "gradient": gradient.tolist(),
        }
    document = {"torch": torch.__version__, "rho": RHO, "q": Q, "cases": cases}
    # A row of numbers to a line.
    text = json.dumps(document, separators=(",", ":"))
    sys.stdout.write(text.replace("],[", "],\n[").replace('"},"', '"},\n"').replace(']},', ']},\n') + "\n")


if __name__ == "__main__":
    main()
