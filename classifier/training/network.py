"""The network: one encoder that reads a reminder once, and then each reply with it in mind.

Reminders repeat and replies are short, so a reminder is not read again with every reply. It is
encoded by itself and put into a few vectors, which stand behind the reply's first token as if they
were words of it. The reply attends to them in every layer. A reminder's vectors are worth
remembering (classifier/engines.py): from the second reply on, it costs nothing.

docs/model.md has the measurements against a cross-encoder over the pair, and against other shapes.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from transformers import AutoConfig, AutoModel, PreTrainedConfig, PreTrainedModel
from transformers.utils import logging

# Loading takes a second; the bar to watch is the training's.
logging.disable_progress_bar()  # type: ignore[no-untyped-call]


class Texts(NamedTuple):
    """A training step's reminders or replies, laid out by packs.py; each tensor (rows, places)."""

    ids: Tensor
    text: Tensor
    position: Tensor
    slot: Tensor
    number: int  # of texts


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
        self.packs = can_pack(encoder)
        self.dropout = nn.Dropout(dropout)  # before the heads
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

    def forward(self, reminders: Texts, replies: Texts, which: Tensor) -> tuple[Tensor, ...]:
        """What `remember` and `answer` give, for a whole training step at once.

        `which`: (replies,), the reminder that each reply answers. Logits per question, in the order
        of the replies: (replies, labels).
        """
        embed = self.encoder.get_input_embeddings()
        pooled = self._means(embed(reminders.ids), reminders)  # (reminders, width)
        vectors = self.projection(pooled).reshape(reminders.number, self.slots, -1)
        words = embed(replies.ids)  # (rows, places, width)
        # Each slot's place among the vectors of all replies, one behind the other.
        place = replies.text.clamp(min=0) * self.slots + replies.slot.clamp(min=0)
        own = vectors[which].flatten(0, 1).to(words.dtype)  # (replies · slots, width)
        words = torch.where((replies.slot >= 0).unsqueeze(-1), own[place], words)
        answer = self.dropout(self._means(words, replies))  # (replies, width)
        return tuple(head(answer) for head in self.heads.values())

    def _means(self, words: Tensor, texts: Texts) -> Tensor:
        """`words` (rows, places, width) through the encoder; the mean over each text's own tokens:
        (texts, width).
        """
        if self.packs:  # nobody sees a neighbour, and every text begins at position 0
            mask = texts.text.unsqueeze(2) == texts.text.unsqueeze(1)  # (rows, places, places)
            hidden = self.encoder(
                inputs_embeds=words, attention_mask=mask.unsqueeze(1), position_ids=texts.position
            ).last_hidden_state
        else:
            hidden = self.encoder(
                inputs_embeds=words, attention_mask=(texts.text >= 0).long()
            ).last_hidden_state
        # Sums by text. Padding and slots go to text 0 or their own with weight 0: no index would
        # be known to a GPU without waiting for it.
        weight = ((texts.text >= 0) & (texts.slot < 0)).flatten().to(hidden.dtype)
        index = texts.text.clamp(min=0).flatten()
        sums = hidden.new_zeros(texts.number, hidden.shape[-1])
        sums = sums.index_add(0, index, hidden.flatten(0, 1) * weight.unsqueeze(-1))
        tokens = weight.new_zeros(texts.number).index_add(0, index, weight)
        means: Tensor = sums / tokens.unsqueeze(-1)
        return means


def can_pack(encoder: PreTrainedModel) -> bool:
    """Whether this architecture is known to take positions and a mask of who sees whom. BERT's
    does, and so MiniLM, BGE, E5 and GTE, which are BERTs; others get a row for every text.
    """
    return str(encoder.config.model_type) == "bert"


def mean_over(hidden: Tensor, mask: Tensor) -> Tensor:
    """The mean of the tokens that are there: (texts, tokens, width) -> (texts, width)."""
    weight = mask.unsqueeze(-1).to(hidden.dtype)
    return (hidden * weight).sum(dim=1) / weight.sum(dim=1)


def from_checkpoint(
    checkpoint: str,
    label_counts: Mapping[str, int],
    *,
    kept_layers: float,
    slots: int,
    dropout: float,
) -> ReplyClassifier:
    """The lowest layers of a pretrained encoder under fresh heads; `kept_layers`: the share of them
    (0 to 1). Weights come from safetensors, never pickles. Raises OSError where some are missing.
    """
    config = without_top_layers(AutoConfig.from_pretrained(checkpoint), kept_layers)
    with _no_report():
        encoder, loaded = AutoModel.from_pretrained(
            checkpoint, config=config, use_safetensors=True, output_loading_info=True
        )
    if missing := sorted(name for name in loaded["missing_keys"] if not name.startswith("pooler.")):
        raise OSError(
            f"{checkpoint} has no weights for {missing[0]} and {len(missing) - 1} more: an encoder"
            " of random numbers would be trained. Choose a checkpoint that is whole."
        )
    if getattr(encoder, "pooler", None) is not None:
        encoder.pooler = None  # BERT's own, over [CLS]: never asked for, and no gradient
    return ReplyClassifier(encoder, label_counts, slots=slots, dropout=dropout)


@contextmanager
def _no_report() -> Iterator[None]:
    """transformers lists all weights that it left out: those of the layers that are not wanted."""
    verbosity = logging.get_verbosity()
    logging.set_verbosity_error()  # type: ignore[no-untyped-call]
    try:
        yield
    finally:
        logging.set_verbosity(verbosity)


def without_top_layers(config: PreTrainedConfig, share: float) -> PreTrainedConfig:
    """The weights of layers that a config does not know are not loaded."""
    if layers := getattr(config, "num_hidden_layers", None):
        config.num_hidden_layers = max(1, round(layers * share))
        if kinds := getattr(config, "layer_types", None):  # ModernBERT's: one for each layer
            config.layer_types = kinds[: config.num_hidden_layers]
    return config


def from_version(folder: Path, label_counts: Mapping[str, int], *, slots: int) -> ReplyClassifier:
    """The trained network of a model version, ready to read."""
    config = AutoConfig.from_pretrained(folder / "encoder")
    encoder = AutoModel.from_config(config)  # type: ignore[no-untyped-call]
    if getattr(encoder, "pooler", None) is not None:
        encoder.pooler = None
    network = ReplyClassifier(encoder, label_counts, slots=slots)
    network.load_state_dict(load_file(folder / "model.safetensors"))
    return network.eval()
