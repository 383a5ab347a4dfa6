"""The base class of all predictors: texts in, answers out."""

import abc
import os
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, Generic, Self, TypeVar

import tensorflow as tf

from bert_tf import bert_config
from bert_tf.checkpoints import (
  model_folder,
  model_tokenizer,
  variable_names,
)
from bert_tf.text import full_tokenizer, vocabulary_fit

Text = TypeVar("Text")
Answer = TypeVar("Answer")


class TextPredictor(abc.ABC, Generic[Text, Answer]):
  """A model and its tokenizer, callable with texts.

  Args:
    model: The model.
    tokenizer: The model's tokenizer.
    max_seq_length: Maximum sequence length in tokens, capped at what the model
      supports; None for the longest that it supports.
    batch_size: Number of sequences computed at once.
    strategy: The strategy the model was created under; None for the current
      one.
  """

  needed_tokens: Sequence[str] = ()  # in addition to [UNK], [CLS] and [SEP]

  def __init__(
    self,
    model: Any,
    tokenizer: full_tokenizer.FullTokenizer,
    max_seq_length: int | None,
    batch_size: int,
    strategy: Any = None,
  ):
    if batch_size < 1:
      raise ValueError(f"batch_size={batch_size} is below 1")
    longest = model.config.max_position_embeddings
    self.model = model
    self.tokenizer = tokenizer
    self.max_seq_length = min(max_seq_length or longest, longest)
    self.batch_size = batch_size
    self.strategy = strategy or tf.distribute.get_strategy()
    self._watch = vocabulary_fit.Watch(tokenizer, "the texts given")

  @classmethod
  def from_checkpoint(
    cls,
    path: str | os.PathLike[str],
    *,
    config: bert_config.BertConfig | None = None,
    vocab_file: str | os.PathLike[str] | None = None,
    do_lower_case: bool | None = None,
    dtype: Any = None,
    **settings: Any,
  ) -> Self:
    """Loads a model, its tokenizer and what else its folder records.

    Args:
      path: The folder or prefix of a checkpoint in any supported format, or
        the name of a model, as of `bert_tf.download_model`.
      config: Needed if there is no bert_config.json beside the checkpoint.
      vocab_file: Needed if there is no vocab.txt beside the checkpoint.
      do_lower_case: Whether text is lower-cased, if the files do not say. By
        default it is unless the vocabulary has capital letters.
      dtype: As of `BertModel`.
      **settings: Further arguments of the class; they override what the folder
        records.

    Raises:
      FileNotFoundError: No checkpoint, configuration or vocabulary was found.
      ValueError: A variable of the model (its head included) is missing or has
        another shape, or a setting is neither recorded nor given; the message
        names it.
    """
    folder = model_folder.ModelFolder(path, config, vocab_file, do_lower_case)
    tokenizer = model_tokenizer.load(
      folder.config,
      folder.vocab_file,
      folder.do_lower_case,
      cls.needed_tokens,
      folder.path,
    )
    arguments = cls._arguments(folder, settings) | settings
    model = cls._make_model(folder, dtype=dtype)
    folder.load(model, cls._optional(model))
    return cls(model, tokenizer, **arguments)

  def __call__(self, texts: Iterable[Text]) -> list[Answer]:
    """Answers each text, in order.

    Raises:
      TypeError: `texts` is one string.
    """
    if isinstance(texts, str):
      raise TypeError("texts is one string; give a list of them")
    given = list(texts)
    self._watch.see(_strings(given))
    return self._answer(given) if given else []

  @classmethod
  @abc.abstractmethod
  def _make_model(cls, folder: model_folder.ModelFolder, **kwargs: Any) -> Any:
    """Creates the model that the folder's checkpoint is loaded into."""

  @classmethod
  def _arguments(
    cls, folder: model_folder.ModelFolder, given: Mapping[str, Any]
  ) -> dict[str, Any]:
    """Arguments of the class that the folder records; `given` override."""
    del folder, given
    return {}

  @classmethod
  def _optional(cls, model: Any) -> Collection[str]:
    """Variables that a checkpoint may lack: those that no head uses."""
    return variable_names.by_name(model.unused_variables())

  @abc.abstractmethod
  def _answer(self, texts: Sequence[Text]) -> list[Answer]:
    """Answers one or more texts."""


def _strings(given: Iterable[Any]) -> Iterator[str]:
  """The strings in texts, pairs of texts, lists of words or of choices."""
  for text in given:
    if isinstance(text, str):
      yield text
    elif isinstance(text, Iterable):
      yield " ".join(_strings(text))
