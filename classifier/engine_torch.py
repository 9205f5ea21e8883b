"""The network itself, in fp32 or bf16: for training, and for serving on a GPU.

A module of its own, because importing torch costs seconds and hundreds of megabytes that a process
reading on a CPU does not have to pay.
"""

from collections.abc import Sequence

import numpy as np
import torch

from classifier.engines import Floats
from classifier.tokens import Batch
from classifier.training.network import ReplyClassifier


class TorchEngine:
    at_once = 1  # it spreads a batch by itself

    def __init__(self, network: ReplyClassifier, device: torch.device, *, bf16: bool) -> None:
        self.network = network.to(device).eval()
        self.device = device
        self.bf16 = bf16
        self.budget = 16_384 if device.type == "cuda" else 4_096  # a GPU waits for small batches

    @torch.inference_mode()
    def remember(self, reminders: Batch) -> Floats:
        self.network.eval()  # training switches it back and forth
        with self._autocast():
            vectors = self.network.remember(self._there(reminders.ids), self._there(reminders.mask))
        return np.asarray(vectors.float().cpu().numpy(), dtype=np.float32)

    @torch.inference_mode()
    def answer(self, replies: Batch, vectors: Floats) -> Sequence[Floats]:
        self.network.eval()
        with self._autocast():
            outputs = self.network.answer(
                self._there(replies.ids), self._there(replies.mask), self._there(vectors)
            )
        return [output.float().cpu().numpy() for output in outputs]

    def _autocast(self) -> torch.autocast:
        return torch.autocast(self.device.type, torch.bfloat16, enabled=self.bf16)

    def _there(self, array: np.ndarray) -> torch.Tensor:
        return torch.from_numpy(array).to(self.device)


def device_for(*, gpu: bool) -> torch.device:
    return torch.device("cuda" if gpu else "cpu")


def has_gpu() -> bool:
    return torch.cuda.is_available()


def has_bf16(device: torch.device) -> bool:
    """Whether the chip multiplies bf16 itself: GPUs since 2020, and CPUs with AVX512-BF16 or AMX,
    which then train two to four times as fast."""
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported())
    able = torch.cpu.get_capabilities()
    return bool(able.get("avx512_bf16") or able.get("amx_bf16"))
