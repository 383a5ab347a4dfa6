"""The command models: what is known by name, and what is cached."""

import pytest

from bert_tf.model_files import google_models
from tests.commands import running
from tests.model_files import file_server

BASE = "/owl/bird/resolve/main/"


@pytest.fixture
def home(tmp_path, monkeypatch):
  monkeypatch.setenv("BERT_TF_HOME", str(tmp_path))
  monkeypatch.delenv("BERT_TF_MIRROR", raising=False)
  with file_server.serving({}) as server:
    server.files = {
      f"{BASE}config.json": b"{}",
      f"{BASE}model.safetensors": b"w" * 3_000_000,
    }
    monkeypatch.setenv("HF_ENDPOINT", server.url)
    yield tmp_path


def models(*flags):
  done = running.run("models", *flags)
  assert done.returncode == 0, done.stderr
  return done.stdout.splitlines()


def test_all_are_listed(home):
  head, *lines = models()
  assert head.split() == [
    "name",
    "date",
    "case",
    "languages",
    "vocabulary",
    "weights",
    "cached",
  ]
  assert len(lines) == len(google_models.MODELS) + 3
  shown = {line.split()[0] for line in lines if line}
  for model in google_models.MODELS:
    assert shown & {model.name, model.path}
  assert "2020_02_20/uncased_L-12_H-768_A-12" in shown
  (base,) = (x for x in lines if x.startswith("uncased_L-12_H-768_A-12 "))
  assert base.split() == [
    "uncased_L-12_H-768_A-12",
    "2018_10_18",
    "uncased",
    "English",
    "30522",
    "440",
    "MB",
  ]
  assert lines[-2:] == [
    "zips: https://storage.googleapis.com/bert_models/DATE/NAME.zip",
    f"cache: {home}, 0 MB",
  ]
  assert max(map(len, lines)) <= 100


def test_what_is_cached(home):
  folder = home / "google" / "2018_11_03" / "chinese_L-12_H-768_A-12"
  folder.mkdir(parents=True)
  (folder / "vocab.txt").write_bytes(b"v" * 2_000_000)
  assert models("--download=chinese_L-12_H-768_A-12") == [str(folder)]
  assert models("--download=hf:owl/bird") == [
    str(home / "huggingface" / "owl--bird")
  ]
  lines = models()
  (chinese,) = (line for line in lines if line.startswith("chinese"))
  assert chinese.endswith("yes")
  assert "hf:owl/bird, 3 MB, cached" in lines
  assert lines[-1] == f"cache: {home}, 5 MB"


def test_verify(home):
  models("--download=hf:owl/bird")
  path = home / "huggingface" / "owl--bird"
  assert models("--verify") == [f"{path}: unchanged"]
  (path / "model.safetensors").write_bytes(b"x" * 3_000_000)
  done = running.run("models", "--verify")
  running.assert_plain_error(done, f"{path}/model.safetensors has the SHA-256")


def test_no_such_model(home):
  done = running.run("models", "--download=hf:owl/brid")
  running.assert_plain_error(done, "hf:owl/brid: no such model")
