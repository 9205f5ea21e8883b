"""The trained network as two ONNX graphs, one for reminders and one for replies: for CPUs."""

import logging
import warnings
from collections.abc import Mapping, Sequence
from contextlib import chdir
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import onnx
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from torch import Tensor, nn

from classifier.training.network import ReplyClassifier

OPSET = 17

# Weights in int8, one scale per output channel: rows of a matrix differ in size, and sharing one
# scale costs accuracy for nothing. What is left of it, the check against fp32 shows.
PER_CHANNEL = True


class _Half(nn.Module):
    """One method of the network as a module, which is what the exporter takes."""

    def __init__(self, network: ReplyClassifier, method: str) -> None:
        super().__init__()
        self.network = network
        self.method = method

    def forward(self, *inputs: Tensor) -> Any:
        return getattr(self.network, self.method)(*inputs)


def export_fp32(
    network: ReplyClassifier, questions: Sequence[str], *, reminder: Path, reply: Path
) -> None:
    """`reminder`: `ids`, `mask` (reminders, tokens) int64 -> `vectors` (reminders, slots, width).

    `reply`: `ids`, `mask` (replies, tokens) int64 and `vectors` (replies, slots, width) -> one
    output per question, by its name: (replies, labels) float32.
    """
    network = network.cpu().eval()
    # Written out step by step, ONNX Runtime finds more to fuse: a tenth faster than what tracing
    # makes of torch's own attention.
    network.encoder.set_attn_implementation("eager")
    # The second text is shorter: over a mask of ones alone the exporter would drop the mask.
    ids = torch.full((2, 8), 5, dtype=torch.int64)
    mask = torch.tensor([[1] * 8, [1] * 5 + [0] * 3])
    texts = {name: {0: "texts", 1: "tokens"} for name in ("ids", "mask")}
    vectors = {"vectors": {0: "texts"}}
    _export(_Half(network, "remember"), (ids, mask), reminder, outputs=["vectors"],
            axes=texts | vectors)  # fmt: skip
    with torch.no_grad():
        remembered = network.remember(ids, mask)
    _export(_Half(network, "answer"), (ids, mask, remembered), reply, outputs=list(questions),
            axes=texts | vectors | {question: {0: "texts"} for question in questions})  # fmt: skip


def _export(
    half: _Half,
    inputs: tuple[Tensor, ...],
    path: Path,
    *,
    outputs: list[str],
    axes: dict[str, dict[int, str]],
) -> None:
    with warnings.catch_warnings(), torch.no_grad():
        # The exporter by tracing is announced to go one day; the newer one needs a further package
        # and gives the same graph for an encoder, which has no control flow.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            half.eval(),
            inputs,
            str(path),
            input_names=["ids", "mask", "vectors"][: len(inputs)],
            output_names=outputs,
            dynamic_axes=axes,
            opset_version=OPSET,
            dynamo=False,
        )
    onnx.checker.check_model(str(path))


def quantise(fp32: Path, int8: Path) -> None:
    """The embeddings stay as they are: looking a word up takes as long in either, and a rounding
    there goes through all layers. It costs some 50 MB of memory.

    Signed weights are quickest; where they overflow, unsigned ones go another way, a quarter slower
    and nearly twice as exact. Seven bits round too coarsely to be served (docs/model.md).
    """
    # It tells the root logger about each node it leaves alone, over the progress bar.
    logging.disable(logging.WARNING)
    fp32, int8 = fp32.absolute(), int8.absolute()
    unsigned = overflows(torch.cpu.get_capabilities())
    try:
        # It works with files in the current folder, which would stay there if we were killed.
        with TemporaryDirectory() as folder, chdir(folder):
            quantize_dynamic(
                fp32,
                int8,
                weight_type=QuantType.QUInt8 if unsigned else QuantType.QInt8,
                per_channel=PER_CHANNEL,
                op_types_to_quantize=["MatMul", "Gemm"],
            )
    finally:
        logging.disable(logging.NOTSET)


def overflows(processor: Mapping[str, Any]) -> bool:
    """Whether products of bytes are added in pairs of 16 bits, which large signed weights overflow:
    on Intel and AMD without VNNI (Intel has it since 2019, AMD since 2022).

    `processor`: what it is able to do, as torch.cpu.get_capabilities says.
    """
    has_vnni = processor.get("avx512_vnni") or processor.get("avx_vnni")
    return processor["architecture"] == "x86_64" and not has_vnni
