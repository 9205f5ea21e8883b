"""Rows -> a model version: train, calibrate, export, judge on validation rows, write whole."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from time import monotonic

import numpy as np
from safetensors.torch import save_file
from transformers import AutoTokenizer, PreTrainedTokenizerBase

from classifier import versions
from classifier.data import DataError, Row, Split, assert_no_overlap, split
from classifier.engine_torch import TorchEngine, device_for, has_gpu
from classifier.engines import Engine, Floats, OnnxEngine, logits_of
from classifier.evaluation import Report, evaluate, macro_f1s
from classifier.reader import Reader
from classifier.rules import left_to_models
from classifier.scoring import TransformerScorer
from classifier.taxonomy import Taxonomy
from classifier.tokens import PairTokenizer
from classifier.training.calibration import temperature_for
from classifier.training.config import TrainingConfig
from classifier.training.export import export_fp32, quantise
from classifier.training.loop import as_json, train_network
from classifier.training.network import PairClassifier
from classifier.versions import Draft, Version, new_version, open_version

INT8_MAY_COST = (
    0.005  # of validation macro-F1, any question: three times faster is worth that, not more
)
GRAPH_MAY_DIFFER = (
    1e-3  # logits, torch against the fp32 graph: rounding is 1e-5, a wrong graph is 1
)
BUDGET = 4096  # padded tokens a batch when judging; results do not depend on it


class BadExport(RuntimeError):
    """The exported graph does not say what the network says."""


@dataclass(frozen=True, slots=True)
class Served:
    """The graph a CPU will read with, what it gave on the validation rows, and what int8 cost."""

    graph: str
    logits: list[Floats]
    figures: Report


def training_split(rows: Sequence[Row], taxonomy: Taxonomy) -> Split:
    """What a training learns from and is judged on: the rows that reach a model."""
    parts = split(left_to_models(rows, taxonomy))
    if not parts.train or not parts.validation:
        raise DataError(
            f"{len(rows)} rows are too few: none is left to"
            f" {'validate with' if parts.train else 'train on'}. Add rows; some 50 per label do."
        )
    return parts


def produce(
    data: Split,
    taxonomy: Taxonomy,
    config: TrainingConfig,
    *,
    models_dir: Path,
    now: datetime,
    quiet: bool = False,
) -> Version:
    """Trains and writes one version into `models_dir`. It is nobody's until it is registered."""
    assert_no_overlap(data.train, data.validation)
    started = monotonic()
    words = AutoTokenizer.from_pretrained(config.checkpoint)
    tokenizer = pair_tokenizer(words, config)
    network, history = train_network(
        data, taxonomy, config, tokenizer=tokenizer, device=device_for(gpu=has_gpu()), quiet=quiet
    )
    trained_seconds = monotonic() - started
    with new_version(models_dir, now=now) as draft:
        write_network(draft.path, network, words, taxonomy, config)
        served = export(draft.path, network, tokenizer, data.validation, taxonomy)
        temperatures = fitted_temperatures(served.logits, data.validation, taxonomy)
        write_json(draft.path / versions.CALIBRATION, {"temperatures": temperatures})
        serving = {
            "graph": served.graph, "max_tokens": config.max_tokens, "pad_id": tokenizer.pad_id,
        }  # fmt: skip
        write_json(draft.path / versions.SERVING, serving)
        report = own_report(draft, served.graph, tokenizer, temperatures, data, taxonomy)
        report["training"] = {
            "rows": len(data.train),
            "seconds": round(trained_seconds, 1),
            "epochs": as_json(history),
        }
        report["export"] = served.figures
        write_json(draft.path / versions.REPORT, report)
    return open_version(models_dir / draft.name)


def pair_tokenizer(words: PreTrainedTokenizerBase, config: TrainingConfig) -> PairTokenizer:
    backend = getattr(words, "backend_tokenizer", None)
    if backend is None or words.pad_token_id is None:
        raise DataError(
            f"{config.base_model} has no fast tokenizer with a padding token. Choose a checkpoint"
            " that has a tokenizer.json, such as the BERT, RoBERTa, DeBERTa or ModernBERT families."
        )
    return PairTokenizer(backend, max_tokens=config.max_tokens, pad_id=words.pad_token_id)


