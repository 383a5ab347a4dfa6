"""The tokenizer of a model, checked."""

from collections.abc import Iterable

from bert_tf import bert_config
from bert_tf.text import full_tokenizer, vocabulary_file

_NEEDED = ("[UNK]", "[CLS]", "[SEP]")


def load(
  config: bert_config.BertConfig,
  vocab_file: str,
  do_lower_case: bool,
  needed: Iterable[str] = (),
) -> full_tokenizer.FullTokenizer:
  """Reads the vocabulary of a model and checks that it is one.

  Args:
    config: The model's sizes.
    vocab_file: Its vocabulary.
    do_lower_case: Whether text is lower-cased.
    needed: Pieces that it must have beside [UNK], [CLS] and [SEP].

  Raises:
    OSError: There is no such file.
    text.vocab.VocabularyError: It is damaged, lacks a piece, or has more
      pieces than the model has rows.
  """
  tokenizer = full_tokenizer.FullTokenizer(vocab_file, do_lower_case)
  vocabulary_file.require_tokens(
    tokenizer.vocab, (*_NEEDED, *needed), vocab_file
  )
  vocabulary_file.require_rows(tokenizer.vocab, config.vocab_size, vocab_file)
  return tokenizer
