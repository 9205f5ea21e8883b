"""Rows -> a model version: train, export, calibrate, choose thresholds, write it whole."""

import json
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from statistics import fmean
from tempfile import TemporaryDirectory
from time import monotonic
from typing import Any

import numpy as np
from safetensors.torch import save_file
from transformers import AutoConfig, AutoTokenizer, PreTrainedTokenizerBase

from classifier import lineage, versions
from classifier.data import (
    DataError,
    Row,
    Split,
    as_it_is_read,
    assert_no_overlap,
    digest_of,
    split,
    split_key,
)
from classifier.engine_torch import TorchEngine, device_for
from classifier.engines import Engine, Floats, Network, softmax
from classifier.evaluation import Report, evaluate, macro_f1s
from classifier.reader import Reader
from classifier.rules import left_to_models
from classifier.scoring import TransformerScorer, onnx_engine
from classifier.taxonomy import Taxonomy
from classifier.thresholds import Judged, chosen_thresholds
from classifier.tokens import TextTokenizer
from classifier.training.calibration import FEWEST_ROWS, temperature_for
from classifier.training.checkpoint import Checkpoint, recipe_of
from classifier.training.config import TrainingConfig
from classifier.training.export import export_fp32, quantise
from classifier.training.loop import (
    Progress,
    accelerator_for_training,
    as_json,
    train_network,
)
from classifier.training.network import ReplyClassifier
from classifier.training.origins import origins_of
from classifier.training.smoothing import smoothed
from classifier.versions import GRAPHS, BadExport, Version, new_version, open_version

# Of validation macro-F1, the mean of all questions: three times faster is worth that. Not of each:
# int8 answers 1 % of the rows otherwise, for better or worse, which by itself moves one question's
# figure by some 0.2 points.
INT8_MAY_COST = 0.003
GRAPH_MAY_DIFFER = 1e-3  # logits, torch against the fp32 graph: rounding is 1e-5, a wrong graph 1
CHECKPOINT_SECONDS = 20.0  # unless the setting says otherwise


@dataclass(frozen=True, slots=True)
class Served:
    """The graphs a CPU will read with, their logits on the validation rows, what int8 cost."""

    graphs: Mapping[str, str]  # "reminder_graph" and "reply_graph" -> file
    logits: list[Floats]
    figures: Report


def training_split(
    rows: Sequence[Row], taxonomy: Taxonomy, *, held_out: Sequence[Row] = ()
) -> Split:
    """What a training learns from and is tuned on: the rows that reach a model.

    The words that a validation row gets in the place of its chips may by chance be those of another
    row. Where that one is learnt or `held_out`, the validation row is left out.
    """
    parts = split(left_to_models(rows, taxonomy))
    elsewhere = {split_key(row) for row in (*parts.train, *held_out)}
    read = map(as_it_is_read, parts.validation)
    validation = tuple(row for row in read if split_key(row) not in elsewhere)
    if not parts.train or not validation:
        raise DataError(
            f"{len(rows)} rows are too few: none is left to"
            f" {'validate with' if parts.train else 'train on'}. Add rows; some 50 per label do."
        )
    return replace(parts, validation=validation)


