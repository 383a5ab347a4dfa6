"""What TensorBoard shows beside the curves: settings of trials, a profile."""

import pytest
import tensorflow as tf
from tensorboard.plugins.hparams import plugin_data_pb2

from bert_tf.training import hparams_log, loop_settings, step_profiler
from tests.tasks.classification import classifying
from tests.tasks.pretraining import training


def hparams_in(folder):
  """Settings by name, and scores, of the events in a folder."""
  settings, scores = {}, {}
  for path in folder.glob("events.*.hparams"):
    for event in tf.compat.v1.train.summary_iterator(str(path)):
      for value in event.summary.value:
        plugin = value.metadata.plugin_data
        if plugin.plugin_name != "hparams":
          scores[value.tag] = (event.step, float(tf.make_ndarray(value.tensor)))
          continue
        told = plugin_data_pb2.HParamsPluginData.FromString(plugin.content)
        for name, held in told.session_start_info.hparams.items():
          settings[name] = getattr(held, held.WhichOneof("kind"))
  return settings, scores


def test_settings_and_scores_of_one_training(tmp_path):
  settings = {"rate": 0.5, "pack": True, "layers": [1, 2], "name": "adamw"}
  hparams_log.write(str(tmp_path), settings, {"f1": 0.25}, 7)
  found, scores = hparams_in(tmp_path)
  assert found == {
    "rate": 0.5,
    "pack": True,
    "layers": "[1, 2]",
    "name": "adamw",
  }
  assert scores == {"f1": (7, 0.25)}


def test_each_trial_has_its_own(tmp_path):
  classifying.classify(
    tmp_path, layers=1, do_train=True, do_eval=True, num_trials=2
  )
  for number, seed in ((1, 12345), (2, 12346)):
    settings, scores = hparams_in(tmp_path / f"trial_{number}")
    assert settings["seed"] == seed
    assert settings["optimizer"] == "adamw"
    assert "eval_accuracy" in scores


def test_a_profile_of_some_steps(tmp_path):
  training.pretrain(tmp_path, steps=4, layers=1, profile_steps=(1, 3))
  found = list((tmp_path / "plugins" / "profile").rglob("*.xplane.pb"))
  assert found
  assert found[0].stat().st_size > 1000


def test_workers_that_write_no_profile_stop_at_the_same_steps():
  """Else the sums over all workers would wait for one another for ever."""
  made = step_profiler.StepProfiler(None, (10, 20))
  assert [made.steps_until_look(x) for x in (0, 10, 20)] == [10, 10, None]
  made.look(10)
  made.close()


def test_when_the_profiler_is_looked_at(tmp_path):
  made = step_profiler.StepProfiler(str(tmp_path), (10, 20))
  assert [made.steps_until_look(step) for step in (0, 10, 19, 20)] == [
    *(10, 10, 1),
    None,
  ]
  assert step_profiler.StepProfiler(str(tmp_path), None).steps_until_look(
    3
  ) is (None)


@pytest.mark.parametrize(
  "values, message",
  [
    (["5"], "profile_steps=5 is not two steps"),
    (["a", "b"], "is not two steps such as 10,20"),
    (["20", "10"], "the first before the second"),
  ],
)
def test_steps_that_are_none(values, message):
  with pytest.raises(ValueError, match=message):
    loop_settings.LoopSettings(
      8, profile_steps=loop_settings.parse_profile_steps(values)
    )
