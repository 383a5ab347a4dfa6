"""Which of several second texts goes with a text."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from bert_tf.checkpoints import model_folder, portable_model
from bert_tf.models import multiple_choice
from bert_tf.tasks.multiple_choice import examples
from bert_tf.text import full_tokenizer
from bert_tf.training import batch_predictor, text_predictor

Question = tuple[str, Sequence[str]]


@dataclasses.dataclass(frozen=True)
class Selection:
  """The answer to one question.

  Attributes:
    index: The number of the most probable choice, from 0.
    choice: Its text.
    probabilities: Of each choice; their sum is 1.
  """

  index: int
  choice: str
  probabilities: tuple[float, ...]


class ChoiceSelector(text_predictor.TextPredictor[Question, Selection]):
  """Selects one of several choices.

  It is called with pairs of a text and its choices. As in training, a question
  about the text stands in front of each choice.

  Args:
    model: A fine-tuned `BertMultipleChoice`.
    tokenizer: The model's tokenizer.
    max_seq_length: Maximum length in tokens of a text and a choice.
    batch_size: Number of choices computed at once.
  """

  def __init__(
    self,
    model: Any,
    tokenizer: full_tokenizer.FullTokenizer,
    max_seq_length: int | None = 128,
    batch_size: int = 32,
  ):
    super().__init__(model, tokenizer, max_seq_length, batch_size)

  @classmethod
  def _arguments(
    cls, folder: model_folder.ModelFolder, given: Mapping[str, Any]
  ) -> dict[str, Any]:
    del given
    folder.check_labels_of(portable_model.PER_CHOICE)
    return {}

  @classmethod
  def _make_model(
    cls, folder: model_folder.ModelFolder, **kwargs: Any
  ) -> multiple_choice.BertMultipleChoice:
    return multiple_choice.BertMultipleChoice(folder.config, **kwargs)

  def _answer(self, texts: Sequence[Question]) -> list[Selection]:
    for number, (_, choices) in enumerate(texts):
      if isinstance(choices, str) or not choices:
        raise ValueError(
          f"question {number + 1}: expected a list of choices, found "
          f"{choices!r}"
        )
    arrays = examples.encode(texts, self.tokenizer, self.max_seq_length)
    rows = logits(
      self.strategy,
      self.model,
      arrays,
      [len(choices) for _, choices in texts],
      self.batch_size,
    )
    return [
      _selection(choices, probabilities(row))
      for (_, choices), row in zip(texts, rows, strict=True)
    ]


def _selection(
  choices: Sequence[str], row: npt.NDArray[np.float32]
) -> Selection:
  best = int(row.argmax())
  return Selection(best, choices[best], tuple(row.tolist()))


def probabilities(row: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
  """The softmax of a question's logits, float32 [choices]."""
  powers = np.exp(row - row.max())
  return (powers / powers.sum()).astype(np.float32)


def logits(
  strategy: Any,
  model: Any,
  arrays: Mapping[str, npt.NDArray[Any]],
  counts: Sequence[int],
  batch_size: int,
) -> list[npt.NDArray[np.float32]]:
  """The logits of each question's choices, in order.

  Args:
    strategy: Where the model was made.
    model: A `BertMultipleChoice`.
    arrays: As of `examples.encode`.
    counts: Choices of each question.
    batch_size: Choices of a batch.
  """
  found = batch_predictor.predict(strategy, model, _logits, arrays, batch_size)
  return np.split(found["logits"], np.cumsum(counts)[:-1])


def _logits(model: Any, batch: Mapping[str, Any]) -> dict[str, Any]:
  return {"logits": model(batch)}
