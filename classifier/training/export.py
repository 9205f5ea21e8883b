"""The trained network as an ONNX graph, in fp32 and int8, for reading on CPUs."""

import logging
import warnings
from collections.abc import Sequence
from contextlib import chdir
from pathlib import Path
from tempfile import TemporaryDirectory

import onnx
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic

from classifier.training.network import PairClassifier

OPSET = 17

# Weights in int8, one scale per output channel: rows of a matrix differ in size, and sharing one
# scale costs accuracy for nothing. Full 8-bit range: processors with VNNI (since 2019) do not
# saturate; older ones lose a little, which the check against fp32 on the training machine shows.
PER_CHANNEL = True
REDUCE_RANGE = False


def export_fp32(network: PairClassifier, questions: Sequence[str], path: Path) -> None:
    """Inputs `ids`, `mask`, `types`: (pairs, tokens) int64.

    One output per question, by its name: (pairs, labels) float32.
    """
    network = network.cpu().eval()
    names = ["ids", "mask", "types"]
    # The second pair is shorter: over a mask of ones alone the exporter would drop the mask.
    ids = torch.full((2, 8), 5, dtype=torch.int64)
    mask = torch.tensor([[1] * 8, [1] * 5 + [0] * 3])
    types = torch.tensor([[0] * 4 + [1] * 4, [0] * 3 + [1] * 2 + [0] * 3])
    axes = {name: {0: "pairs", 1: "tokens"} for name in names}
    axes |= {question: {0: "pairs"} for question in questions}
    with warnings.catch_warnings(), torch.no_grad():
        # The exporter by tracing is announced to go one day; the newer one needs a further package
        # and gives the same graph for an encoder, which has no control flow.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            network,
            (ids, mask, types),
            str(path),
            input_names=names,
            output_names=list(questions),
            dynamic_axes=axes,
            opset_version=OPSET,
            dynamo=False,
        )
    onnx.checker.check_model(str(path))


def quantise(fp32: Path, int8: Path) -> None:
    # It tells the root logger about each node it leaves alone, over the progress bar.
    logging.disable(logging.WARNING)
    fp32, int8 = fp32.absolute(), int8.absolute()
    try:
        # It works with files in the current folder, which would stay there if we were killed.
        with TemporaryDirectory() as folder, chdir(folder):
            quantize_dynamic(
                fp32,
                int8,
                weight_type=QuantType.QInt8,
                per_channel=PER_CHANNEL,
                reduce_range=REDUCE_RANGE,
            )
    finally:
        logging.disable(logging.NOTSET)
