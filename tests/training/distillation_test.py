"""Distillation: the loss against NumPy, and a student of a real teacher."""

import dataclasses
import shutil

import numpy as np
import pytest
import tensorflow as tf

import bert_tf
from bert_tf.checkpoints import checkpoint_reader
from bert_tf.models import multiple_choice, span_labeler, token_classifier
from bert_tf.records import array_records
from bert_tf.tasks.classification import loss as classification_loss
from bert_tf.tasks.classification import task_definition
from bert_tf.tasks.multiple_choice import loss as multiple_choice_loss
from bert_tf.tasks.squad import loss as squad_loss
from bert_tf.tasks.tagging import loss as tagging_loss
from bert_tf.training import (
  distillation,
  fine_tuning_session,
  fine_tuning_settings,
  objectives,
)
from tests.models import tiny
from tests.tasks.classification import classifying

B, S, C = 3, 5, 4
RNG = np.random.default_rng(11)
MASK = np.array([[1, 1, 1, 1, 1], [1, 1, 1, 0, 0], [1, 1, 1, 1, 0]])
WORDS = np.array([[0, 1, 1, 0, 0], [0, 1, 0, 0, 0], [0, 1, 1, 1, 0]])


def logits(*shape):
  return RNG.normal(0, 2, shape).astype(np.float32)


def softmax(x):
  powers = np.exp(x - x.max(-1, keepdims=True))
  return powers / powers.sum(-1, keepdims=True)


def soft(student, teacher, temperature):
  """The cross entropy of softened answers, in float64."""
  student, teacher = student.astype(np.float64), teacher.astype(np.float64)
  wanted = softmax(teacher / temperature)
  return -(wanted * np.log(softmax(student / temperature))).sum(-1)


def hard(student, labels):
  picked = np.take_along_axis(
    softmax(student.astype(np.float64)), labels[..., None], -1
  )
  return -np.log(picked[..., 0])


def classification():
  labels = np.array([[1], [3], [0]])
  student, teacher = logits(B, C), logits(B, C)
  batch = {"label_ids": labels, "is_real_example": np.array([[1], [1], [0]])}
  real = np.array([1, 1, 0])
  return (
    classification_loss.ClassificationObjective(task_definition.SINGLE_LABEL),
    batch,
    student,
    teacher,
    (hard(student, labels[:, 0]) * real).sum() / 2,
    lambda t: (soft(student, teacher, t) * real).sum() / 2,
  )


def tagging():
  labels = RNG.integers(0, C, (B, S))
  student, teacher = logits(B, S, C), logits(B, S, C)
  words = WORDS.sum() + 1e-5
  return (
    tagging_loss.TaggingObjective(),
    {"label_ids": labels, "label_weights": WORDS},
    student,
    teacher,
    (hard(student, labels) * WORDS).sum() / words,
    lambda t: (soft(student, teacher, t) * WORDS).sum() / words,
  )


def squad():
  student, teacher = logits(B, 2, S), logits(B, 2, S)
  starts, ends = np.array([0, 1, 2]), np.array([4, 2, 3])
  batch = {
    "input_mask": MASK,
    "start_positions": starts[:, None],
    "end_positions": ends[:, None],
  }
  real, wanted = (
    np.where(MASK[:, None] == 1, x, -1e9) for x in (student, teacher)
  )
  return (
    squad_loss.SpanObjective(uses_padding=False),
    batch,
    span_labeler.SpanLogits(student[:, 0], student[:, 1]),
    teacher,
    (hard(real[:, 0], starts) + hard(real[:, 1], ends)).mean() / 2,
    lambda t: _soft_spans(real, wanted, t),
  )


def _soft_spans(student, teacher, temperature):
  wanted = softmax(teacher / temperature)
  shares = softmax(student / temperature)
  with np.errstate(divide="ignore"):
    logs = np.where(shares > 0, np.log(shares), 0.0)
  return -(wanted * logs).sum(-1).mean()


