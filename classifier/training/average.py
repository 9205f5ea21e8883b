"""The mean of the weights over the last part of a training's steps, which is what is kept.

A step goes where its 32 replies pull; their mean goes where all of them do. It reads as well as
weights whose learning rate has died down, at any time of a training (Polyak & Juditsky, 1992;
Izmailov et al., 2018, "Averaging weights leads to wider optima and better generalization").
Exponential, over a share of the steps so far and not over a number of them, so that what was worth
little at the beginning is forgotten in short trainings and in long ones (Karras et al., 2024,
"Analyzing and improving the training dynamics of diffusion models", section 3).
"""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn


class Average:
    """Of the weights that are trained; those that stay as they are need no mean."""

    def __init__(self, network: nn.Module, *, share: float) -> None:
        self.network = network
        self.share = share
        self.steps = 0
        self.weights = {name: weight.clone() for name, weight in self._trained()}

    @torch.no_grad()
    def take(self) -> None:
        """The network's weights after one more step. The first ones take the place of the start."""
        newest = 1.0 / (1.0 + self.share * self.steps)
        for name, weight in self._trained():
            self.weights[name].lerp_(weight, newest)
        self.steps += 1

    @contextmanager
    def in_place(self) -> Iterator[None]:
        """The network with the mean for its weights; afterwards it has its own again."""
        own = {name: weight.clone() for name, weight in self._trained()}
        self._put(self.weights)
        try:
            yield
        finally:
            self._put(own)

    def state_dict(self) -> dict[str, object]:
        return {"steps": self.steps, "weights": self.weights}

    def load_state_dict(self, state: dict[str, object]) -> None:
        steps, weights = state["steps"], state["weights"]
        assert isinstance(steps, int)
        assert isinstance(weights, dict)
        self.steps = steps
        for name, weight in weights.items():
            self.weights[name].copy_(weight)

    def _trained(self) -> Iterator[tuple[str, Tensor]]:
        for name, weight in self.network.named_parameters():
            if weight.requires_grad:
                yield name, weight.detach()

    @torch.no_grad()
    def _put(self, weights: dict[str, Tensor]) -> None:
        for name, weight in self._trained():
            weight.copy_(weights[name])