def write_network(
    folder: Path,
    network: PairClassifier,
    words: PreTrainedTokenizerBase,
    taxonomy: Taxonomy,
    config: TrainingConfig,
) -> None:
    state = {name: tensor.cpu().contiguous() for name, tensor in network.state_dict().items()}
    save_file(state, folder / versions.WEIGHTS)
    network.encoder.config.save_pretrained(folder / versions.ENCODER)
    words.save_pretrained(folder / versions.TOKENIZER)
    (folder / versions.TAXONOMY).write_text(taxonomy.source, encoding="utf-8")
    (folder / versions.CONFIG).write_text(config.to_json())


def export(
    folder: Path,
    network: PairClassifier,
    tokenizer: PairTokenizer,
    rows: Sequence[Row],
    taxonomy: Taxonomy,
) -> Served:
    """Both graphs, checked on the validation rows; int8 is served unless it costs too much."""
    fp32, int8 = folder / versions.FP32_GRAPH, folder / versions.INT8_GRAPH
    export_fp32(network, list(taxonomy.label_names), fp32)
    quantise(fp32, int8)
    by_network = logits_on(rows, TorchEngine(network, device_for(gpu=False)), tokenizer)
    by_fp32 = logits_on(rows, OnnxEngine(fp32), tokenizer)
    by_int8 = logits_on(rows, OnnxEngine(int8), tokenizer)
    difference = max(
        float(np.abs(ours - theirs).max()) for ours, theirs in zip(by_network, by_fp32, strict=True)
    )
    if difference > GRAPH_MAY_DIFFER:
        raise BadExport(
            f"Logits of the exported graph differ from the network's by {difference:.4f}. The"
            " checkpoint's architecture does not export: choose another with --base-model."
        )
    figures_fp32 = macro_f1s(by_fp32, rows, taxonomy)
    figures_int8 = macro_f1s(by_int8, rows, taxonomy)
    cost = {name: figures_fp32[name] - figures_int8[name] for name in figures_fp32}
    keeps_int8 = max(cost.values()) <= INT8_MAY_COST
    if not keeps_int8:
        int8.unlink()
    return Served(
        graph=(int8 if keeps_int8 else fp32).name,
        logits=by_int8 if keeps_int8 else by_fp32,
        figures={
            "served": "int8" if keeps_int8 else "fp32, because int8 costs too much",
            "macro_f1_fp32": figures_fp32,
            "macro_f1_int8": figures_int8,
            "largest_logit_difference_of_fp32_graph": difference,
        },
    )


def logits_on(rows: Sequence[Row], engine: Engine, tokenizer: PairTokenizer) -> list[Floats]:
    """Per question (rows, labels)."""
    pairs = [row.pair for row in rows]
    return logits_of(pairs, engine=engine, tokenizer=tokenizer, budget=BUDGET)


def fitted_temperatures(
    logits: Sequence[Floats], rows: Sequence[Row], taxonomy: Taxonomy
) -> dict[str, float]:
    return {
        question.name: temperature_for(
            scores, [question.column(row.labels[question.name]) for row in rows]
        )
        for question, scores in zip(taxonomy.questions, logits, strict=True)
    }


def own_report(
    draft: Draft,
    graph: str,
    tokenizer: PairTokenizer,
    temperatures: dict[str, float],
    data: Split,
    taxonomy: Taxonomy,
) -> Report:
    """The version judged as it will serve, on its validation rows."""
    scorer = TransformerScorer(
        name=draft.name,
        taxonomy=taxonomy,
        engine=OnnxEngine(draft.path / graph),
        tokenizer=tokenizer,
        temperatures=temperatures,
        budget=BUDGET,
    )
    readings = Reader(scorer).read([row.pair for row in data.validation])
    return evaluate(data.validation, readings, taxonomy, model=draft.name)


def write_json(path: Path, value: object) -> None:
    path.write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
