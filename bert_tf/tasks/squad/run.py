"""Fine-tuning on SQuAD, prediction and scoring: what run_squad does."""

import dataclasses
import functools
import os
import random
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import tensorflow as tf
from absl import logging

from bert_tf import bert_config, files
from bert_tf.checkpoints import formats
from bert_tf.models import span_labeler
from bert_tf.tasks import model_tokenizer
from bert_tf.tasks.squad import answer_decoder, loss, metrics, predictor
from bert_tf.tasks.squad import examples as features_lib
from bert_tf.tasks.squad import reader as reader_lib
from bert_tf.text import checkpoint_case, full_tokenizer, tokenizer_rules
from bert_tf.training import (
  device_strategy,
  eval_results,
  fine_tuning,
  output_folder,
  run_checkpoints,
  training_loop,
)

TRAIN_RECORDS = "train.tf_record"
EVAL_RECORDS = "eval.tf_record"
_HEAD = "cls/squad/"
_TASK = {"task": "squad"}
_SHUFFLE_SEED = 12345  # the original's: the records come in its order


@dataclasses.dataclass(frozen=True)
class SquadSettings:
  """What run_squad is told, the flags that runners share apart.

  Attributes:
    vocab_file: The model's vocabulary.
    train_file: SQuAD's JSON to train on.
    predict_file: SQuAD's JSON to answer.
    do_train: Whether to train.
    do_predict: Whether to answer.
    predict_batch_size: Windows answered at once.
    batch_by_length: As of `predictor.span_logits`.
    windows: How contexts are cut.
    decoding: How answers are chosen.
  """

  vocab_file: str
  train_file: str | None = None
  predict_file: str | None = None
  do_train: bool = False
  do_predict: bool = False
  predict_batch_size: int = 8
  batch_by_length: bool = False
  windows: features_lib.WindowSettings = dataclasses.field(
    default_factory=features_lib.WindowSettings
  )
  decoding: answer_decoder.DecodingSettings = dataclasses.field(
    default_factory=answer_decoder.DecodingSettings
  )

  def __post_init__(self) -> None:
    if not (self.do_train or self.do_predict):
      raise ValueError(
        "At least one of `do_train` or `do_predict` must be True."
      )
    if self.do_train and not self.train_file:
      raise ValueError(
        "If `do_train` is True, then `train_file` must be specified."
      )
    if self.do_predict and not self.predict_file:
      raise ValueError(
        "If `do_predict` is True, then `predict_file` must be specified."
      )
    if self.predict_batch_size < 1:
      raise ValueError(f"predict_batch_size={self.predict_batch_size} is < 1")


@dataclasses.dataclass(frozen=True)
class _Questions:
  """The questions to answer, ready for the model."""

  path: str
  examples: list[reader_lib.Example]
  features: list[features_lib.Feature]
  columns: dict[str, Any]
  rules: tokenizer_rules.TokenizerRules


def run(
  config: bert_config.BertConfig,
  settings: SquadSettings,
  tuning: fine_tuning.Settings,
  loop_settings: training_loop.LoopSettings,
  devices: device_strategy.DeviceSettings,
) -> dict[str, float]:
  """Trains, answers, or both; scores where right answers are known.

  All input is read and checked before anything is written.

  Returns:
    The scores; empty if there are none.

  Raises:
    OSError: A file is missing.
    ValueError: A setting, file or checkpoint does not fit; see the message.
    training.loop.NanLossError: The loss is no longer a number.
  """
  _check(config, settings, tuning)
  tokenizer = model_tokenizer.load(
    config, settings.vocab_file, settings.decoding.do_lower_case
  )
  train_examples = _read_for_training(settings)
  questions = _prepare_questions(settings, tokenizer, tuning)
  if questions is not None and tuning.best_metric:
    tuning = tuning.with_known_metric(_metric_names(questions, settings))
  session = fine_tuning.Session(
    functools.partial(span_labeler.BertSpanLabeler, config),
    tuning,
    loop_settings,
    devices,
  )
  if settings.do_train:
    session.num_train_steps(len(train_examples))
    _train(session, train_examples, questions, tokenizer, config, settings)
  if not settings.do_predict or questions is None:
    return {}
  return _predict(session, questions, settings)