@pytest.mark.parametrize("temperature", [1.0, 4.0])
@pytest.mark.parametrize("case", [classification, tagging, squad])
def test_the_loss_is_numpy_s(case, temperature):
  objective, batch, output, teacher, hard_loss, soft_loss = case()
  batch = {name: tf.constant(x, tf.int32) for name, x in batch.items()}
  batch[distillation.LOGITS] = tf.constant(teacher)
  weight = 0.3
  distilled = distillation.DistillationObjective(objective, temperature, weight)
  calls = []

  def model(batch, training):
    calls.append(training)
    return tf.nest.map_structure(tf.constant, output)

  sums = distilled.sums(model, batch, True)
  found = objectives.combine(distilled, sums, distilled.weights(batch))
  wanted = 0.7 * hard_loss + 0.3 * temperature**2 * soft_loss(temperature)
  assert float(found) == pytest.approx(wanted, rel=2e-6)
  assert calls == [True], "the student is called once"
  assert set(sums) == set(distilled.sum_names)


@pytest.mark.parametrize(
  "kind, wanted",
  [
    (task_definition.REGRESSION, ((2.0 - 0.5) / 2) ** 2),
    (
      task_definition.MULTI_LABEL,
      -(
        1 / (1 + np.exp(-0.25)) * np.log(1 / (1 + np.exp(-1.0)))
        + 1 / (1 + np.exp(0.25)) * np.log(1 / (1 + np.exp(1.0)))
      ),
    ),
  ],
)
def test_other_kinds_of_classification(kind, wanted):
  found = classification_loss.soft_losses(
    kind, tf.constant([[2.0]]), tf.constant([[0.5]]), 2.0
  )
  assert float(found[0]) == pytest.approx(wanted, rel=1e-6)


@pytest.fixture(scope="module")
def teacher(tmp_path_factory):
  """The folder of a teacher of MRPC."""
  folder = tmp_path_factory.mktemp("teacher")
  classifying.classify(folder, do_train=True, layers=2)
  return folder


def test_a_student_learns_the_teacher_s_answers(teacher, tmp_path):
  """Of the teacher alone, from two of its layers."""
  folder = tmp_path / "student"
  told = {
    "do_train": True,
    "init_checkpoint": str(teacher),
    "init_from_layers": (1,),
    "teacher_checkpoint": str(teacher),
    "distillation_weight": 1.0,
    "has_dropout": False,
    "save_checkpoints_steps": 4,
  }
  classifying.classify(folder, layers=2, **told)
  config = bert_tf.BertConfig.from_json_file(folder / "bert_config.json")
  assert config.num_hidden_layers == 1
  assert "init_from_layers" in (folder / "task.json").read_text()

  first = classifying.records(folder / "train.tf_record")[:16]
  path = classifying.GOLDENS / "mrpc" / "data" / "train.tsv"
  rows = [line.split("\t") for line in path.read_text().splitlines()[1:17]]
  answer = bert_tf.TextClassifier.from_checkpoint(
    teacher, max_seq_length=classifying.LENGTH
  )
  found = answer([(row[3], row[4]) for row in rows])
  for record, one in zip(first, found, strict=True):
    shares = softmax(np.array(record["teacher_logits"][1]))
    assert shares == pytest.approx(list(one.scores.values()), abs=1e-5)

  # Resumed from the middle it ends bit for bit where it has ended.
  again = tmp_path / "again"
  shutil.copytree(folder, again)
  last = int(checkpoint_reader.Reader(folder).prefix.rpartition("-")[2])
  for path in again.glob(f"model.ckpt-{last}.*"):
    path.unlink()
  classifying.list_checkpoint(again, 4)
  classifying.classify(again, layers=2, **told)
  classifying.assert_same(
    classifying.state(folder, last), classifying.state(again, last)
  )


MODELS = {
  "tagging": (
    lambda: token_classifier.BertTokenClassifier(tiny.CONFIG, C),
    tagging_loss.TaggingObjective(),
    {"label_ids": (8,), "label_weights": (8,)},
  ),
  "squad": (
    lambda: span_labeler.BertSpanLabeler(tiny.CONFIG),
    squad_loss.SpanObjective(uses_padding=True),
    {"start_positions": (1,), "end_positions": (1,)},
  ),
  "multiple_choice": (
    lambda: multiple_choice.BertMultipleChoice(tiny.CONFIG),
    multiple_choice_loss.MultipleChoiceObjective(),
    {"label_ids": (1,)},
  ),
}


