"""Prediction of labels, or of a number, for texts."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from bert_tf.checkpoints import model_folder, portable_model
from bert_tf.inputs import encoded_texts, model_inputs
from bert_tf.models import classifier
from bert_tf.tasks.classification import loss, task_definition
from bert_tf.text import full_tokenizer
from bert_tf.training import batch_predictor, text_predictor

Text = str | tuple[str, str | None]


@dataclasses.dataclass(frozen=True)
class Classification:
  """The prediction for one text.

  Attributes:
    labels: The most probable label; for a multi-label model, all labels with a
      probability above 0.5; for regression, none.
    scores: The probability of each label, in the order of the model's outputs;
      for regression, the predicted number under the key "score".
  """

  labels: tuple[str, ...]
  scores: Mapping[str, float]


class TextClassifier(text_predictor.TextPredictor[Text, Classification]):
  """Classifies texts and pairs of texts.

  Args:
    model: A fine-tuned `BertClassifier`.
    tokenizer: The model's tokenizer.
    labels: Labels in the order of the model's outputs; by default "0", "1", ...
    kind: One of `task_definition.KINDS`.
    max_seq_length: Maximum sequence length in tokens; longer texts are
      truncated.
    batch_size: Number of texts computed at once; texts of similar length are
      batched together.

  Raises:
    ValueError: The number of labels is not the number of outputs.
  """

  def __init__(
    self,
    model: Any,
    tokenizer: full_tokenizer.FullTokenizer,
    labels: Sequence[str] = (),
    kind: str = task_definition.SINGLE_LABEL,
    max_seq_length: int | None = 128,
    batch_size: int = 32,
  ):
    super().__init__(model, tokenizer, max_seq_length, batch_size)
    task_definition.check_kind(kind)
    outputs = model.head.outputs
    if kind == task_definition.REGRESSION:
      names = ["score"]
    else:
      names = list(labels) or [str(index) for index in range(outputs)]
    if len(names) != outputs:
      raise ValueError(
        f"found {len(names)} labels (kind={kind}), expected {outputs}, as many "
        "as the model has outputs"
      )
    self.kind = kind
    self.output_names = tuple(names)

  @classmethod
  def _arguments(
    cls, folder: model_folder.ModelFolder, given: Mapping[str, Any]
  ) -> dict[str, Any]:
    kind = given.get("kind", folder.run.kind if folder.run else None)
    if kind is None:
      raise ValueError(
        f"{folder.path} does not tell what kind of classifier it holds; pass "
        f"kind, one of {', '.join(task_definition.KINDS)}"
      )
    folder.check_labels_of(portable_model.PER_SEQUENCE)
    return {"kind": kind, "labels": folder.labels}

  @classmethod
  def _make_model(
    cls, folder: model_folder.ModelFolder, **kwargs: Any
  ) -> classifier.BertClassifier:
    outputs, *_ = folder.shape("output_weights")
    return classifier.BertClassifier(folder.config, outputs, **kwargs)

  def _answer(self, texts: Sequence[Text]) -> list[Classification]:
    pairs = [(text, None) if isinstance(text, str) else text for text in texts]
    inputs = encoded_texts.encode(pairs, self.tokenizer, self.max_seq_length)
    rows = scores(self.strategy, self.model, self.kind, inputs, self.batch_size)
    return [self._classification(row) for row in rows]

  def _classification(self, row: npt.NDArray[np.float32]) -> Classification:
    chosen: Sequence[int] = {
      task_definition.SINGLE_LABEL: [int(row.argmax())],
      task_definition.MULTI_LABEL: np.flatnonzero(row > 0.5).tolist(),
      task_definition.REGRESSION: [],
    }[self.kind]
    return Classification(
      tuple(self.output_names[index] for index in chosen),
      dict(zip(self.output_names, row.tolist(), strict=True)),
    )


def scores(
  strategy: Any,
  model: Any,
  kind: str,
  arrays: Mapping[str, npt.NDArray[Any]],
  batch_size: int,
) -> npt.NDArray[np.float32]:
  """Probabilities or numbers of all examples in order, float32 [N, C].

  Arguments as of `logits`; `kind` is one of `task_definition.KINDS`.
  """
  found = logits(strategy, model, arrays, batch_size)
  return np.asarray(loss.activation(kind, found))


def logits(
  strategy: Any,
  model: Any,
  arrays: Mapping[str, npt.NDArray[Any]],
  batch_size: int,
) -> npt.NDArray[np.float32]:
  """Logits of all examples in order, float32 [N, C].

  Args:
    strategy: Where the model was made.
    model: A `BertClassifier`.
    arrays: `input_ids`, `input_mask` and `segment_ids`, int32 [N, S].
    batch_size: Examples of a batch.
  """
  inputs = {name: arrays[name] for name in model_inputs.NAMES}
  results = batch_predictor.predict(
    strategy, model, _logits, inputs, batch_size
  )
  return results["logits"]


def _logits(model: Any, batch: Mapping[str, Any]) -> dict[str, Any]:
  return {"logits": model(batch)}
