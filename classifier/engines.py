"""What runs the network when reading: ONNX Runtime on a CPU, torch on a GPU, behind two methods.

`Network` is the one path from pairs to logits: the reader, the validation of a training, the
calibration and the checks of an export all go through it. It remembers the vectors of the
reminders it has met, because reminders repeat: only the reply is read again.
"""

import os
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Protocol, TypeVar

import numpy as np
import numpy.typing as npt
import onnxruntime

from classifier.readings import Pair
from classifier.tokens import Batch, TextTokenizer

Floats = npt.NDArray[np.float32]

# A reminder's vectors take 3 KB: 13 MB at most. A business has some dozen reminders, filled with
# names and times; those of the last days are the ones that are answered.
REMEMBERED_REMINDERS = 4096

# ONNX Runtime's kernel for an addition and the normalisation behind it in one takes twice as long
# as the two by themselves: an eighth of the time of a reply, where they take a twentieth.
SLOWER_FUSION = "SkipLayerNormFusion"

In = TypeVar("In")
Out = TypeVar("Out")


class Engine(Protocol):
    budget: int  # padded tokens of a batch with which it is quickest
    at_once: int  # batches that it takes at a time

    def remember(self, reminders: Batch) -> Floats:
        """Vectors of each reminder: (reminders, slots, width)."""
        ...

    def answer(self, replies: Batch, vectors: Floats) -> Sequence[Floats]:
        """Per question, in the taxonomy's order, an array of shape (replies, labels).

        `vectors`: (replies, slots, width), of the reminder that each reply answers.
        """
        ...


_KNOWS_AFFINITY = hasattr(os, "sched_getaffinity")  # not on macOS


class OnnxEngine:
    """Batches side by side, each on one core: some twenty short texts are too little to be shared
    out among cores, which would wait for each other after every multiplication. On two cores that
    is a sixth faster than one batch on both; and batches of 256 tokens, whose numbers fit a core's
    own cache, are half as fast again as such of 4,096.
    """

    budget = 256

    def __init__(self, reminder_graph: Path, reply_graph: Path) -> None:
        self.at_once = len(os.sched_getaffinity(0)) if _KNOWS_AFFINITY else os.cpu_count() or 1
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
    options.intra_op_num_threads = 1
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
    options.log_severity_level = 3  # errors: warnings are about the graph's history, not ours
    return onnxruntime.InferenceSession(
        str(graph),
        options,
        providers=["CPUExecutionProvider"],
        disabled_optimizers=[SLOWER_FUSION],
    )


class Network:
    """An engine with its tokenizer and its memory of reminders."""

    def __init__(
        self,
        engine: Engine,
        tokenizer: TextTokenizer,
        *,
        budget: int = 0,
        remembered: int = REMEMBERED_REMINDERS,
    ) -> None:
        self.engine = engine
        self.tokenizer = tokenizer
        self.budget = budget or engine.budget  # padded tokens a batch
        self.remembered = remembered
        self._vectors: OrderedDict[str, Floats] = OrderedDict()  # least lately used first
        self._lock = threading.Lock()  # around the order only, never while the engine runs

    def logits(self, pairs: Sequence[Pair]) -> list[Floats]:
        """Per question (pairs, labels), in the order of `pairs`, which must not be empty."""
        vectors = self._vectors_of({pair.prompt for pair in pairs})
        ids = self.tokenizer.encode_replies(pairs)
        results: list[Floats] = []

        def answered(part: tuple[list[int], Batch]) -> tuple[list[int], Sequence[Floats]]:
            indices, batch = part
            known = np.stack([vectors[pairs[index].prompt] for index in indices])
            return indices, self.engine.answer(batch, known)

        for indices, outputs in self._spread(answered, self.tokenizer.batches(ids, self.budget)):
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

        def remembered(part: tuple[list[int], Batch]) -> tuple[list[int], Floats]:
            return part[0], self.engine.remember(part[1])

        for indices, each in self._spread(remembered, self.tokenizer.batches(ids, self.budget)):
            for index, vectors in zip(indices, each, strict=True):
                # A copy: a view would keep its whole batch in memory for as long as it is kept.
                found[new[index]] = vectors.copy()
        with self._lock:
            self._vectors.update((prompt, found[prompt]) for prompt in new)
            while len(self._vectors) > self.remembered:
                self._vectors.popitem(last=False)
        return found

    def _spread(self, do: Callable[[In], Out], parts: Iterable[In]) -> Iterator[Out]:
        """In the order of `parts`. The threads end with the call: a fork finds none."""
        waiting = list(parts)
        workers = min(self.engine.at_once, len(waiting))
        if workers <= 1:
            yield from map(do, waiting)
            return
        with ThreadPoolExecutor(workers) as threads:
            yield from threads.map(do, waiting)


def softmax(logits: Floats, temperature: float = 1.0) -> Floats:
    """Along the last axis; a temperature above 1 makes every answer less sure."""
    scaled = logits / np.float32(temperature)
    powers = np.exp(scaled - scaled.max(axis=-1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=-1, keepdims=True), dtype=np.float32)
