"""What is wrong is said before anything is written."""

import shutil

import pytest

import bert_tf
from bert_tf.checkpoints import checkpoint_reader, saver
from bert_tf.models import span_labeler
from bert_tf.tasks.classification import known_tasks, task_definition
from tests.tasks.classification import classifying

TINY = classifying.TESTDATA / "tiny"


@pytest.fixture
def used(tmp_path):
  """An output folder in use by CoLA."""
  folder = tmp_path / "used"
  classifying.put_golden_checkpoint("cola", folder)
  classifying.classify(folder, "cola", do_eval=True)
  return folder


@pytest.fixture
def data(tmp_path):
  """A copy of MRPC's files."""
  return shutil.copytree(
    classifying.GOLDENS / "mrpc" / "data", tmp_path / "data"
  )


def refuse(folder, message, error=ValueError, **settings):
  """Asserts that a run fails so, and changes nothing."""
  before = classifying.bytes_of(folder) if folder.exists() else {}
  with pytest.raises(error) as found:
    classifying.classify(folder, **settings)
  assert message in str(found.value)
  after = classifying.bytes_of(folder) if folder.exists() else {}
  assert after == before
  assert before or not folder.exists()
  return str(found.value)


def test_a_folder_in_use_by_another_task(used):
  message = refuse(
    used, "is in use by another task", task="mrpc", do_train=True
  )
  assert str(used) in message and '"cola"' in message


def test_a_folder_in_use_by_another_task_s_model(tmp_path):
  folder = tmp_path / "squad"
  config = bert_tf.BertConfig.from_json_file(TINY / "bert_config.json")
  model = span_labeler.BertSpanLabeler(config)
  values = {v.name.removesuffix(":0"): v for v in model.variables}
  saver.save(values, str(folder / "model.ckpt-3"))
  classifying.list_checkpoint(folder, 3)
  for settings in ({"do_train": True}, {"do_eval": True}):
    refuse(
      folder,
      "model.ckpt-3: expected a variable 'output_weights' of shape [2, 32], "
      "found none",
      **settings,
    )


def test_a_checkpoint_of_other_labels(tmp_path):
  folder = tmp_path / "out"
  classifying.put_golden_checkpoint("cola", folder)
  data = tmp_path / "data"
  data.mkdir()
  (data / "train.tsv").write_text("text\tlabel\na\tx\nb\ty\nc\tz\n")
  refuse(
    folder,
    "of shape [3, 32], found one of shape [2, 32]",
    task=known_tasks.tsv("text", None, "label", task_definition.SINGLE_LABEL),
    data_dir=data,
    do_train=True,
  )


def test_a_model_that_was_never_trained_is_not_applied(tmp_path):
  refuse(
    tmp_path / "out",
    "bert_model.ckpt: expected a variable 'output_weights' of shape [2, 32], "
    "found none; it is not a checkpoint of this task. Train first",
    do_eval=True,
  )


def test_half_a_head_is_not_applied(tmp_path):
  reader = checkpoint_reader.Reader(
    classifying.GOLDENS / "mrpc" / "model.ckpt-40"
  )
  values = {name: reader.read(name) for name in reader.shapes}
  del values["output_bias"]
  path = str(tmp_path / "half.ckpt")
  saver.save(values, path)
  for settings in ({"do_eval": True}, {"do_predict": True}):
    refuse(
      tmp_path / "out",
      "half.ckpt: expected a variable 'output_bias' of shape [2], found none",
      init_checkpoint=path,
      **settings,
    )


@pytest.mark.parametrize(
  "message, settings",
  [
    ("no model to apply", {"do_eval": True, "init_checkpoint": None}),
    (
      "/nowhere/x.ckpt",
      {"do_train": True, "init_checkpoint": "/nowhere/x.ckpt"},
    ),
  ],
)
def test_no_model_at_all(tmp_path, message, settings):
  refuse(tmp_path / "out", message, FileNotFoundError, **settings)


def test_a_bad_line_of_the_last_file_stops_the_first_from_being_written(
  tmp_path, data
):
  with (data / "test.tsv").open("a") as file:
    file.write("1\t2\n")
  refuse(
    tmp_path / "out",
    "data/test.tsv:62: found 2 columns",
    data_dir=data,
    do_train=True,
    do_predict=True,
  )


def test_a_label_that_training_did_not_have(used, tmp_path):
  data = tmp_path / "own"
  data.mkdir()
  (data / "train.tsv").write_text("text\tlabel\na\tx\nb\ty\n")
  (data / "dev.tsv").write_text("text\tlabel\na\tx\nb\tz\n")
  refuse(
    tmp_path / "out",
    "dev.tsv:3: the label 'z' is none of 'x', 'y'",
    task=known_tasks.tsv("text", None, "label", task_definition.SINGLE_LABEL),
    data_dir=data,
    do_train=True,
    do_eval=True,
  )


def test_one_label_is_not_enough(tmp_path):
  data = tmp_path / "own"
  data.mkdir()
  (data / "train.tsv").write_text("text\tlabel\na\tx\nb\tx\n")
  refuse(
    tmp_path / "out",
    "has the labels ['x'], expected at least 2",
    task=known_tasks.tsv("text", None, "label", task_definition.SINGLE_LABEL),
    data_dir=data,
    do_train=True,
  )


def test_damaged_task_file(tmp_path):
  (tmp_path / "task.json").write_text("{")
  refuse(tmp_path, "task.json is damaged", do_train=True)


def test_cased_text_for_an_uncased_model(tmp_path):
  refuse(
    tmp_path / "out",
    "do_lower_case",
    do_train=True,
    do_lower_case=False,
    init_checkpoint="models/uncased_L-12_H-768_A-12/bert_model.ckpt",
  )


@pytest.mark.parametrize(
  "replaced, message",
  [
    (("[UNK]\n", "[CLS]\n", "[SEP]\n"), "none is [UNK], [CLS], [SEP]"),
    ((), "found 687 pieces, but the model has vocab_size=686"),
  ],
)
def test_a_vocabulary_of_another_model(tmp_path, replaced, message):
  text = (classifying.TESTDATA / "vocab.txt").read_text("utf-8") + "more\n"
  for line in replaced:
    text = text.replace(line, "x" + line)
  (tmp_path / "vocab.txt").write_text(text, "utf-8")
  refuse(
    tmp_path / "out",
    message,
    do_train=True,
    do_eval=True,
    vocab_file=str(tmp_path / "vocab.txt"),
  )


@pytest.mark.parametrize(
  "settings, message",
  [
    ({}, "nothing to do"),
    ({"do_eval": True, "eval_batch_size": 0}, "eval_batch_size=0 is below 1"),
    ({"do_eval": True, "num_trials": 2}, "num_trials above 1 needs do_train"),
    (
      {"do_train": True, "max_seq_length": 65},
      "max_seq_length=65 is above the model's max_position_embeddings=64",
    ),
    ({"do_train": True, "max_seq_length": 2}, "max_seq_length=2 is below 3"),
    (
      {"do_train": True, "eval_steps": 2, "best_metric": "bleu"},
      "best_metric='bleu' is not a metric of this task; it is one of "
      "eval_accuracy, eval_f1,",
    ),
    ({"do_train": True, "freeze_layers": 9}, "freeze_layers=9, but the model"),
    ({"do_train": True, "batch_size": 100}, "make not one step"),
    ({"do_train": True, "learning_rate": -1.0}, "learning_rate=-1.0 is below"),
  ],
)
def test_settings_that_are_wrong(tmp_path, settings, message):
  refuse(tmp_path / "out", message, **settings)
