"""Pre-training from and into gs://, on a store on loopback."""

import numpy as np
import pytest

from tests import fake_store, processes
from tests.commands import running
from tests.tasks.pretraining import training

GS = f"gs://{fake_store.BUCKET}"
NAME = "create_pretraining_data"
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def store(tmp_path_factory):
  with fake_store.running(tmp_path_factory.mktemp("store")) as store:
    yield store


@pytest.fixture
def reached(store, monkeypatch):
  for name, value in store.environment.items():
    monkeypatch.setenv(name, value)


def test_records(store, reached, testdata, tmp_path):
  texts = sorted((testdata / "text").glob("stories_*.txt"))
  for path in texts:
    store.put(f"text/{path.name}", path.read_bytes())
  store.put("vocab.txt", (testdata / "vocab.txt").read_bytes())
  common = {"dupe_factor": 1, "num_shards": 2}
  here = {
    "input_file": testdata / "text" / "stories_*.txt",
    "vocab_file": testdata / "vocab.txt",
    "output_file": tmp_path / "out",
  }
  there = {
    "input_file": f"{GS}/text/stories_*.txt",
    "vocab_file": f"{GS}/vocab.txt",
    "output_file": f"{GS}/records/out",
  }
  for told in (here, there):
    done = running.run(NAME, *running.as_flags(told | common))
    assert done.returncode == 0, done.stderr
  for index in range(2):
    name = f"out-0000{index}-of-00002"
    assert store.get(f"records/{name}") == (tmp_path / name).read_bytes()
    assert b'"records":' in store.get(f"records/.{name}.bert_tf-records.json")

  missing = there | {"input_file": f"{GS}/text/none.txt"}
  done = running.run(NAME, *running.as_flags(missing))
  running.assert_plain_error(done, f"{GS}/text/none.txt")
  missing = there | {"vocab_file": f"{GS}/none.txt"}
  done = running.run(NAME, *running.as_flags(missing))
  running.assert_plain_error(done, f"{GS}/none.txt")


def test_checkpoints_and_resuming(store, tmp_path):
  """A training whose last checkpoints are lost ends where it ended before."""
  store.put("data.tfrecord", (training.EVAL / "data.tfrecord").read_bytes())
  for path in (training.TESTDATA / "tiny").glob("bert_model.ckpt*"):
    store.put(f"tiny/{path.name}", path.read_bytes())

  def trained():
    process = training.pretrain_in_process(
      f"{GS}/out",
      env=store.environment,
      input_file=f"{GS}/data.tfrecord",
      init_checkpoint=f"{GS}/tiny/bert_model.ckpt",
      save_checkpoints_steps=6,
      do_eval=True,
      max_eval_steps=2,
    )
    return processes.finish(process)

  def fetched(step):
    for ending in ("index", "data-00000-of-00001"):
      name = f"model.ckpt-{step}.{ending}"
      (tmp_path / name).write_bytes(store.get(f"out/{name}"))
    return training.read(tmp_path, step)

  trained()
  whole = fetched(12)
  for ending in ("index", "data-00000-of-00001"):
    store.remove(f"out/model.ckpt-12.{ending}")
  store.put("out/checkpoint", b'model_checkpoint_path: "model.ckpt-6"\n')
  assert "at step 6" in trained()
  resumed = fetched(12)
  assert set(resumed) == set(whole)
  for name, value in whole.items():
    np.testing.assert_array_equal(resumed[name], value, err_msg=name)
  assert b"global_step = 12" in store.get("out/eval_results.txt")