def produce(
    data: Split,
    taxonomy: Taxonomy,
    config: TrainingConfig,
    *,
    models_dir: Path,
    now: datetime,
    held_out: Sequence[Row] = (),
    made_by: Mapping[str, Any] | None = None,
    quiet: bool = False,
    on_progress: Callable[[Progress], object] = lambda progress: None,
    on_stage: Callable[[str], object] = lambda stage: None,
    checkpoint_seconds: float = CHECKPOINT_SECONDS,
) -> Version | None:
    """Trains and writes one version into `models_dir`. It is nobody's until it is registered.

    `held_out`: what versions are judged on, asserted to share nothing with what is trained on.
    `made_by`: kept in the version's report. `on_stage` is told what follows the training, as it
    begins. None in those of several processes that only help to train.
    """
    assert_no_overlap(data.train, data.validation)
    assert_no_overlap((*data.train, *data.validation), held_out)
    started = monotonic()
    words = AutoTokenizer.from_pretrained(config.checkpoint)
    tokenizer = text_tokenizer(words, config)
    checkpoint = Checkpoint(models_dir, data, taxonomy, config, every=checkpoint_seconds)
    accelerator = accelerator_for_training()
    network, history = train_network(
        data, taxonomy, config, tokenizer=tokenizer, accelerator=accelerator,
        checkpoint=checkpoint, quiet=quiet, on_progress=on_progress,
    )  # fmt: skip
    if not accelerator.is_main_process:
        return None
    trained_seconds = monotonic() - started
    with new_version(models_dir, now=now) as draft:
        write_network(draft.path, network, words, taxonomy, config)
        served = export(draft.path, network, tokenizer, data, taxonomy, on_stage)
        on_stage("fitting its confidences")
        usual = usual_rows(data.validation)
        temperatures = fitted_temperatures(served.logits, data.validation, taxonomy, usual)
        write_json(draft.path / versions.CALIBRATION, {"temperatures": temperatures})
        thresholds = fitted_thresholds(
            served.logits, data.validation, taxonomy, temperatures, usual
        )
        write_json(draft.path / versions.THRESHOLDS, {"thresholds": thresholds})
        serving = {
            **served.graphs, "max_tokens": tokenizer.max_tokens, "pad_id": tokenizer.pad_id,
        }  # fmt: skip
        write_json(draft.path / versions.SERVING, serving)
        scorer = TransformerScorer(
            name=draft.name,
            taxonomy=taxonomy,
            network=Network(onnx_engine(draft.path, serving), tokenizer),
            temperatures=temperatures,
            thresholds=thresholds,
        )
        readings = Reader(scorer).read([row.pair for row in data.validation])
        report = evaluate(
            data.validation, readings, taxonomy, model=draft.name, thresholds=thresholds
        )
        report["training"] = {
            "rows": len(data.train),
            "rows_digest": digest_of(data.train),
            "recipe": recipe_of(data, taxonomy, config),
            "seconds": round(trained_seconds, 1),
            "epochs": as_json(history),
            "device": str(accelerator.device),
            "processes": accelerator.num_processes,
            **origins_of(config),
            **lineage.write(draft.path, data),
            **(made_by or {}),
        }
        report["export"] = served.figures
        write_json(draft.path / versions.REPORT, report)
    checkpoint.delete()
    return open_version(models_dir / draft.name)


def text_tokenizer(words: PreTrainedTokenizerBase, config: TrainingConfig) -> TextTokenizer:
    backend = getattr(words, "backend_tokenizer", None)
    if backend is None or words.pad_token_id is None:
        raise DataError(
            f"{config.base_model} has no fast tokenizer with a padding token. Choose a checkpoint"
            " that has a tokenizer.json, such as the BERT, RoBERTa, DeBERTa or ModernBERT families."
        )
    # RoBERTa and its kin lose two places to padding; the reminder's vectors take places, too.
    places = getattr(AutoConfig.from_pretrained(config.checkpoint), "max_position_embeddings", None)
    room = (places or config.max_tokens + config.reminder_slots + 2) - config.reminder_slots - 2
    return TextTokenizer(
        backend, max_tokens=min(config.max_tokens, room), pad_id=words.pad_token_id
    )


