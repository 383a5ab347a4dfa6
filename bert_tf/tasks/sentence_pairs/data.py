"""What a run of sentence pairs trains on, evaluates and predicts."""

import dataclasses
import os
from collections.abc import Mapping
from typing import Any

import numpy.typing as npt
from absl import logging

from bert_tf import bert_config
from bert_tf.system import output_files
from bert_tf.tasks.sentence_pairs import (
  examples,
  loss,
  metrics,
  reader,
  settings,
)
from bert_tf.text import full_tokenizer
from bert_tf.training import (
  batch_predictor,
  eval_results,
  fine_tuning_session,
  objectives,
  task_runner,
)

TEST_RESULTS_FILE = "test_results.tsv"
RECORDS_FILE = "train.tf_record"


@dataclasses.dataclass(frozen=True)
class SentencePairData:
  """The pairs that are used; see `task_runner.TaskData`.

  Attributes:
    options: What was told.
    config: The model's sizes.
    tokenizer: The model's.
    sets: The files that are used: "train", "dev", "test".
    arrays: The model's inputs by file, once they are made.
  """

  options: settings.SentencePairSettings
  config: bert_config.BertConfig
  tokenizer: full_tokenizer.FullTokenizer
  sets: Mapping[str, reader.PairFile]
  arrays: dict[str, examples.Arrays] = dataclasses.field(default_factory=dict)

  @property
  def objective(self) -> objectives.SoftObjective:
    """The loss."""
    if self.options.objective == settings.SCORES:
      return loss.ScoreObjective()
    return loss.NegativesObjective(self.options.scale)

  @property
  def num_train_examples(self) -> int:
    """Pairs of the train file."""
    return len(self.sets["train"].pairs) if "train" in self.sets else 0

  @property
  def metric_note(self) -> str:
    """Why there are no correlations, if so."""
    if "dev" in self.sets and not self.sets["dev"].has_scores:
      return f"{self.sets['dev'].path} has no {self.options.label_column}"
    return ""

  def metric_names(self) -> list[str]:
    """Those that the dev file has scores for."""
    return metrics.names("dev" in self.sets and self.sets["dev"].has_scores)

  def write_records(
    self, folder: str, is_chief: bool
  ) -> fine_tuning_session.TrainingRecords:
    """Writes train.tf_record."""
    del is_chief
    path = os.path.join(folder, RECORDS_FILE)
    length = self.options.max_seq_length
    if "train" in self.sets:
      examples.write(path, self.sets["train"], self.tokenizer, length)
    return fine_tuning_session.TrainingRecords(
      path,
      examples.schema(length),
      examples.limits(self.config),
      self.num_train_examples,
    )

  def _vectors(
    self, kind: str, strategy: Any, model: Any, batch_size: int
  ) -> npt.NDArray[Any]:
    """Vectors of length 1 of the pairs of a file, float32 [N, 2, H]."""
    file = self.sets[kind]
    if kind not in self.arrays:
      self.arrays[kind] = examples.encode(
        file.texts, self.tokenizer, self.options.max_seq_length
      )
    found = batch_predictor.predict(
      strategy, model, _unit, self.arrays[kind], 2 * batch_size
    )["vectors"]
    return found.reshape(len(file.pairs), 2, -1)

  def evaluate(self, strategy: Any, model: Any) -> task_runner.Scores:
    """Scores the dev file."""
    vectors = self._vectors(
      "dev", strategy, model, self.options.eval_batch_size
    )
    return metrics.score(vectors, [x.score for x in self.sets["dev"].pairs])

  def write_scores(
    self, folder: str, step: int, scores: task_runner.Scores
  ) -> None:
    """Writes eval_results.txt."""
    eval_results.write(folder, {"global_step": step, **scores})

  def predict(self, strategy: Any, model: Any) -> task_runner.Predicted:
    """The cosines of the test file's pairs, float32 [N]."""
    vectors = self._vectors(
      "test", strategy, model, self.options.predict_batch_size
    )
    return task_runner.Predicted((vectors[:, 0] * vectors[:, 1]).sum(-1))

  def write_answers(
    self, folder: str, step: int, predicted: task_runner.Predicted
  ) -> None:
    """Writes test_results.tsv: a cosine a line."""
    del step
    path = os.path.join(folder, TEST_RESULTS_FILE)
    text = "".join(f"{value}\n" for value in predicted.answers)
    output_files.write_atomically(path, text.encode())
    logging.info("%d answers written to %s", len(predicted.answers), path)


def _unit(model: Any, batch: Mapping[str, Any]) -> dict[str, Any]:
  return {"vectors": loss.unit(model(batch))}