@pytest.mark.parametrize("task", MODELS)
def test_records_of_other_tasks_have_logits(task, tmp_path):
  make, objective, targets = MODELS[task]
  shape = (2, 8) if task == "multiple_choice" else (8,)
  rng = np.random.default_rng(3)
  lengths = rng.integers(3, 9, (5, *shape[:-1], 1))
  mask = (np.arange(8) < lengths).astype(np.int32)
  arrays = {
    "input_ids": rng.integers(5, 60, mask.shape, np.int32) * mask,
    "input_mask": mask,
    "segment_ids": np.zeros_like(mask),
  }
  sizes = dict.fromkeys(arrays, shape) | targets
  arrays |= {name: np.ones((5, *size), int) for name, size in targets.items()}
  path = str(tmp_path / "train.tf_record")
  assert array_records.write(path, [arrays]) == 5
  records = fine_tuning_session.TrainingRecords(
    path,
    {n: tf.io.FixedLenFeature(list(s), tf.int64) for n, s in sizes.items()},
    {},
    5,
  )
  model = make()
  found = distillation.with_logits(records, model, objective)
  rows = list(tf.data.TFRecordDataset(path))
  parsed = tf.io.parse_example(rows, found.schema)
  for name, value in arrays.items():
    np.testing.assert_array_equal(parsed[name], value, name)
  batch = {name: tf.constant(x, tf.int32) for name, x in arrays.items()}
  wanted = objective.soft_logits(model(batch)).numpy()
  if task == "tagging":  # padding is not computed
    wanted, got = wanted[mask == 1], parsed["teacher_logits"].numpy()[mask == 1]
  else:
    got = parsed["teacher_logits"]
  np.testing.assert_allclose(got, wanted, atol=1e-5)


def _other_labels(folder, _):
  path = folder / "task.json"
  path.write_text(path.read_text().replace('["0", "1"]', '["1", "0"]'))


def _other_vocabulary(folder, _):
  path = folder / "vocab.txt"
  path.write_text(path.read_text().replace("reservoir", "reservoirs"))


def _other_case(folder, _):
  path = folder / "task.json"
  text = path.read_text()
  assert '"do_lower_case": true' in text
  path.write_text(
    text.replace('"do_lower_case": true', '"do_lower_case": false')
  )


@pytest.mark.parametrize(
  "change, message",
  [
    (_other_labels, "has the labels 1, 0, the student 0, 1"),
    (_other_vocabulary, "was trained with a vocabulary of"),
    (_other_case, "lower_case"),
  ],
)
def test_a_teacher_of_something_else(teacher, tmp_path, change, message):
  other = tmp_path / "other"
  shutil.copytree(teacher, other)
  change(other, None)
  with pytest.raises(ValueError, match=message):
    classifying.classify(
      tmp_path / "student",
      do_train=True,
      layers=1,
      teacher_checkpoint=str(other),
      do_lower_case=True,
    )
  assert not (tmp_path / "student").exists()


def test_a_teacher_without_the_head(tmp_path):
  shutil.copytree(tiny.FOLDER, tmp_path / "pre_trained")
  shutil.copy(tiny.FOLDER.parent / "vocab.txt", tmp_path / "pre_trained")
  with pytest.raises(ValueError, match="expected a variable 'output_weights'"):
    classifying.classify(
      tmp_path / "student",
      do_train=True,
      layers=1,
      teacher_checkpoint=str(tmp_path / "pre_trained"),
      init_checkpoint=None,
    )


@pytest.mark.parametrize(
  "changes, message",
  [
    ({"init_from_layers": (0, 3)}, r"layer 3 of 0,3 .* has 3 layers, 0 to 2"),
    (
      {"init_from_layers": (0, 1), "layers": 1},
      "is neither that of .*, 3, nor",
    ),
  ],
)
def test_layers_that_are_not_there(tmp_path, changes, message):
  with pytest.raises(ValueError, match=message):
    classifying.classify(tmp_path / "out", do_train=True, **changes)
  assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
  "changes, message",
  [
    ({"distillation_temperature": 0.0}, "distillation_temperature=0.0 is not"),
    ({"distillation_weight": 1.5}, "distillation_weight=1.5 is not from 0 to"),
    ({"init_from_layers": (0,)}, "init_from_layers needs init_checkpoint"),
  ],
)
def test_settings(changes, message):
  made = fine_tuning_settings.FineTuningSettings("out")
  with pytest.raises(ValueError, match=message):
    dataclasses.replace(made, **changes)
