"""The tokenizer of a model, checked."""

from collections.abc import Iterable

from absl import logging

from bert_tf import bert_config
from bert_tf.checkpoints import run_metadata, stored_rules
from bert_tf.text import full_tokenizer, vocabulary_file

_NEEDED = ("[UNK]", "[CLS]", "[SEP]")


def load(
  config: bert_config.BertConfig,
  vocab_file: str,
  do_lower_case: bool | None,
  needed: Iterable[str] = (),
  checkpoint: str | None = None,
  told: stored_rules.Sources = stored_rules.NOTHING,
  trains: bool = False,
) -> full_tokenizer.FullTokenizer:
  """Reads the vocabulary of a model and checks that it is one.

  Where the files beside it tell the tokenizer's rules, as those of a Hugging
  Face folder do, it follows them.

  Args:
    config: The model's sizes.
    vocab_file: Its vocabulary.
    do_lower_case: The flag; None if it is not given.
    needed: Pieces that it must have beside [UNK], [CLS] and [SEP].
    checkpoint: As of `stored_rules.beside`.
    told: As of `stored_rules.beside`.
    trains: Whether a training starts from `checkpoint`: it may bring another
      vocabulary than the run that wrote it, with a warning.

  Raises:
    OSError: There is no such file.
    ValueError: It is damaged, lacks a piece, or has more pieces than the
      model has rows, or is another one than the model was trained with; or
      as of `stored_rules.beside`.
  """
  rules = stored_rules.beside(vocab_file, do_lower_case, checkpoint, told)
  tokenizer = full_tokenizer.FullTokenizer(vocab_file, rules=rules)
  vocabulary_file.require_tokens(
    tokenizer.vocab, (*_NEEDED, *needed), vocab_file
  )
  vocabulary_file.require_rows(tokenizer.vocab, config.vocab_size, vocab_file)
  run = run_metadata.of_checkpoint(checkpoint) if checkpoint else None
  if run:
    _check_vocabulary(str(checkpoint), run, vocab_file, trains)
  return tokenizer


def _check_vocabulary(
  checkpoint: str, run: run_metadata.RunMetadata, vocab_file: str, trains: bool
) -> None:
  """Compares a vocabulary with that of the run that wrote a checkpoint."""
  try:
    run_metadata.check_vocabulary(
      checkpoint, run.text, run_metadata.vocabulary_of(vocab_file)
    )
  except ValueError as error:
    if not trains:
      raise
    logging.warning("%s", error)
