"""run_classifier_with_tfhub is run_classifier on the module's weights."""

import pytest

from tests.checkpoints import hub_modules
from tests.commands import running
from tests.models import tiny
from tests.tasks.classification import classifying

DATA = classifying.GOLDENS / "mrpc" / "data"
FLAGS = {
  "task_name": "MRPC",
  "data_dir": DATA,
  "do_train": True,
  "do_eval": True,
  "max_seq_length": 32,
  "train_batch_size": 8,
  "num_train_epochs": 1,
}


@pytest.fixture
def classify(tmp_path):
  def run(name, **changes):
    flags = FLAGS | {"output_dir": tmp_path / name} | changes
    return running.run(name, *running.as_flags(flags))

  return run


def test_the_result_is_run_classifier_s(classify, tmp_path):
  module = hub_modules.tf1(tmp_path / "module", layers=(1,))
  hub = classify("run_classifier_with_tfhub", bert_hub_module_handle=module)
  assert hub.returncode == 0, hub.stderr
  plain = classify(
    "run_classifier",
    bert_config_file=tiny.FOLDER / "bert_config.json",
    vocab_file=hub_modules.VOCABULARY,
    init_checkpoint=tiny.FOLDER / "bert_model.ckpt",
    init_from_layers=1,
  )
  assert plain.returncode == 0, plain.stderr
  found, wanted = (
    classifying.scores(tmp_path / name / "eval_results.txt")
    for name in ("run_classifier_with_tfhub", "run_classifier")
  )
  assert found["loss"] == pytest.approx(wanted["loss"], abs=1e-5)
  assert found == pytest.approx(wanted, abs=1e-5)
  folder = tmp_path / "run_classifier_with_tfhub"
  assert (folder / "vocab.txt").exists()
  assert (folder / "bert_config.json").exists()
  wanted = f"model.ckpt-{int(found['global_step'])}.index"
  assert (folder / wanted).exists()


def test_flags_that_contradict_the_module(classify, tmp_path):
  module = hub_modules.tf2_first(tmp_path / "module")
  for changes, message in (
    ({"vocab_file": "v"}, "--vocab_file is given, but it is taken from"),
    ({"do_lower_case": False}, "--do_lower_case=False, but the module"),
  ):
    done = classify(
      "run_classifier_with_tfhub", bert_hub_module_handle=module, **changes
    )
    running.assert_plain_error(done, message)
  done = classify("run_classifier_with_tfhub", bert_hub_module_handle="no")
  running.assert_plain_error(done, "expected the folder of a SavedModel")


def test_the_handle_is_required():
  running.assert_required(
    "run_classifier_with_tfhub",
    "bert_hub_module_handle",
    "data_dir",
    "task_name",
    "output_dir",
  )
