"""int8 loses less where weights take over the outliers; in fp32 nothing changes."""

import numpy as np
from torch import nn

from classifier.engine_torch import TorchEngine, device_for
from classifier.engines import Network
from classifier.scoring import scorer_of
from classifier.taxonomy import Taxonomy
from classifier.training.network import ReplyClassifier, from_version
from classifier.training.smoothing import Smoothed, smoothed

from .conftest import Tiny


def test_a_smoothed_network_says_the_same(tiny: Tiny, taxonomy: Taxonomy) -> None:
    network = _network(tiny, taxonomy)
    tokenizer = scorer_of(tiny.version, budget=300).network.tokenizer
    pairs = [row.pair for row in tiny.data.train]
    other = smoothed(network, pairs, tokenizer)
    asked = [row.pair for row in tiny.data.validation]
    before, after = (
        Network(TorchEngine(each, device_for(gpu=False), bf16=False), tokenizer).logits(asked)
        for each in (network, other)
    )
    for ours, theirs in zip(before, after, strict=True):
        assert np.allclose(ours, theirs, atol=1e-4)


def test_every_layer_of_the_encoder_is_smoothed_in_a_copy(tiny: Tiny, taxonomy: Taxonomy) -> None:
    network = _network(tiny, taxonomy)
    layers = {
        name for name, part in network.encoder.named_modules()
        if isinstance(part, nn.Linear) and "pooler" not in name
    }  # fmt: skip
    tokenizer = scorer_of(tiny.version, budget=300).network.tokenizer
    other = smoothed(network, [row.pair for row in tiny.data.train], tokenizer)
    found = {name for name, part in other.encoder.named_modules() if isinstance(part, Smoothed)}
    assert found == layers
    assert not any(isinstance(part, Smoothed) for part in network.modules())


def test_query_key_and_value_are_divided_alike(tiny: Tiny, taxonomy: Taxonomy) -> None:
    tokenizer = scorer_of(tiny.version, budget=300).network.tokenizer
    other = smoothed(
        _network(tiny, taxonomy), [row.pair for row in tiny.data.train], tokenizer
    )  # fmt: skip
    factors = {
        name.rsplit(".", 1)[-1]: part.factors.numpy()
        for name, part in other.encoder.named_modules()
        if isinstance(part, Smoothed) and "layer.0.attention.self" in name
    }
    assert set(factors) == {"query", "key", "value"}
    assert np.array_equal(factors["query"], factors["key"])
    assert np.array_equal(factors["query"], factors["value"])


def _network(tiny: Tiny, taxonomy: Taxonomy) -> ReplyClassifier:
    counts = {name: len(labels) for name, labels in taxonomy.label_names.items()}
    return from_version(tiny.version.path, counts, slots=tiny.config.reminder_slots)
