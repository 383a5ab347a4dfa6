"""Records from and into gs://, on a store on loopback."""

import pytest

from tests import fake_store
from tests.commands import running

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
