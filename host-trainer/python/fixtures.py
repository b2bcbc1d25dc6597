"""Losses and gradients by scores from PyTorch, for `tests/pytorch.rs`.

    pip install torch
    python host-trainer/python/fixtures.py > host-trainer/tests/pytorch.json

Every loss is written down here as its definition reads, on double-precision random scores, and
differentiated by PyTorch. The numbers are seeded; a run with the same PyTorch gives the same file but for
the last bits, which depend on the processor.
"""

import json
import sys

import torch
import torch.nn.functional as F

ROWS, EXPERTS, CLASSES = 12, 4, 3
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


def one_stage(pick):
    """Over classes and experts; targets are the class, one-hot, and which experts are right."""

    def loss(scores, targets):
        classes, experts = targets[:, :CLASSES], targets[:, CLASSES:]
        if pick:
            experts = confident(scores[:, CLASSES:], experts)
        return -(torch.cat([classes, experts], 1) * F.log_softmax(scores, 1)).sum(1)

    return loss


def one_stage_one_vs_all(pick):
    def loss(scores, targets):
        classes, experts = targets[:, :CLASSES], targets[:, CLASSES:]
        own, others = scores[:, :CLASSES], scores[:, CLASSES:]
        phi = F.logsigmoid
        if pick:
            experts = confident(others, experts)
        terms = -(classes * phi(own) + (1 - classes) * phi(-own)).sum(1) - phi(-others).sum(1)
        return terms - (experts * (phi(others) - phi(-others))).sum(1)

    return loss


def confident(scores, right):
    """1 for the expert that is right and has the highest score."""
    best = scores.masked_fill(right == 0, -torch.inf).argmax(1)
    return F.one_hot(best, right.shape[1]) * right


def main():
    generator = torch.Generator().manual_seed(1)
    # Of its own, so that the cases above keep their numbers.
    of_one_stage = torch.Generator().manual_seed(2)

    def uniform(low, high, width=EXPERTS, generator=generator):
        values = torch.rand(ROWS, width, generator=generator, dtype=torch.float64)
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

    def case(name, loss, targets, scores):
        scores.requires_grad_()
        values = loss(scores, targets)
        (gradient,) = torch.autograd.grad(values.sum(), scores)
        cases[name] = {
            "scores": scores.tolist(),
            "targets": targets.tolist(),
            "loss": values.tolist(),
            "gradient": gradient.tolist(),
        }

    for name, (loss, targets) in losses.items():
        case(name, loss, targets, uniform(-4, 4))

    labels = torch.randint(CLASSES, (ROWS,), generator=of_one_stage)
    # Rows with several experts that are right, with one, and with none.
    right = (uniform(0, 1, EXPERTS, of_one_stage) < 0.5).double()
    right[0], right[1] = 0, 1
    targets = torch.cat([F.one_hot(labels, CLASSES).double(), right], 1)
    for name, loss in {
        "one-stage": one_stage(False),
        "picce-one-stage": one_stage(True),
        "one-stage-one-vs-all": one_stage_one_vs_all(False),
        "picce-one-vs-all": one_stage_one_vs_all(True),
    }.items():
        case(name, loss, targets, uniform(-4, 4, CLASSES + EXPERTS, of_one_stage))
    document = {
        "torch": torch.__version__,
        "rho": RHO,
        "q": Q,
        "classes": CLASSES,
        "cases": cases,
    }
    # A row of numbers to a line.
    text = json.dumps(document, separators=(",", ":"))
    sys.stdout.write(text.replace("],[", "],\n[").replace('"},"', '"},\n"').replace(']},', ']},\n') + "\n")


if __name__ == "__main__":
    main()
