"""The network itself, on a GPU in bf16 or a CPU in fp32: for training, and for serving on a GPU.

A module of its own, because importing torch costs seconds and hundreds of megabytes that a process
reading on a CPU does not have to pay.
"""

from collections.abc import Sequence

import torch

from classifier.engines import Floats
from classifier.tokens import Batch
from classifier.training.network import PairClassifier


class TorchEngine:
    def __init__(self, network: PairClassifier, device: torch.device) -> None:
        self.network = network.to(device).eval()
        self.device = device

    @torch.inference_mode()
    def logits(self, batch: Batch) -> Sequence[Floats]:
        self.network.eval()  # training switches it back and forth
        inputs = [torch.from_numpy(array) for array in (batch.ids, batch.mask, batch.types)]
        with torch.autocast(
            self.device.type, dtype=torch.bfloat16, enabled=self.device.type == "cuda"
        ):
            outputs = self.network(*(array.to(self.device) for array in inputs))
        return [output.float().cpu().numpy() for output in outputs]


def device_for(*, gpu: bool) -> torch.device:
    return torch.device("cuda" if gpu else "cpu")


def has_gpu() -> bool:
    return torch.cuda.is_available()
