"""Pre-training from and into gs://, on a store on loopback."""

import threading

import pytest

from tests import fake_store, processes
from tests.commands import running
from tests.tasks.pretraining import training

GS = f"gs://{fake_store.BUCKET}"
NAME = "create_pretraining_data"
ENDINGS = ("data-00000-of-00001", "index")
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def store(tmp_path_factory):
  with fake_store.running(tmp_path_factory.mktemp("store")) as store:
    store.put("data.tfrecord", (training.EVAL / "data.tfrecord").read_bytes())
    for path in (training.TESTDATA / "tiny").iterdir():
      store.put(f"tiny/{path.name}", path.read_bytes())
    yield store


@pytest.fixture
def reached(store, monkeypatch):
  for name, value in store.environment.items():
    monkeypatch.setenv(name, value)
  monkeypatch.setattr(store, "before", store.before)


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

  for told in (
    there | {"input_file": f"{GS}/text/none.txt"},
    there | {"vocab_file": f"{GS}/none.txt"},
    there | {"output_file": "gs://none/out"},
  ):
    done = running.run(NAME, *running.as_flags(told | common))
    missing = next(x for x in told.values() if "none" in x)
    running.assert_plain_error(done, missing)


def begin(output_dir, **changes):
  """A training of a tiny model, in a process of its own."""
  told = {
    "input_file": f"{GS}/data.tfrecord",
    "init_checkpoint": f"{GS}/tiny/bert_model.ckpt",
    "layers": 1,
    "save_checkpoints_steps": 3,
    "keep_checkpoint_max": 2,
    "do_eval": True,
    "max_eval_steps": 2,
  }
  return training.pretrain_in_process(output_dir, **(told | changes))


def test_killed_and_resumed(store, reached, tmp_path):
  """A training killed while it saves ends as one on the local disk."""
  saving = threading.Event()

  def is_killed(method, path):
    if "model.ckpt-9." in path and "index" in path and method == "POST":
      killed.kill()
      saving.set()
      return 503

  store.before = is_killed
  whole = begin(
    tmp_path,
    input_file=str(training.EVAL / "data.tfrecord"),
    init_checkpoint=str(training.TESTDATA / "tiny" / "bert_model.ckpt"),
  )
  killed = begin(f"{GS}/out")
  processes.finish(whole)
  killed.communicate(timeout=300)
  assert saving.is_set()
  kept = [f"model.ckpt-{step}.{end}" for step in (3, 6) for end in ENDINGS]
  names = [x.removeprefix("out/") for x in store.names("out/")]
  assert [x for x in names if x.startswith("model")] == kept
  assert [x for x in names if x.endswith(tuple(f".tmp.{e}" for e in ENDINGS))]

  store.before = lambda method, path: None
  output = processes.finish(begin(f"{GS}/out"))
  assert "at step 6" in output and "is not locked" in output
  names = [x.removeprefix("out/") for x in store.names("out/")]
  kept = [f"model.ckpt-{step}.{end}" for step in (12, 9) for end in ENDINGS]
  assert [x for x in names if "model" in x] == kept
  assert not [x for x in names if ".tmp" in x]
  for name in kept:
    assert store.get(f"out/{name}") == (tmp_path / name).read_bytes(), name
  here = (tmp_path / "eval_results.txt").read_bytes()
  assert store.get("out/eval_results.txt") == here
