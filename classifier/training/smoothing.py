"""Moves the outliers of what a layer takes into its weights, before both become int8.

Dynamic int8 has one scale for all that a layer takes; a few channels reach ten times as far as the
others and leave them some twenty steps. Weights have a scale per output, and room to spare. So each
channel is divided by a factor and its weights are multiplied by it, which in fp32 changes nothing:
SmoothQuant, Xiao et al. 2023, https://arxiv.org/abs/2211.10438.
"""

from collections.abc import Sequence
from copy import deepcopy

import torch
from torch import Tensor, nn

from classifier.engine_torch import TorchEngine, device_for
from classifier.engines import Network
from classifier.readings import Pair
from classifier.tokens import TextTokenizer
from classifier.training.network import ReplyClassifier

# Which part of the outliers the weights take over: at 0.8 int8 answers half as many rows otherwise
# (1 % instead of 2); with 0.5, as usual for larger networks, more than without.
SHARE_OF_WEIGHTS = 0.8
CALIBRATED_ON = 600  # pairs at least, where there are so many: some seconds of a training


class Smoothed(nn.Module):
    """A linear layer with a factor for each channel of what it takes."""

    factors: Tensor

    def __init__(self, linear: nn.Linear, scale: Tensor) -> None:
        super().__init__()
        self.linear = nn.Linear(linear.in_features, linear.out_features, linear.bias is not None)
        self.linear.load_state_dict(
            {**linear.state_dict(), "weight": linear.weight.detach() * scale}
        )
        self.register_buffer("factors", 1 / scale)

    def forward(self, values: Tensor) -> Tensor:
        return self.linear(values * self.factors)  # type: ignore[no-any-return]


def smoothed(
    network: ReplyClassifier, pairs: Sequence[Pair], tokenizer: TextTokenizer
) -> ReplyClassifier:
    """A copy for the CPU that says the same; `pairs` are what it is trained on, spread evenly."""
    copied = deepcopy(network).cpu().eval()
    names = [name for name, part in copied.encoder.named_modules() if isinstance(part, nn.Linear)]
    reach = _reach(copied, names, pairs[:: max(1, len(pairs) // CALIBRATED_ON)], tokenizer)
    # Query, key and value take the same values: with the same factors ONNX Runtime divides once.
    alike: dict[bytes, list[str]] = {}
    for name, largest in reach.items():
        alike.setdefault(largest.numpy().tobytes(), []).append(name)
    for together in alike.values():
        linears = [_linear_of(copied, name) for name in together]
        weights = torch.stack([linear.weight.detach().abs().amax(dim=0) for linear in linears])
        scale = _scale(reach[together[0]], weights.amax(dim=0))
        for name, linear in zip(together, linears, strict=True):
            copied.encoder.set_submodule(name, Smoothed(linear, scale))
    return copied


def _linear_of(network: ReplyClassifier, name: str) -> nn.Linear:
    linear = network.encoder.get_submodule(name)
    assert isinstance(linear, nn.Linear)
    return linear


def _scale(values: Tensor, weights: Tensor) -> Tensor:
    values, weights = values.clamp(min=1e-5), weights.clamp(min=1e-5)
    return values**SHARE_OF_WEIGHTS / weights ** (1 - SHARE_OF_WEIGHTS)


def _reach(
    network: ReplyClassifier, names: Sequence[str], pairs: Sequence[Pair], tokenizer: TextTokenizer
) -> dict[str, Tensor]:
    """The largest absolute value of each channel that a layer took; of layers that took any."""
    reach: dict[str, Tensor] = {}

    def watch(name: str) -> torch.utils.hooks.RemovableHandle:
        def seen(_: nn.Module, inputs: tuple[Tensor, ...]) -> None:
            largest = inputs[0].detach().abs().flatten(end_dim=-2).amax(dim=0)
            reach[name] = torch.maximum(reach.get(name, largest), largest)

        return network.encoder.get_submodule(name).register_forward_pre_hook(seen)

    watches = [watch(name) for name in names]
    engine = TorchEngine(network, device_for(gpu=False), bf16=False)
    Network(engine, tokenizer).logits(pairs)
    for each in watches:
        each.remove()
    return reach
