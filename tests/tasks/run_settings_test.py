"""What a run of each task is resumed with has to be what it began with."""

import dataclasses
import shutil

import pytest

from bert_tf.checkpoints import run_metadata
from bert_tf.tasks.squad import run as squad_run
from bert_tf.tasks.squad import settings as squad_settings
from bert_tf.tasks.tagging import run as tagging_run
from bert_tf.tasks.tagging import settings as tagging_settings
from tests.tasks.classification import classifying
from tests.tasks.pretraining import training

SQUAD = squad_settings.SquadSettings("v", "train.json", do_train=True)
TAGGING = tagging_settings.TaggingSettings(
  "v", train_file="train.txt", do_train=True
)


def _squad(windows=None, decoding=None):
  return squad_run.SquadTask(
    dataclasses.replace(
      SQUAD,
      windows=dataclasses.replace(SQUAD.windows, **(windows or {})),
      decoding=dataclasses.replace(SQUAD.decoding, **(decoding or {})),
    )
  )


@pytest.mark.parametrize(
  "first, second, message",
  [
    (
      _squad(),
      _squad({"doc_stride": 64}),
      "doc_stride was 128, and is 64 now",
    ),
    (
      _squad(),
      _squad({"max_query_length": 32}),
      "max_query_length was 64, and is 32 now",
    ),
    (
      _squad(),
      _squad(decoding={"version_2_with_negative": True}),
      "version_2_with_negative was False, and is True now",
    ),
    (
      tagging_run.TaggingTask(TAGGING),
      tagging_run.TaggingTask(dataclasses.replace(TAGGING, label_column=1)),
      "label_column was -1, and is 1 now",
    ),
  ],
)
def test_settings_of_tasks(tmp_path, first, second, message):
  run_of, other = (
    dataclasses.replace(task.metadata, settings=task.settings)
    for task in (first, second)
  )
  run_metadata.claim(str(tmp_path), run_of)
  run_metadata.check(str(tmp_path), run_of, resumes=True)
  with pytest.raises(ValueError, match=message):
    run_metadata.check(str(tmp_path), other, resumes=True)


def test_train_files():
  assert _squad().train_files() == ["train.json"]
  assert tagging_run.TaggingTask(TAGGING).train_files() == ["train.txt"]


def test_settings_and_records_of_pre_training(tmp_path):
  """A refused run changes nothing."""
  records = shutil.copy(training.EVAL / "data.tfrecord", tmp_path)
  told = {"layers": 1, "steps": 4, "warmup": 2, "input_file": records}
  out = tmp_path / "out"
  training.pretrain(out, **told)
  before = classifying.bytes_of(out)
  for changes, message in (
    ({"rate": 1e-3}, "learning_rate was 0.0005, and is 0.001 now"),
    ({"warmup": 1}, "num_warmup_steps was 2, and is 1 now"),
    ({"steps": 2, "warmup": 2}, "num_train_steps was 4, and is 2 now"),
    ({"batch_size": 4}, "train_batch_size was 8, and is 4 now"),
    ({"input_file": f"{records},{records}"}, r"train_data was \d+ bytes, sha"),
  ):
    with pytest.raises(ValueError, match=message):
      training.pretrain(out, **(told | changes))
    assert classifying.bytes_of(out) == before
  assert before.keys() == classifying.bytes_of(out).keys()