def _check(
  config: bert_config.BertConfig,
  settings: SquadSettings,
  tuning: fine_tuning.Settings,
) -> None:
  checkpoint_case.validate_case_matches_checkpoint(
    settings.decoding.do_lower_case, tuning.init_checkpoint
  )
  config.check_length(settings.windows.max_seq_length)
  tuning.check_layers(config.num_hidden_layers)
  if tuning.eval_steps and settings.do_train and not settings.predict_file:
    raise ValueError("eval_steps needs a predict_file with answers")
  output_folder.check(tuning.output_dir, _TASK)
  _check_head(tuning, settings.do_train, config.hidden_size)


def _check_head(
  tuning: fine_tuning.Settings, do_train: bool, hidden_size: int
) -> None:
  """Unlike other tasks': as in the original one may answer without a head."""
  path = run_checkpoints.latest(tuning.output_dir)
  if not path and tuning.init_checkpoint:
    reader = formats.reader(tuning.init_checkpoint)  # Or says there is none.
    has_head = any(name.startswith(_HEAD) for name in reader.shapes)
    if has_head and not do_train:
      path = tuning.init_checkpoint
    elif not do_train:
      logging.warning(
        "%s has no %soutput_weights: it was not trained to answer questions, "
        "and answers are left to chance",
        reader.prefix,
        _HEAD,
      )
  if path:
    output_folder.check_head(path, _HEAD, (2, hidden_size))


def _read_for_training(settings: SquadSettings) -> list[reader_lib.Example]:
  """The questions to train on, in the original's order."""
  if not settings.do_train or not settings.train_file:
    return []
  examples = reader_lib.read_for_training(
    settings.train_file, settings.decoding.version_2_with_negative
  )
  random.Random(_SHUFFLE_SEED).shuffle(examples)
  return examples


def _prepare_questions(
  settings: SquadSettings,
  tokenizer: full_tokenizer.FullTokenizer,
  tuning: fine_tuning.Settings,
) -> _Questions | None:
  path = settings.predict_file
  evaluates = settings.do_train and tuning.eval_steps
  if not path or not (settings.do_predict or evaluates):
    return None
  examples = reader_lib.read_for_prediction(path)
  features = list(
    features_lib.make_features(examples, tokenizer, settings.windows)
  )
  columns = features_lib.columns(features, settings.windows.max_seq_length)
  questions = _Questions(path, examples, features, columns, tokenizer.rules)
  if evaluates and _gold(questions, settings) is None:
    raise ValueError(f"eval_steps needs answers, which {path} has not")
  return questions


def schema(max_seq_length: int) -> dict[str, Any]:
  """The schema of training records. Source: run_squad.py."""
  return {
    name: tf.io.FixedLenFeature([length], tf.int64)
    for name, length in features_lib.lengths(max_seq_length).items()
  }


def _train(
  session: fine_tuning.Session,
  examples: Sequence[reader_lib.Example],
  questions: _Questions | None,
  tokenizer: full_tokenizer.FullTokenizer,
  config: bert_config.BertConfig,
  settings: SquadSettings,
) -> None:
  length = settings.windows.max_seq_length
  output_folder.claim(session.settings.output_dir, _TASK)
  path = os.path.join(session.settings.output_dir, TRAIN_RECORDS)
  features = features_lib.make_features(
    examples, tokenizer, settings.windows, is_training=True
  )
  count = features_lib.write_records(path, features, length, True)
  logging.info("%d questions in %d windows: %s", len(examples), count, path)

  def evaluate(model: Any) -> dict[str, float]:
    if questions is None:
      return {}
    decoded = _answer(session, model, questions, settings)
    return _scores(decoded, questions, settings)

  session.train(
    path,
    schema(length),
    {
      "input_ids": config.vocab_size,
      "segment_ids": config.type_vocab_size,
      "start_positions": length,
      "end_positions": length,
    },
    len(examples),
    loss.SpanObjective(),
    evaluate,
  )


