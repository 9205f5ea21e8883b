"""A training from rows to a version that serves: the session's one tiny model."""

import json
from dataclasses import replace
from pathlib import Path
from statistics import fmean

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import AutoModel, BertConfig, ModernBertConfig

from classifier.data import DataError, Row, Split, parse_row
from classifier.engine_torch import TorchEngine, device_for
from classifier.engines import Network
from classifier.readings import Pair
from classifier.reports import as_table
from classifier.scoring import onnx_engine, scorer_of
from classifier.taxonomy import Taxonomy
from classifier.tokens import TextTokenizer
from classifier.training import checkpoint
from classifier.training.checkpoint import recipe_of
from classifier.training.config import BUNDLED_MODEL, TrainingConfig, base_model_from
from classifier.training.export import export_fp32, overflows
from classifier.training.loop import Epoch, Progress, kept_epoch, seed_everything, step_inputs
from classifier.training.network import (
    ReplyClassifier,
    from_checkpoint,
    from_version,
    without_top_layers,
)
from classifier.training.produce import INT8_MAY_COST, produce, training_split
from classifier.training.targets import rarity_weights, sum_of_losses, targets_of
from tests.tiny import write_tiny_base

from .conftest import NOW, Tiny


def test_a_version_is_a_whole_folder_without_a_pickle(tiny: Tiny) -> None:
    names = {str(file.relative_to(tiny.version.path)) for file in tiny.version.path.rglob("*.*")}
    assert names >= {
        "model.safetensors", "encoder/config.json", "tokenizer/tokenizer.json", "thresholds.json",
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


def test_the_graphs_say_what_the_network_says(
    tiny: Tiny, taxonomy: Taxonomy, tmp_path: Path
) -> None:
    counts = {name: len(labels) for name, labels in taxonomy.label_names.items()}
    network = from_version(tiny.version.path, counts, slots=tiny.config.reminder_slots)
    pairs = [row.pair for row in tiny.data.validation]
    tokenizer = scorer_of(tiny.version, budget=300).network.tokenizer
    export_fp32(network, list(counts), reminder=tmp_path / "one", reply=tmp_path / "two")
    engines = (
        TorchEngine(network, device_for(gpu=False), bf16=False),
        onnx_engine(tmp_path, {"reminder_graph": "one", "reply_graph": "two"}),
    )
    ours, theirs = (Network(engine, tokenizer, budget=300).logits(pairs) for engine in engines)
    for torch_logits, graph_logits in zip(ours, theirs, strict=True):
        assert np.allclose(torch_logits, graph_logits, atol=1e-4)


def test_the_served_graphs_are_int8_unless_that_costs_too_much(tiny: Tiny) -> None:
    exported = tiny.version.report["export"]
    cost = fmean(
        exported["macro_f1_fp32"][name] - exported["macro_f1_int8"][name]
        for name in ("intent", "tone")
    )
    kind = "int8" if cost <= INT8_MAY_COST else "fp32"
    assert {path.name for path in tiny.version.path.glob("*.onnx")} == {
        f"reminder.{kind}.onnx",
        f"reply.{kind}.onnx",
    }


@pytest.mark.parametrize(
    ("processor", "overflow"),
    [
        ({"architecture": "x86_64", "avx512_vnni": True, "avx_vnni": False}, False),
        ({"architecture": "x86_64", "avx512_vnni": False, "avx_vnni": True}, False),
        ({"architecture": "x86_64", "avx512_vnni": False, "avx_vnni": False}, True),
        ({"architecture": "aarch64"}, False),
    ],
)
def test_signed_weights_overflow_on_intel_and_amd_without_vnni(
    processor: dict[str, object], *, overflow: bool
) -> None:
    assert overflows(processor) == overflow
    assert processor.keys() <= torch.cpu.get_capabilities().keys()  # it is asked by these names


def test_the_same_seed_trains_the_same_weights(
    tiny: Tiny, taxonomy: Taxonomy, tmp_path: Path
) -> None:
    again = produce(tiny.data, taxonomy, tiny.config, models_dir=tmp_path, now=NOW, quiet=True)
    assert again is not None
    assert again.digest == tiny.version.digest
    assert again.name == tiny.version.name


def test_whoever_may_read_a_version_may_read_its_weights(tiny: Tiny) -> None:
    modes = {file.stat().st_mode for file in tiny.version.path.iterdir() if file.is_file()}
    assert len(modes) == 1


def test_another_code_or_base_is_another_recipe(
    tiny: Tiny, taxonomy: Taxonomy, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = {recipe_of(tiny.data, taxonomy, tiny.config) for _ in range(2)}
    for changed in ({"base": "other", "code": "c"}, {"base": "b", "code": "other"}):
        monkeypatch.setattr(checkpoint, "origins_of", lambda config, to=changed: to)
        made.add(recipe_of(tiny.data, taxonomy, tiny.config))
    assert len(made) == 3


def test_training_learns(tiny: Tiny) -> None:
    epochs = tiny.version.report["training"]["epochs"]
    assert epochs[-1]["loss"] < epochs[0]["loss"]


@pytest.mark.parametrize(
    ("scores", "rows", "kept"),
    [
        ((0.66, 0.735, 0.733), 600, 3),  # not told apart, and the later one has less noise
        ((0.66, 0.735, 0.733), 1_000_000, 2),
        ((0.70, 0.78, 0.74), 600, 2),  # it has begun to learn the rows by heart
        ((0.70, 0.69, 0.71), 600, 3),
        ((0.0, 0.0), 600, 2),
        ((0.5,), 0, 1),
    ],
)
def test_the_last_epoch_is_kept_that_is_no_worse_than_the_best_for_sure(
    scores: tuple[float, ...], rows: int, kept: int
) -> None:
    history = [
        Epoch(number, 1.0, {"intent": score + 0.01, "tone": score - 0.01})
        for number, score in enumerate(scores, start=1)
    ]
    assert kept_epoch(history, rows).number == kept


def test_the_encoder_learns_without_the_dropout_of_its_pretraining(
    tiny: Tiny, taxonomy: Taxonomy, tmp_path: Path
) -> None:
    config = replace(tiny.config, encoder_dropout=True)
    noisy = produce(tiny.data, taxonomy, config, models_dir=tmp_path, now=NOW, quiet=True)
    assert noisy is not None
    ours, theirs = (each.report["training"]["epochs"][0] for each in (tiny.version, noisy))
    assert ours["loss"] != theirs["loss"]
    assert not tiny.config.encoder_dropout


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
    targets = targets_of([Row("", "t", {"intent": "cancel", "tone": None})], taxonomy)
    assert [shares.sum().item() for shares in targets] == [1.0, 0.0]
    logits = [torch.zeros(1, 7, requires_grad=True), torch.zeros(1, 4, requires_grad=True)]
    loss = sum_of_losses(logits, targets, [torch.ones(7), torch.ones(4)], 0.0)
    loss.backward()  # type: ignore[no-untyped-call]
    assert logits[0].grad is not None
    assert logits[0].grad.abs().sum() > 0
    assert logits[1].grad is not None
    assert logits[1].grad.abs().sum() == 0


def test_where_people_were_divided_their_shares_are_learnt(taxonomy: Taxonomy) -> None:
    line = json.dumps({
        "text": "ok I guess", "intent": "confirm", "weight": 2,
        "intent_probabilities": {"confirm": 3, "other": 1},
    })  # fmt: skip
    [intent, tone] = targets_of([parse_row(line, taxonomy, where="x:1")], taxonomy)
    names = taxonomy.primary.label_names
    assert intent[0, names.index("confirm")] == 1.5
    assert intent[0, names.index("other")] == 0.5
    assert tone.sum() == 0


def test_rare_labels_weigh_more_and_rows_one_on_average() -> None:
    targets = torch.zeros(150, 3)
    targets[:90, 0] = targets[90:100, 1] = 1.0  # 50 rows are not labelled
    weights = rarity_weights(targets, 0.5)
    assert weights[1] == pytest.approx(3 * weights[0])
    assert (0.9 * weights[0] + 0.1 * weights[1]).item() == pytest.approx(1.0)


def tiny_network(base: Path, label_counts: dict[str, int]) -> ReplyClassifier:
    return from_checkpoint(str(base), label_counts, kept_layers=1.0, slots=2, dropout=0.0).eval()


def test_the_lowest_layers_are_kept_as_they_were_pretrained(tmp_path: Path) -> None:
    base = write_tiny_base(tmp_path, layers=3)
    whole = AutoModel.from_pretrained(base)
    network = from_checkpoint(str(base), {"q": 3}, kept_layers=0.67, slots=2, dropout=0.0)
    kept = network.encoder.state_dict()
    assert network.encoder.config.num_hidden_layers == 2
    assert {name.split(".")[2] for name in kept if name.startswith("encoder.layer.")} == {"0", "1"}
    for name, tensor in kept.items():
        assert torch.equal(tensor, whole.state_dict()[name]), name


def test_a_checkpoint_without_all_its_weights_is_refused(tmp_path: Path) -> None:
    base = write_tiny_base(tmp_path)
    weights = load_file(base / "model.safetensors")
    save_file(
        {name: each for name, each in weights.items() if "attention.self" not in name},
        base / "model.safetensors",
        metadata={"format": "pt"},
    )
    with pytest.raises(OSError, match="no weights for encoder"):
        tiny_network(base, {"q": 3})


@pytest.mark.parametrize(("layers", "share", "kept"), [(6, 0.67, 4), (12, 0.67, 8), (1, 0.3, 1)])
def test_a_config_says_how_many_layers_are_left_and_of_what_kind(
    layers: int, share: float, kept: int
) -> None:
    bert = without_top_layers(BertConfig(num_hidden_layers=layers), share)
    assert bert.num_hidden_layers == kept
    modern = without_top_layers(ModernBertConfig(num_hidden_layers=layers), share)
    modern.validate()  # a kind for each layer, or it could not be saved
    assert len(modern.layer_types) == kept


def test_padding_changes_no_answer(tiny_base: Path) -> None:
    seed_everything(1)
    network = tiny_network(tiny_base, {"q": 3})
    ids = torch.tensor([[2, 5, 6, 3]])
    mask = torch.ones_like(ids)
    wide_ids, wide_mask = (torch.nn.functional.pad(part, (0, 4)) for part in (ids, mask))
    vectors = network.remember(ids, mask)
    assert torch.allclose(vectors, network.remember(wide_ids, wide_mask), atol=1e-6)
    [logits], [same] = (
        network.answer(ids, mask, vectors),
        network.answer(wide_ids, wide_mask, vectors),
    )
    assert torch.allclose(logits, same, atol=1e-6)


@pytest.mark.parametrize("packs", [True, False])
def test_a_training_step_says_what_reading_says(tiny_base: Path, *, packs: bool) -> None:
    seed_everything(1)
    network = tiny_network(tiny_base, {"q": 3, "r": 2})
    network.packs = packs
    tokenizer = TextTokenizer.from_folder(tiny_base, max_tokens=80, pad_id=0)
    pairs = [
        Pair("can you", "yes"), Pair("stop", "no, not late"), Pair("can you", "can you " * 30),
        Pair("", "park?"), Pair("stop", ""), Pair("can you", "no"),
    ]  # fmt: skip
    cpu = device_for(gpu=False)
    with torch.no_grad():
        step = network(*step_inputs(pairs, tokenizer, network, cpu))
    read = Network(TorchEngine(network, cpu, bf16=False), tokenizer, budget=200).logits(pairs)
    for learnt, answered in zip(step, read, strict=True):
        assert np.allclose(learnt.numpy(), answered, atol=1e-5)


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


def test_a_training_says_how_far_it_is_whether_or_not_it_is_watched(
    tiny: Tiny, taxonomy: Taxonomy, tmp_path: Path
) -> None:
    config = replace(tiny.config, epochs=2)
    said: list[Progress] = []
    produce(
        tiny.data, taxonomy, config, models_dir=tmp_path, now=NOW, quiet=True,
        on_progress=said.append,
    )  # fmt: skip
    rows = len(tiny.data.train)
    done = [progress.done for progress in said]
    assert done == sorted(done)
    assert done[0] == config.batch_rows
    assert (done[-1], said[-1].total) == (2 * rows, 2 * rows)
