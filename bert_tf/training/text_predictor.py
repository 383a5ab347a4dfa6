"""The one way to ask a model: texts in, answers out."""

import abc
import os
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Generic, Self, TypeVar

import tensorflow as tf

from bert_tf import bert_config
from bert_tf.checkpoints import model_folder, model_tokenizer, variable_names
from bert_tf.text import full_tokenizer

Text = TypeVar("Text")
Answer = TypeVar("Answer")


class TextPredictor(abc.ABC, Generic[Text, Answer]):
  """A model with its tokenizer, called with texts.

  Args:
    model: The model.
    tokenizer: The model's.
    max_seq_length: Maximum sequence length in tokens; None, or more than the
      model allows, is as long as the model allows.
    batch_size: Sequences computed at once.
    strategy: Where the model was made; None is the current one.
  """

  needed_tokens: Sequence[str] = ()  # beside [UNK], [CLS] and [SEP]

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

  @classmethod
  def from_checkpoint(
    cls,
    path: str | os.PathLike[str],
    *,
    config: bert_config.BertConfig | None = None,
    vocab_file: str | os.PathLike[str] | None = None,
    do_lower_case: bool | None = None,
    dtype: Any = "float32",
    **settings: Any,
  ) -> Self:
    """Loads a fine-tuned or pre-trained model with all that belongs to it.

    Args:
      path: The folder or prefix of a checkpoint of any known format.
      config: Where no bert_config.json is beside the checkpoint.
      vocab_file: Where no vocab.txt is beside it.
      do_lower_case: Where the folder does not tell whether text is
        lower-cased. By default the vocabulary tells: without capital letters
        it is.
      dtype: As of `BertModel`.
      **settings: Further arguments of the class, instead of what the folder
        tells.

    Raises:
      FileNotFoundError: No checkpoint, configuration or vocabulary is there.
      ValueError: A variable of the model, its head among them, is missing or
        has another shape, or the folder does not tell a setting; the message
        names it.
    """
    folder = model_folder.ModelFolder(path, config, vocab_file, do_lower_case)
    tokenizer = model_tokenizer.load(
      folder.config, folder.vocab_file, folder.do_lower_case, cls.needed_tokens
    )
    arguments = cls._arguments(folder, settings) | settings
    model = cls._make_model(folder, dtype=dtype)
    folder.load(model, cls._optional(model))
    return cls(model, tokenizer, **arguments)

  def __call__(self, texts: Iterable[Text]) -> list[Answer]:
    """The answer to each text, in order.

    Raises:
      TypeError: `texts` is one string.
    """
    if isinstance(texts, str):
      raise TypeError("texts is one string; give a list of them")
    given = list(texts)
    return self._answer(given) if given else []

  @classmethod
  @abc.abstractmethod
  def _make_model(cls, folder: model_folder.ModelFolder, **kwargs: Any) -> Any:
    """A new model for the checkpoint of a folder."""

  @classmethod
  def _arguments(
    cls, folder: model_folder.ModelFolder, given: Mapping[str, Any]
  ) -> dict[str, Any]:
    """Arguments of the class that the folder tells; `given` are told."""
    del folder, given
    return {}

  @classmethod
  def _optional(cls, model: Any) -> Collection[str]:
    """Variables that a checkpoint may lack: those that no head uses."""
    return variable_names.by_name(model.unused_variables())

  @abc.abstractmethod
  def _answer(self, texts: Sequence[Text]) -> list[Answer]:
    """The answer to each of one or more texts."""
