"""What runs the network when reading: ONNX Runtime on a CPU, torch on a GPU, behind one method.

`logits_of` is the one path from pairs to logits; the reader, the calibration and the checks of an
export all go through it.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt
import onnxruntime

from classifier.packing import packed
from classifier.readings import Pair
from classifier.tokens import Batch, PairTokenizer

Floats = npt.NDArray[np.float32]


class Engine(Protocol):
    def logits(self, batch: Batch) -> Sequence[Floats]:
        """Per question, in the taxonomy's order, an array of shape (pairs, labels)."""
        ...


class OnnxEngine:
    def __init__(self, graph: Path) -> None:
        options = onnxruntime.SessionOptions()
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
        # Idle threads must sleep, not spin: web, reading and delivery share the machine's cores.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        options.log_severity_level = 3  # errors: warnings are about the graph's history, not ours
        self.session = onnxruntime.InferenceSession(
            str(graph), options, providers=["CPUExecutionProvider"]
        )

    def logits(self, batch: Batch) -> Sequence[Floats]:
        feed = {"ids": batch.ids, "mask": batch.mask, "types": batch.types}
        return [np.asarray(output, dtype=np.float32) for output in self.session.run(None, feed)]


def logits_of(
    pairs: Sequence[Pair], *, engine: Engine, tokenizer: PairTokenizer, budget: int
) -> list[Floats]:
    """Per question an array (pairs, labels), in the order of `pairs`, which must not be empty."""
    tokens = tokenizer.encode(pairs)
    results: list[Floats] = []
    for indices in packed([len(pair) for pair in tokens], budget):
        outputs = engine.logits(tokenizer.batch([tokens[index] for index in indices]))
        if not results:
            results = [np.empty((len(pairs), output.shape[1]), np.float32) for output in outputs]
        for result, output in zip(results, outputs, strict=True):
            result[indices] = output
    return results


def softmax(logits: Floats, temperature: float = 1.0) -> Floats:
    """Along the last axis; a temperature above 1 makes every answer less sure."""
    scaled = logits / np.float32(temperature)
    powers = np.exp(scaled - scaled.max(axis=-1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=-1, keepdims=True), dtype=np.float32)
