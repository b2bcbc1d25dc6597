"""Two models of handwritten digits, one of them int8 for a small device, and the rows to ask them about.

    python make_models.py --out DIRECTORY

writes `tiny-int8.onnx`, `wide.onnx` and `rows.csv`, and to `reference.csv` what onnxruntime makes of each row
with the int8 model. The digits are those that scikit-learn carries: 1,797 images of 8 by 8 pixels. The
models learn from 400 of them, and the others are the rows.
"""

import argparse
import csv
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import (
    CalibrationDataReader,
    QuantFormat,
    QuantType,
    quantize_static,
)
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier

# Images that the models learn from, and those of them that set the ranges of the codes.
LEARNED, RANGED = 400, 100
# The brightest pixel.
BRIGHTEST = 16


class Ranges(CalibrationDataReader):
    """The rows that set the ranges of the codes, one by one."""

    def __init__(self, rows):
        self.rows = iter(rows.astype(np.float32)[:, None])

    def get_next(self):
        row = next(self.rows, None)
        return None if row is None else {"pixels": row}


def write_float(model, path):
    """Writes a network of scikit-learn, which ends in the probabilities of the classes."""
    nodes, constants, last = [], [], "pixels"
    for layer, (weights, biases) in enumerate(zip(model.coefs_, model.intercepts_)):
        for name, values in [("weights", weights), ("biases", biases)]:
            constant = values.astype(np.float32)
            constants.append(numpy_helper.from_array(constant, f"{name}{layer}"))
        product, total = f"product{layer}", f"sum{layer}"
        nodes.append(helper.make_node("MatMul", [last, f"weights{layer}"], [product]))
        nodes.append(helper.make_node("Add", [product, f"biases{layer}"], [total]))
        last = total
        if layer + 1 < len(model.coefs_):
            last = f"active{layer}"
            nodes.append(helper.make_node("Relu", [total], [last]))
    nodes.append(helper.make_node("Softmax", [last], ["probabilities"], axis=1))

    def row_of(name, width):
        return helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, width])

    inputs, classes = model.coefs_[0].shape[0], model.coefs_[-1].shape[1]
    outputs = [row_of("probabilities", classes)]
    graph = helper.make_graph(nodes, "digits", [row_of("pixels", inputs)], outputs, constants)
    operators = [helper.make_opsetid("", 13)]
    written = helper.make_model(graph, opset_imports=operators, ir_version=8)
    onnx.checker.check_model(written)
    onnx.save(written, path)


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--out", type=Path, required=True, help="the folder to write to")
    out = arguments.parse_args().out
    out.mkdir(parents=True, exist_ok=True)

    digits = load_digits()
    known, rows, known_labels, labels = train_test_split(
        digits.data / BRIGHTEST,
        digits.target,
        train_size=LEARNED,
        stratify=digits.target,
        random_state=0,
    )
    tiny = MLPClassifier([8], max_iter=2000, random_state=0).fit(known, known_labels)
    wide = MLPClassifier([128], max_iter=2000, random_state=0).fit(known, known_labels)
    write_float(tiny, out / "tiny.onnx")
    write_float(wide, out / "wide.onnx")
    quantize_static(
        out / "tiny.onnx",
        out / "tiny-int8.onnx",
        Ranges(known[:RANGED]),
        quant_format=QuantFormat.QDQ,
        activation_type=QuantType.QInt8,
        weight_type=QuantType.QInt8,
        # With 8 bits of a weight sums of 16 bits overflow in onnxruntime, on processors without VNNI.
        reduce_range=True,
    )

    session = onnxruntime.InferenceSession(out / "tiny-int8.onnx")
    pixels = [f"pixel{place:02}" for place in range(rows.shape[1])]
    table, reference = [["label", *pixels]], [["reference"]]
    for label, row in zip(labels, rows.astype(np.float32)):
        (probabilities,) = session.run(None, {"pixels": row[None]})[0]
        table.append([label, *(f"{pixel:g}" for pixel in row)])
        reference.append([probabilities.argmax()])
    for name, content in [("rows.csv", table), ("reference.csv", reference)]:
        with open(out / name, "w", newline="", encoding="utf-8") as file:
            csv.writer(file, lineterminator="\n").writerows(content)


if __name__ == "__main__":
    main()
