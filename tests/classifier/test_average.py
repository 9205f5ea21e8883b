"""The mean of a training's weights: over the last part of it, and gone on with after a kill."""

import contextlib

import pytest
import torch
from torch import nn

from classifier.training.average import Average


def network_at(value: float) -> nn.Linear:
    network = nn.Linear(1, 1)
    for weight in network.parameters():
        nn.init.constant_(weight, value)
    return network


def set_to(network: nn.Linear, value: float) -> None:
    for weight in network.parameters():
        nn.init.constant_(weight, value)


def mean_after(values: list[float], *, share: float) -> float:
    network = network_at(-1000.0)
    average = Average(network, share=share)
    for value in values:
        set_to(network, value)
        average.take()
    with average.in_place():
        return network.weight.item()


def test_where_the_training_began_is_forgotten_at_the_first_step() -> None:
    assert mean_after([3.0], share=0.25) == 3.0


@pytest.mark.parametrize("steps", [40, 400, 4000])
def test_it_reaches_back_over_the_same_share_of_a_short_training_and_of_a_long_one(
    steps: int,
) -> None:
    rising = [step / steps for step in range(steps)]
    assert mean_after(rising, share=0.25) == pytest.approx(0.8, abs=0.03)
    assert mean_after(rising, share=1.0) == pytest.approx(0.5, abs=0.03)


def test_the_network_has_its_own_weights_again_whatever_happens() -> None:
    network = network_at(1.0)
    average = Average(network, share=1.0)
    average.take()
    set_to(network, 2.0)
    average.take()
    with contextlib.suppress(ZeroDivisionError), average.in_place():
        assert network.weight.item() == 1.5
        _ = 1 / 0
    assert network.weight.item() == 2.0


def test_what_is_not_trained_is_not_kept_twice() -> None:
    network = network_at(1.0)
    network.bias.requires_grad_(False)
    assert list(Average(network, share=0.5).weights) == ["weight"]


def test_it_goes_on_where_it_was() -> None:
    network = network_at(0.0)
    one, other = Average(network, share=0.3), Average(network, share=0.3)
    for value in (1.0, 5.0, 2.0):
        set_to(network, value)
        one.take()
    other.load_state_dict(one.state_dict())
    set_to(network, 7.0)
    one.take()
    other.take()
    assert one.steps == other.steps == 4
    assert torch.equal(one.weights["weight"], other.weights["weight"])