def _answer(
  session: fine_tuning.Session,
  model: Any,
  questions: _Questions,
  settings: SquadSettings,
) -> dict[str, answer_decoder.Decoded]:
  starts, ends = predictor.span_logits(
    session.strategy,
    model,
    questions.columns,
    settings.predict_batch_size,
    settings.batch_by_length,
  )
  return answer_decoder.decode(
    questions.examples,
    questions.features,
    starts,
    ends,
    settings.decoding,
    questions.rules,
  )


def _predict(
  session: fine_tuning.Session, questions: _Questions, settings: SquadSettings
) -> dict[str, float]:
  model = session.model()  # Before anything is written: it may not be there.
  writes = device_strategy.is_chief(session.strategy)
  folder = session.settings.output_dir
  if writes:
    output_folder.claim(folder, _TASK)
    features_lib.write_records(
      os.path.join(folder, EVAL_RECORDS),
      questions.features,
      settings.windows.max_seq_length,
      False,
    )
  logging.info(
    "answering %d questions in %d windows",
    len(questions.examples),
    len(questions.features),
  )
  decoded = _answer(session, model, questions, settings)
  scores = _scores(decoded, questions, settings)
  if writes:
    paths = answer_decoder.write(folder, decoded)
    for path in paths:
      logging.info("wrote %s", path)
    if scores:
      values = {"global_step": session.global_step} | _exact(scores)
      paths.append(eval_results.write(folder, values))
    _set_aside(folder, paths)
  return scores


def _set_aside(folder: str, written: Collection[str]) -> None:
  """Renames what an earlier run left and this one, of other answers, has not.

  Renamed, not removed: scores may be all that a user keeps of a run.
  """
  for name in (answer_decoder.NULL_ODDS, eval_results.FILE):
    path = os.path.join(folder, name)
    if path not in written and files.exists(path):
      files.rename(path, path + ".old")
      logging.warning("%s is of earlier answers; it is %s.old now", path, name)


def _exact(scores: Mapping[str, float]) -> dict[str, float | str]:
  """Thresholds with all digits: rounded, they would part other questions."""
  return {
    name: repr(value) if name.endswith("_thresh") else value
    for name, value in scores.items()
  }


def _gold(
  questions: _Questions, settings: SquadSettings
) -> dict[str, tuple[str, ...]] | None:
  """Right answers by question id; None if some are not known."""
  gold = {}
  for example in questions.examples:
    texts = example.gold
    if texts is None or not (
      texts or settings.decoding.version_2_with_negative
    ):
      logging.info(
        "%s: not scored, since question %r has no answers",
        questions.path,
        example.id,
      )
      return None
    gold[example.id] = texts
  return gold or None


def _scores(
  decoded: Mapping[str, answer_decoder.Decoded],
  questions: _Questions,
  settings: SquadSettings,
) -> dict[str, float]:
  """Exact match and F1; empty where right answers are not known."""
  gold = _gold(questions, settings)
  if gold is None:
    return {}
  answers = {key: found.answer for key, found in decoded.items()}
  if not settings.decoding.version_2_with_negative:
    return metrics.score_v1(answers, gold)
  odds = {key: found.null_odds or 0.0 for key, found in decoded.items()}
  texts = {key: found.best_text for key, found in decoded.items()}
  return metrics.score_v2(answers, gold, texts, odds)


def _metric_names(questions: _Questions, settings: SquadSettings) -> list[str]:
  """The scores there will be, told by those of no answers."""
  nothing = answer_decoder.Decoded("", [], "", 0.0)
  decoded = dict.fromkeys((x.id for x in questions.examples), nothing)
  return sorted(_scores(decoded, questions, settings))
