"""Inputs and outputs in gs://, on a store on loopback."""

import json

import numpy as np
import pytest

from bert_tf.checkpoints import checkpoint_reader, saver
from bert_tf.training import whole_checkpoints
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
  yield
  store.watch("")


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
    "devices": {"jit_compile": False},
  }
  return training.pretrain_in_process(output_dir, **(told | changes))


def test_killed_and_resumed(store, reached, tmp_path):
  """A training killed while it saves ends as one on the local disk."""
  store.watch(r"^POST .*model\.ckpt-9\..*index", fake_store.HELD)
  whole = begin(
    tmp_path,
    input_file=str(training.EVAL / "data.tfrecord"),
    init_checkpoint=str(training.TESTDATA / "tiny" / "bert_model.ckpt"),
  )
  killed = begin(f"{GS}/out")
  processes.finish(whole)
  store.wait()
  killed.kill()
  killed.communicate(timeout=300)
  store.watch("")
  kept = [f"model.ckpt-{step}.{end}" for step in (3, 6) for end in ENDINGS]
  names = [x.removeprefix("out/") for x in store.names("out/")]
  assert [x for x in names if x.startswith("model")] == kept
  assert [x for x in names if x.endswith(tuple(f".tmp.{e}" for e in ENDINGS))]

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


def test_fine_tuned_exported_and_asked(store, reached, testdata):
  data = testdata / "classifier" / "mrpc" / "data"
  for path in data.iterdir():
    store.put(f"mrpc/{path.name}", path.read_bytes())
  config = json.loads((testdata / "tiny" / "bert_config.json").read_bytes())
  config["num_hidden_layers"] = 1
  store.put("small.json", json.dumps(config).encode())
  store.put("vocab.txt", (testdata / "vocab.txt").read_bytes())
  trained = {
    "task_name": "mrpc",
    "data_dir": f"{GS}/mrpc",
    "vocab_file": f"{GS}/vocab.txt",
    "bert_config_file": f"{GS}/small.json",
    "init_checkpoint": f"{GS}/tiny/bert_model.ckpt",
    "output_dir": f"{GS}/run",
    "num_train_epochs": 1,
    "max_seq_length": 32,
  }
  flags = ["--do_train", "--do_eval", "--do_predict", "--nojit_compile"]
  flags += running.as_flags(trained)
  done = running.run("run_classifier", *flags)
  assert done.returncode == 0, done.stderr
  assert f"written to {GS}/run\n" in done.stderr
  assert b"eval_accuracy = " in store.get("run/eval_results.txt")

  exported = {
    "model_type": "classifier",
    "init_checkpoint": f"{GS}/run",
    "export_dir": f"{GS}/models",
    "max_seq_length": 32,
  }
  done = running.run("export_saved_model", *running.as_flags(exported))
  assert done.returncode == 0, done.stderr
  names = store.names("models/")
  assert "models/1/saved_model.pb" in names
  assert not [x for x in names[1:] if not x.startswith("models/1/")]

  texts = [x.split("\t")[3:] for x in _lines((data / "test.tsv").read_bytes())]
  asked = "".join(" ||| ".join(pair) + "\n" for pair in texts[1:4])
  done = running.run("predict", f"--saved_model={GS}/models", input=asked)
  assert done.returncode == 0, done.stderr
  answers = [json.loads(x)["probabilities"] for x in done.stdout.splitlines()]
  expected = [
    [float(x) for x in line.split("\t")]
    for line in _lines(store.get("run/test_results.tsv"))[:3]
  ]
  np.testing.assert_allclose(answers, expected, atol=1e-5)


def _lines(data):
  return data.decode().splitlines()


@pytest.mark.parametrize(
  ("changes", "told"),
  [
    ({"output_dir": "gs://none/out"}, "gs://none/out: there is no bucket"),
    ({"input_file": "gs://none/x*"}, "gs://none/x"),
    ({"input_file": f"{GS}/none*"}, f"{GS}/none"),
    ({"init_checkpoint": "gs://none/a.ckpt"}, "no checkpoint at gs://none/a"),
    ({"init_checkpoint": f"{GS}/none.ckpt"}, f"no checkpoint at {GS}/none"),
    ({"output_dir": f"{GS}/shut"}, f"{GS}/shut"),
  ],
)
def test_errors_name_the_object(store, reached, changes, told):
  store.watch("^POST .*name=shut", 403)
  settings = {
    "output_dir": f"{GS}/unused",
    "input_file": f"{GS}/data.tfrecord",
    "init_checkpoint": f"{GS}/tiny/bert_model.ckpt",
  }
  with pytest.raises(OSError) as caught:
    training.pretrain(**(settings | changes), layers=1)
  assert told in str(caught.value) and "\n" not in str(caught.value)
  if "shut" in told:
    assert fake_store.REFUSED in str(caught.value)
  assert not store.names("unused")


def test_a_checkpoint_that_is_refused(store, reached):
  store.watch("^POST .*index", 403)
  prefix = f"{GS}/refused/model.ckpt-1"
  with pytest.raises(OSError, match=f"{prefix}: cannot be written: .*somebody"):
    saver.save({"a": np.zeros(3)}, prefix)
  assert store.names("refused/") == ["refused/"]


@pytest.fixture
def kept(store, reached, testdata):
  """A run's folder with one checkpoint, of a name never seen before."""
  folder = f"kept-{len(store.names('kept'))}"
  for end in ENDINGS:
    data = (testdata / "tiny" / f"bert_model.ckpt.{end}").read_bytes()
    store.put(f"{folder}/model.ckpt-6.{end}", data)
  store.put(f"{folder}/checkpoint", b'model_checkpoint_path: "model.ckpt-6"\n')
  return f"{GS}/{folder}"


@pytest.mark.parametrize(
  "asked",
  [
    r"/o/kept[^/]*%2Fcheckpoint\?",
    f"/{fake_store.BUCKET}/kept[^/]*%2Fcheckpoint",
    "prefix=kept[^/]*%2F",
    f"/{fake_store.BUCKET}/kept[^/]*index",
    f"/{fake_store.BUCKET}/kept[^/]*data",
  ],
)
def test_what_may_not_be_read_is_no_damage(store, kept, asked):
  """A training must not begin again because credentials have expired."""
  store.watch(asked, 403)
  with pytest.raises(OSError, match=kept):
    whole_checkpoints.newest(kept)
  assert store.seen()


def test_damage_in_a_store_is_damage(store, kept):
  data = f"{kept.removeprefix(f'{GS}/')}/model.ckpt-6.data-00000-of-00001"
  store.put(data, b"short")
  found = whole_checkpoints.newest(kept)
  assert found.prefix is None and len(found.damaged) == 1
  store.remove(data)
  found = whole_checkpoints.newest(kept)
  assert found.prefix is None and len(found.damaged) == 1


def test_a_checkpoint_is_read_once(store, kept):
  """TensorFlow reads 64 MB ahead, and again all of it to go back."""
  store.watch(f"GET /{fake_store.BUCKET}/.*data")
  assert whole_checkpoints.newest(kept).prefix == f"{kept}/model.ckpt-6"
  assert len(checkpoint_reader.Reader(kept).shapes) > 50
  assert len(store.seen()) == 1
