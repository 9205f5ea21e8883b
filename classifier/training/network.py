"""The network: one encoder over (reminder, reply), one linear head per question."""

from collections.abc import Mapping
from pathlib import Path

from safetensors.torch import load_file
from torch import Tensor, nn
from transformers import AutoConfig, AutoModel, PreTrainedModel
from transformers.utils import logging

# Loading takes a second; the bar to watch is the training's.
logging.disable_progress_bar()  # type: ignore[no-untyped-call]


class PairClassifier(nn.Module):
    """Reads a pair once and answers every question about it.

    Pooled by the mean of the reply's tokens: they have looked at the reminder in every layer, and a
    mean over the reminder as well would drown a reply of one word. ([CLS] was never asked for
    anything when the base model was trained.)
    """

    def __init__(
        self, encoder: PreTrainedModel, label_counts: Mapping[str, int], dropout: float = 0.0
    ) -> None:
        super().__init__()
        self.encoder = encoder
        # RoBERTa has one segment and DistilBERT none: they tell reminder from reply by the
        # separator.
        self.has_segments = getattr(encoder.config, "type_vocab_size", 0) > 1
        self.dropout = nn.Dropout(dropout)
        self.heads = nn.ModuleDict(
            {
                question: nn.Linear(encoder.config.hidden_size, count)
                for question, count in label_counts.items()
            }
        )

    def forward(self, ids: Tensor, mask: Tensor, types: Tensor) -> tuple[Tensor, ...]:
        """`ids`, `mask`, `types`: (pairs, tokens). Logits per question: (pairs, labels)."""
        segments = {"token_type_ids": types} if self.has_segments else {}
        hidden = self.encoder(
            input_ids=ids, attention_mask=mask, **segments
        ).last_hidden_state  # (pairs, tokens, width)
        reply = types.unsqueeze(-1).to(hidden.dtype)  # (pairs, tokens, 1), never all zero
        pooled = (hidden * reply).sum(dim=1) / reply.sum(dim=1)  # (pairs, width)
        pooled = self.dropout(pooled)
        return tuple(head(pooled) for head in self.heads.values())


def from_checkpoint(
    checkpoint: str, label_counts: Mapping[str, int], *, dropout: float
) -> PairClassifier:
    """A pretrained encoder under fresh heads. Weights come from safetensors, never pickles."""
    encoder = AutoModel.from_pretrained(checkpoint, use_safetensors=True)
    return PairClassifier(encoder, label_counts, dropout)


def from_version(folder: Path, label_counts: Mapping[str, int]) -> PairClassifier:
    """The trained network of a model version, ready to read."""
    config = AutoConfig.from_pretrained(folder / "encoder")
    encoder = AutoModel.from_config(config)  # type: ignore[no-untyped-call]
    network = PairClassifier(encoder, label_counts)
    network.load_state_dict(load_file(folder / "model.safetensors"))
    return network.eval()
