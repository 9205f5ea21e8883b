"""A base model made on the spot: real plumbing, no big weights, no network."""

from pathlib import Path

import torch
from tokenizers import Tokenizer, normalizers, pre_tokenizers, processors
from tokenizers.models import WordPiece
from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

SEED = 1


def write_tiny_base(folder: Path, *, width: int = 32, layers: int = 1) -> Path:
    """A checkpoint folder as Hugging Face has them: a small BERT of random weights."""
    letters = [*"abcdefghijklmnopqrstuvwxyz0123456789?!.,'^~"]
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *letters, *(f"##{letter}" for letter in letters)]
    words += ["yes", "no", "stop", "not", "you", "can", "late", "park", "thumbs", "up", "down"]
    tokenizer = Tokenizer(WordPiece({word: at for at, word in enumerate(words)}, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    words_of_bert = PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=tokenizer, pad_token="[PAD]", unk_token="[UNK]",
        cls_token="[CLS]", sep_token="[SEP]",
    )  # fmt: skip
    words_of_bert.save_pretrained(folder)
    config = BertConfig(
        vocab_size=len(words), hidden_size=width, num_hidden_layers=layers, num_attention_heads=2,
        intermediate_size=2 * width, max_position_embeddings=128,
    )  # fmt: skip
    # The same weights each time: what a test's training comes to must not be a matter of luck.
    with torch.random.fork_rng():
        torch.manual_seed(SEED)
        BertModel(config).save_pretrained(folder)
    return folder
