"""A training from rows to a version that serves: the session's one tiny model."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from classifier.data import DataError, Row, Split
from classifier.engine_torch import TorchEngine, device_for
from classifier.engines import OnnxEngine, logits_of
from classifier.reports import as_table
from classifier.scoring import scorer_of
from classifier.taxonomy import Taxonomy
from classifier.training.config import BUNDLED_MODEL, TrainingConfig, base_model_from
from classifier.training.loop import (
    UNLABELLED,
    rarity_weights,
    seed_everything,
    sum_of_losses,
    target_ids,
)
from classifier.training.network import from_checkpoint, from_version
from classifier.training.produce import produce, training_split
from classifier.versions import FP32_GRAPH, INT8_GRAPH

from .conftest import NOW, Tiny


def test_a_version_is_a_whole_folder_without_a_pickle(tiny: Tiny) -> None:
    names = {str(file.relative_to(tiny.version.path)) for file in tiny.version.path.rglob("*.*")}
    assert names >= {
        "model.safetensors", "encoder/config.json", "tokenizer/tokenizer.json", "model.onnx",
        "taxonomy.toml", "config.json", "calibration.json", "serving.json", "report.json",
        "manifest.json",
    }  # fmt: skip
    assert not {name for name in names if name.endswith((".bin", ".pt", ".pkl", ".joblib"))}


def test_a_version_keeps_its_labels_config_and_report(tiny: Tiny, taxonomy: Taxonomy) -> None:
    assert tiny.version.taxonomy == taxonomy
    assert tiny.version.config == tiny.config
    assert set(tiny.version.temperatures) == {"intent", "tone"}
    assert tiny.version.report["model"] == tiny.version.name
    assert tiny.version.report["training"]["rows"] == len(tiny.data.train)
    assert tiny.version.name in as_table(tiny.version.report)


def test_the_graph_says_what_the_network_says(tiny: Tiny, taxonomy: Taxonomy) -> None:
    counts = {name: len(labels) for name, labels in taxonomy.label_names.items()}
    network = from_version(tiny.version.path, counts)
    pairs = [row.pair for row in tiny.data.validation]
    tokenizer = scorer_of(tiny.version, budget=300).tokenizer
    engines = (
        TorchEngine(network, device_for(gpu=False)),
        OnnxEngine(tiny.version.path / FP32_GRAPH),
    )
    ours, theirs = (
        logits_of(pairs, engine=engine, tokenizer=tokenizer, budget=300) for engine in engines
    )
    for torch_logits, graph_logits in zip(ours, theirs, strict=True):
        assert np.allclose(torch_logits, graph_logits, atol=1e-4)


def test_the_served_graph_is_int8_unless_that_costs_too_much(tiny: Tiny) -> None:
    exported = tiny.version.report["export"]
    served_int8 = tiny.version.serving["graph"] == INT8_GRAPH
    cost = max(
        exported["macro_f1_fp32"][name] - exported["macro_f1_int8"][name]
        for name in ("intent", "tone")
    )
    assert served_int8 is (cost <= 0.005)
    assert (tiny.version.path / INT8_GRAPH).exists() is served_int8


def test_the_same_seed_trains_the_same_weights(
    tiny: Tiny, taxonomy: Taxonomy, tmp_path: Path
) -> None:
    again = produce(tiny.data, taxonomy, tiny.config, models_dir=tmp_path, now=NOW, quiet=True)
    assert again.digest == tiny.version.digest
    assert again.name == tiny.version.name


def test_training_learns(tiny: Tiny) -> None:
    epochs = tiny.version.report["training"]["epochs"]
    assert epochs[-1]["loss"] < epochs[0]["loss"]


def test_rows_on_both_sides_stop_a_training_before_it_starts(
    tiny: Tiny, taxonomy: Taxonomy, tmp_path: Path
) -> None:
    leaky = Split((*tiny.data.train, tiny.data.validation[0]), tiny.data.validation)
    with pytest.raises(DataError, match="both sides"):
        produce(leaky, taxonomy, tiny.config, models_dir=tmp_path, now=NOW, quiet=True)
    assert list(tmp_path.iterdir()) == []


def test_too_few_rows_say_so(taxonomy: Taxonomy) -> None:
    with pytest.raises(DataError, match="too few"):
        training_split([Row("", "yes", {"intent": "confirm", "tone": None})], taxonomy)


def test_a_row_without_a_tone_teaches_only_the_intent(taxonomy: Taxonomy) -> None:
    targets = target_ids([Row("", "t", {"intent": "cancel", "tone": None})], taxonomy)
    assert targets.tolist() == [[1, UNLABELLED]]
    logits = [torch.zeros(1, 7, requires_grad=True), torch.zeros(1, 4, requires_grad=True)]
    loss = sum_of_losses(logits, targets, [torch.ones(7), torch.ones(4)], 0.0)
    loss.backward()  # type: ignore[no-untyped-call]
    assert logits[0].grad is not None
    assert logits[0].grad.abs().sum() > 0
    assert logits[1].grad is not None
    assert logits[1].grad.abs().sum() == 0


def test_rare_labels_weigh_more_and_rows_one_on_average() -> None:
    targets = torch.tensor([0] * 90 + [1] * 10 + [UNLABELLED] * 50)
    weights = rarity_weights(targets, 3, 0.5)
    assert weights[1] == pytest.approx(3 * weights[0])
    assert (0.9 * weights[0] + 0.1 * weights[1]).item() == pytest.approx(1.0)


def test_padding_changes_no_answer(tiny_base: Path, tiny: Tiny) -> None:
    seed_everything(1)
    network = from_checkpoint(str(tiny_base), {"q": 3}, dropout=0.0).eval()
    ids = torch.tensor([[2, 5, 3, 6, 3]])
    types, mask = torch.tensor([[0, 0, 0, 1, 1]]), torch.ones_like(ids)
    padded = [torch.nn.functional.pad(part, (0, 4)) for part in (ids, mask, types)]
    assert torch.allclose(network(ids, mask, types)[0], network(*padded)[0], atol=1e-6)


def test_a_config_comes_back_from_its_file() -> None:
    config = replace(TrainingConfig(), epochs=9)
    assert TrainingConfig.from_json(config.to_json()) == config
    assert (
        str(BUNDLED_MODEL) not in config.to_json()
    )  # a folder of this machine says nothing elsewhere


def test_an_empty_setting_means_the_bundled_model() -> None:
    assert TrainingConfig(base_model=base_model_from("")).checkpoint == str(BUNDLED_MODEL)
    assert TrainingConfig(base_model=base_model_from("org/name")).checkpoint == "org/name"
    assert json.loads(TrainingConfig().to_json())["seed"] == TrainingConfig().seed


def test_only_a_usable_gpu_is_used() -> None:
    assert device_for(gpu=False).type == "cpu"
    assert device_for(gpu=True).type == "cuda"