def write_network(
    folder: Path,
    network: ReplyClassifier,
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
    # safetensors leaves its file to its owner alone; who trains need not be who reads.
    shutil.copymode(folder / versions.CONFIG, folder / versions.WEIGHTS)


def export(
    folder: Path,
    network: ReplyClassifier,
    tokenizer: TextTokenizer,
    data: Split,
    taxonomy: Taxonomy,
    on_stage: Callable[[str], object],
) -> Served:
    """fp32 and int8 graphs, checked on the validation rows; only what is served stays: int8,
    unless it costs too much.
    """
    names = {kind: {half: f"{half}.{kind}.onnx" for half in GRAPHS} for kind in ("fp32", "int8")}
    paths = {kind: {half: folder / name for half, name in of.items()} for kind, of in names.items()}
    on_stage("exporting the version")
    export_fp32(network, list(taxonomy.label_names), **paths["fp32"])
    with TemporaryDirectory() as scratch:
        on_stage("making it int8")
        smooth = {half: Path(scratch) / f"{half}.onnx" for half in GRAPHS}
        copied = smoothed(network, [row.pair for row in data.train], tokenizer)
        export_fp32(copied, list(taxonomy.label_names), **smooth)
        for half in GRAPHS:
            quantise(smooth[half], paths["int8"][half])
    on_stage("comparing its graphs")
    rows = data.validation
    graphs = {
        kind: {f"{half}_graph": name for half, name in of.items()} for kind, of in names.items()
    }
    by_network = logits_on(rows, TorchEngine(network, device_for(gpu=False), bf16=False), tokenizer)
    by = {kind: logits_on(rows, onnx_engine(folder, graphs[kind]), tokenizer) for kind in names}
    difference = max(
        float(np.abs(ours - theirs).max())
        for ours, theirs in zip(by_network, by["fp32"], strict=True)
    )
    if difference > GRAPH_MAY_DIFFER:
        raise BadExport(
            f"Logits of the exported graphs differ from the network's by {difference:.4f}. The"
            " checkpoint's architecture does not export: choose another with --base-model."
        )
    figures = {kind: macro_f1s(logits, rows, taxonomy) for kind, logits in by.items()}
    cost = fmean(figures["fp32"][name] - figures["int8"][name] for name in figures["fp32"])
    kept, dropped = ("int8", "fp32") if cost <= INT8_MAY_COST else ("fp32", "int8")
    for path in paths[dropped].values():
        path.unlink()
    return Served(
        graphs=graphs[kept],
        logits=by[kept],
        figures={
            "served": kept if kept == "int8" else "fp32, because int8 costs too much",
            "macro_f1_fp32": figures["fp32"],
            "macro_f1_int8": figures["int8"],
            "largest_logit_difference_of_fp32_graph": difference,
        },
    )


def logits_on(rows: Sequence[Row], engine: Engine, tokenizer: TextTokenizer) -> list[Floats]:
    """Per question (rows, labels)."""
    return Network(engine, tokenizer).logits([row.pair for row in rows])


def usual_rows(rows: Sequence[Row]) -> list[int]:
    """The places of those that confidences are fitted to: of rows as they come. A model is right
    less often about hard ones, and people err more, too: fitted to such rows, it would be told to
    doubt all others. Where too few are left, all of them.
    """
    usual = [place for place, row in enumerate(rows) if not row.hard]
    return usual if len(usual) >= FEWEST_ROWS else list(range(len(rows)))


def fitted_temperatures(
    logits: Sequence[Floats], rows: Sequence[Row], taxonomy: Taxonomy, places: Sequence[int]
) -> dict[str, float]:
    """Per question, over the rows at these places."""
    return {
        question.name: temperature_for(
            scores[places], [question.column(rows[place].labels[question.name]) for place in places]
        )
        for question, scores in zip(taxonomy.questions, logits, strict=True)
    }


def fitted_thresholds(
    logits: Sequence[Floats],
    rows: Sequence[Row],
    taxonomy: Taxonomy,
    temperatures: Mapping[str, float],
    places: Sequence[int],
) -> dict[str, float]:
    """Of the primary question, which is what Nod acts upon; over the rows at these places."""
    question = taxonomy.primary
    probabilities = softmax(logits[0][places], temperatures[question.name])
    judged = [
        Judged(
            label=question.label_names[int(scores.argmax())],
            confidence=float(scores.max()),
            right=int(scores.argmax()) == right,
        )
        for place, scores in zip(places, probabilities, strict=True)
        if (right := question.column(rows[place].labels[question.name])) is not None
    ]
    return chosen_thresholds(judged, {label.name: label.mistake for label in question.labels})


def write_json(path: Path, value: object) -> None:
    path.write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
