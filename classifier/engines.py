"""What runs the network when reading: ONNX Runtime on a CPU, torch on a GPU, behind two methods.

`Network` is the one path from pairs to logits: the reader, the validation of a training, the
calibration and the checks of an export all go through it. It remembers the vectors of the
reminders it has met, because reminders repeat: only the reply is read again.
"""

import threading
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt
import onnxruntime

from classifier.readings import Pair
from classifier.tokens import Batch, TextTokenizer

Floats = npt.NDArray[np.float32]

# A reminder's vectors take 6 KB: 25 MB at most. A business has some dozen reminders, filled with
# names and times; those of the last days are the ones that are answered.
REMEMBERED_REMINDERS = 4096


class Engine(Protocol):
    def remember(self, reminders: Batch) -> Floats:
        """Vectors of each reminder: (reminders, slots, width)."""
        ...

    def answer(self, replies: Batch, vectors: Floats) -> Sequence[Floats]:
        """Per question, in the taxonomy's order, an array of shape (replies, labels).

        `vectors`: (replies, slots, width), of the reminder that each reply answers.
        """
        ...


class OnnxEngine:
    def __init__(self, reminder_graph: Path, reply_graph: Path) -> None:
        self._reminders = _session(reminder_graph)
        self._replies = _session(reply_graph)

    def remember(self, reminders: Batch) -> Floats:
        feed = {"ids": reminders.ids, "mask": reminders.mask}
        return np.asarray(self._reminders.run(None, feed)[0], dtype=np.float32)

    def answer(self, replies: Batch, vectors: Floats) -> Sequence[Floats]:
        feed = {"ids": replies.ids, "mask": replies.mask, "vectors": vectors}
        return [np.asarray(output, dtype=np.float32) for output in self._replies.run(None, feed)]


def _session(graph: Path) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
    # Idle threads must sleep, not spin: web, reading and delivery share the machine's cores.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = 3  # errors: warnings are about the graph's history, not ours
    return onnxruntime.InferenceSession(str(graph), options, providers=["CPUExecutionProvider"])


class Network:
    """An engine with its tokenizer and its memory of reminders."""

    def __init__(
        self,
        engine: Engine,
        tokenizer: TextTokenizer,
        *,
        budget: int,
        remembered: int = REMEMBERED_REMINDERS,
    ) -> None:
        self.engine = engine
        self.tokenizer = tokenizer
        self.budget = budget  # padded tokens a batch
        self.remembered = remembered
        self._vectors: OrderedDict[str, Floats] = OrderedDict()  # least lately used first
        self._lock = threading.Lock()  # around the order only, never while the engine runs

    def logits(self, pairs: Sequence[Pair]) -> list[Floats]:
        """Per question (pairs, labels), in the order of `pairs`, which must not be empty."""
        vectors = self._vectors_of({pair.prompt for pair in pairs})
        ids = self.tokenizer.encode_replies(pairs)
        results: list[Floats] = []
        for indices, batch in self.tokenizer.batches(ids, self.budget):
            known = np.stack([vectors[pairs[index].prompt] for index in indices])
            outputs = self.engine.answer(batch, known)
            if not results:
                results = [np.empty((len(pairs), each.shape[1]), np.float32) for each in outputs]
            for result, output in zip(results, outputs, strict=True):
                result[indices] = output
        return results

    def _vectors_of(self, prompts: set[str]) -> dict[str, Floats]:
        with self._lock:
            found = {prompt: self._vectors[prompt] for prompt in prompts & self._vectors.keys()}
            for prompt in found:
                self._vectors.move_to_end(prompt)
        new = sorted(prompts - found.keys())
        ids = self.tokenizer.encode(new) if new else []
        for indices, batch in self.tokenizer.batches(ids, self.budget):
            for index, vectors in zip(indices, self.engine.remember(batch), strict=True):
                # A copy: a view would keep its whole batch in memory for as long as it is kept.
                found[new[index]] = vectors.copy()
        with self._lock:
            self._vectors.update((prompt, found[prompt]) for prompt in new)
            while len(self._vectors) > self.remembered:
                self._vectors.popitem(last=False)
        return found


def softmax(logits: Floats, temperature: float = 1.0) -> Floats:
    """Along the last axis; a temperature above 1 makes every answer less sure."""
    scaled = logits / np.float32(temperature)
    powers = np.exp(scaled - scaled.max(axis=-1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=-1, keepdims=True), dtype=np.float32)
