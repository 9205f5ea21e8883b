"""The network: one encoder that reads a reminder once, and then each reply with it in mind.

Reminders repeat and replies are short, so a reminder is not read again with every reply. It is
encoded by itself and put into a few vectors, which stand behind the reply's first token as if they
were words of it. The reply attends to them in every layer. A reminder's vectors are worth
remembering (classifier/engines.py): from the second reply on, it costs nothing.

docs/model.md has the measurements against a cross-encoder over the pair, and against other shapes.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from transformers import AutoConfig, AutoModel, PreTrainedModel
from transformers.utils import logging

# Loading takes a second; the bar to watch is the training's.
logging.disable_progress_bar()  # type: ignore[no-untyped-call]


class Part(NamedTuple):
    """Replies of about one length: they go through the encoder together."""

    ids: Tensor  # (replies, tokens)
    mask: Tensor  # (replies, tokens)
    reminder: Tensor  # (replies,): the row of each one's reminder


class ReplyClassifier(nn.Module):
    """Reads a reply under its reminder once, and answers every question about it."""

    def __init__(
        self,
        encoder: PreTrainedModel,
        label_counts: Mapping[str, int],
        *,
        slots: int,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        width = encoder.config.hidden_size
        self.encoder = encoder
        self.slots = slots  # vectors that a reminder is put into
        self.projection = nn.Linear(width, slots * width)
        self.dropout = nn.Dropout(dropout)  # before the heads; the encoder keeps its own
        self.heads = nn.ModuleDict(
            {question: nn.Linear(width, count) for question, count in label_counts.items()}
        )

    def remember(self, ids: Tensor, mask: Tensor) -> Tensor:
        """`ids`, `mask`: (reminders, tokens). The vectors of each: (reminders, slots, width)."""
        hidden = self.encoder(input_ids=ids, attention_mask=mask).last_hidden_state
        vectors: Tensor = self.projection(mean_over(hidden, mask))  # (reminders, slots · width)
        return vectors.reshape(-1, self.slots, hidden.shape[-1])

    def answer(self, ids: Tensor, mask: Tensor, vectors: Tensor) -> tuple[Tensor, ...]:
        """`ids`, `mask`: (replies, tokens); `vectors`: (replies, slots, width), of the reminder
        that each reply answers. Logits per question: (replies, labels).
        """
        words = self.encoder.get_input_embeddings()(ids)  # (replies, tokens, width)
        # Behind the first token, [CLS] or its kin: the reply's own words stay together.
        words = torch.cat([words[:, :1], vectors.to(words.dtype), words[:, 1:]], dim=1)
        slots = torch.ones_like(mask[:, :1]).expand(-1, self.slots)
        both = torch.cat([mask[:, :1], slots, mask[:, 1:]], dim=1)  # (replies, slots + tokens)
        hidden = self.encoder(inputs_embeds=words, attention_mask=both).last_hidden_state
        # Of the reply alone: its tokens have looked at the reminder in every layer, and a mean over
        # the reminder's as well would drown a reply of one word.
        reply = torch.cat([hidden[:, :1], hidden[:, 1 + self.slots :]], dim=1)
        pooled = self.dropout(mean_over(reply, mask))  # (replies, width)
        return tuple(head(pooled) for head in self.heads.values())

    def forward(self, ids: Tensor, mask: Tensor, parts: Sequence[Part]) -> tuple[Tensor, ...]:
        """A training step's reminders, each once, and the replies to them in parts of even length.
        Logits per question, the parts' replies one after the other: (replies, labels).
        """
        vectors = self.remember(ids, mask)
        answers = [self.answer(part.ids, part.mask, vectors[part.reminder]) for part in parts]
        return tuple(torch.cat(question) for question in zip(*answers, strict=True))


def mean_over(hidden: Tensor, mask: Tensor) -> Tensor:
    """The mean of the tokens that are there: (texts, tokens, width) -> (texts, width)."""
    weight = mask.unsqueeze(-1).to(hidden.dtype)
    return (hidden * weight).sum(dim=1) / weight.sum(dim=1)


def from_checkpoint(
    checkpoint: str, label_counts: Mapping[str, int], *, slots: int, dropout: float
) -> ReplyClassifier:
    """A pretrained encoder under fresh heads. Weights come from safetensors, never pickles."""
    encoder = AutoModel.from_pretrained(checkpoint, use_safetensors=True)
    if getattr(encoder, "pooler", None) is not None:
        encoder.pooler = None  # BERT's own, over [CLS]: never asked for, and no gradient
    return ReplyClassifier(encoder, label_counts, slots=slots, dropout=dropout)


def from_version(folder: Path, label_counts: Mapping[str, int], *, slots: int) -> ReplyClassifier:
    """The trained network of a model version, ready to read."""
    config = AutoConfig.from_pretrained(folder / "encoder")
    encoder = AutoModel.from_config(config)  # type: ignore[no-untyped-call]
    if getattr(encoder, "pooler", None) is not None:
        encoder.pooler = None
    network = ReplyClassifier(encoder, label_counts, slots=slots)
    network.load_state_dict(load_file(folder / "model.safetensors"))
    return network.eval()
