"""A model version at work: pairs -> calibrated scores for every label of every question."""

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from classifier.engines import REMEMBERED_REMINDERS, Engine, Floats, Network, OnnxEngine, softmax
from classifier.readings import Pair
from classifier.taxonomy import Taxonomy
from classifier.tokens import TextTokenizer
from classifier.versions import TOKENIZER, Version

log = logging.getLogger(__name__)

Scores = Mapping[str, Mapping[str, float]]  # question -> label -> probability


class Scorer(Protocol):
    """What a reader asks once the rules had nothing to say: a transformer, or the baseline."""

    name: str
    taxonomy: Taxonomy

    @property
    def thresholds(self) -> Mapping[str, float]:
        """Label of the primary question -> the confidence from which it may be acted upon; empty
        where nobody fitted any.
        """
        ...

    def scores(self, pairs: Sequence[Pair]) -> list[Scores]:
        """One result per pair, in order; `pairs` is not empty."""
        ...


class TransformerScorer:
    def __init__(
        self,
        *,
        name: str,
        taxonomy: Taxonomy,
        network: Network,
        temperatures: Mapping[str, float],
        thresholds: Mapping[str, float],
    ) -> None:
        self.name = name
        self.taxonomy = taxonomy
        self.network = network
        self.temperatures = temperatures
        self.thresholds = thresholds

    def scores(self, pairs: Sequence[Pair]) -> list[Scores]:
        logits = self.network.logits(pairs)
        probabilities = {
            question.name: softmax(array, self.temperatures[question.name])
            for question, array in zip(self.taxonomy.questions, logits, strict=True)
        }
        return named_scores(probabilities, self.taxonomy)


def named_scores(probabilities: Mapping[str, Floats], taxonomy: Taxonomy) -> list[Scores]:
    """Question -> (pairs, labels) becomes one mapping of names per pair."""
    columns = [
        [dict(zip(question.label_names, row, strict=True)) for row in array.tolist()]
        for question in taxonomy.questions
        for array in (probabilities[question.name],)
    ]
    names = taxonomy.question_names
    return [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]


def scorer_of(
    version: Version,
    *,
    budget: int = 0,
    remembered: int = REMEMBERED_REMINDERS,
    gpu: bool | None = None,
) -> TransformerScorer:
    """`budget`: padded tokens a batch, 0 as the engine likes; `remembered`: reminders; `gpu`: None
    asks the machine.
    """
    on_gpu = gpu_is_usable() if gpu is None else gpu
    serving = version.serving
    tokenizer = TextTokenizer.from_folder(
        version.path / TOKENIZER, max_tokens=serving["max_tokens"], pad_id=serving["pad_id"]
    )
    engine = _torch_engine(version) if on_gpu else onnx_engine(version.path, serving)
    return TransformerScorer(
        name=version.name,
        taxonomy=version.taxonomy,
        network=Network(engine, tokenizer, budget=budget, remembered=remembered),
        temperatures=version.temperatures,
        thresholds=version.thresholds,
    )


def onnx_engine(folder: Path, serving: Mapping[str, Any]) -> OnnxEngine:
    return OnnxEngine(folder / serving["reminder_graph"], folder / serving["reply_graph"])


def gpu_is_usable() -> bool:
    """Looks for the driver's device files first: asking torch would import it in every process."""
    if not any(Path("/dev").glob("nvidia[0-9]*")):
        return False
    from classifier import engine_torch

    return engine_torch.has_gpu()


def _torch_engine(version: Version) -> Engine:
    from classifier import engine_torch
    from classifier.training.network import from_version

    counts = {name: len(labels) for name, labels in version.taxonomy.label_names.items()}
    network = from_version(version.path, counts, slots=version.config.reminder_slots)
    device = engine_torch.device_for(gpu=True)
    return engine_torch.TorchEngine(network, device, bf16=engine_torch.has_bf16(device))
