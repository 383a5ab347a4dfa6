"""A worker that is lost is named, and from where all go on."""

import types

import numpy as np
import pytest
import tensorflow as tf

from bert_tf.training import (
  run_checkpoints,
  training_loop,
  worker_agreement,
)

# Of TensorFlow, when worker 1 of two was killed.
_SAID = """Graph execution error:
Collective ops is aborted by: Error reported from /job:worker/task:{0}: The
following tasks are unhealthy (stopped sending heartbeats):
/job:worker/replica:0/task:1
The error could be from a previous operation."""


@pytest.fixture
def workers():
  """Those of a run of two, seen from the first."""
  found = worker_agreement.Workers(tf.distribute.get_strategy())
  found.are_several = True
  found.strategy = types.SimpleNamespace(
    cluster_resolver=types.SimpleNamespace(
      cluster_spec=lambda: tf.train.ClusterSpec({"worker": ["a:1", "b:2"]}),
      task_type="worker",
      task_id=0,
    )
  )
  return found


@pytest.mark.parametrize("teller", [0, 1])
def test_the_lost_one_is_named(workers, tmp_path, teller):
  step = {"global_step": tf.Variable(np.int64(20))}
  run_checkpoints.Checkpoints(str(tmp_path), step).save(20)
  with (
    pytest.raises(
      worker_agreement.LostWorkerError,
      match=r"^worker 0: lost worker 1 at b:2; .*all go on from step 20$",
    ),
    workers.naming_lost(str(tmp_path)),
  ):
    raise tf.errors.UnavailableError(None, None, _SAID.format(teller))


def test_nothing_was_saved_and_nobody_named(workers, tmp_path):
  with (
    pytest.raises(
      worker_agreement.LostWorkerError,
      match=(
        r"lost another worker; .*\(connection reset\).*from step 0, nothing "
        "was saved yet"
      ),
    ),
    workers.naming_lost(str(tmp_path)),
  ):
    raise tf.errors.AbortedError(None, None, "connection reset")


@pytest.mark.parametrize("here", [False, True])
def test_workers_stop_early_together(here):
  """Scores may differ in the last digits, and so may what is best."""
  asked = []

  def any_of_them(value):
    asked.append(value)
    return True

  trainer = types.SimpleNamespace(
    pause=training_loop.Pause(1, lambda trainer, step: here),
    checkpoints=types.SimpleNamespace(writes=False),
    _workers=types.SimpleNamespace(are_several=True, any=any_of_them),
  )
  assert training_loop.Trainer._pause_at(trainer, 3, None)
  assert asked == [here]


def test_of_one_process_errors_stay_as_they_are(tmp_path):
  alone = worker_agreement.Workers(tf.distribute.get_strategy())
  assert alone.any(True) and not alone.any(False)
  alone.check_same_step(5, str(tmp_path))
  with pytest.raises(tf.errors.AbortedError), alone.naming_lost(str(tmp_path)):
    raise tf.errors.AbortedError(None, None, "something else")
