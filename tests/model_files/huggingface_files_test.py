"""Models of Hugging Face, `hf:ORG/NAME`, from a server on loopback."""

import json
import os
import shutil

import pytest

from bert_tf.model_files import downloads, huggingface_files, model_cache
from tests.model_files import file_server, published

BASE = "/owl/bird/resolve/main/"
FILES = {
  "config.json": b"{}",
  "vocab.txt": b"[PAD]\n",
  "tokenizer_config.json": b'{"do_lower_case": true}',
  "model.safetensors": b"weights" * 100,
}


@pytest.fixture
def server():
  with file_server.serving({}) as served:
    served.files = {BASE + name: data for name, data in FILES.items()}
    yield served


@pytest.fixture
def take(server, tmp_path):
  def run(name="hf:owl/bird"):
    source = huggingface_files.find(name)
    settings = published.settings(tmp_path, server.url)
    return model_cache.folder(source, settings)

  return run


def contents(folder):
  found = {}
  for entry in os.scandir(folder):
    with open(entry.path, "rb") as file:
      found[entry.name] = file.read()
  return found


def test_all_files(take, server, tmp_path):
  found = take()
  assert found == str(tmp_path / "huggingface" / "owl--bird")
  assert contents(found) == FILES
  count = len(server.requests)
  take()
  assert len(server.requests) == count


def test_it_goes_on_with_the_file_that_broke_off(take, server):
  server.faults[BASE + "model.safetensors"] = [("cut", 300), *[("cut", 0)] * 2]
  with pytest.raises(downloads.DownloadError, match="given up"):
    take()
  assert contents(take()) == FILES
  assert server.asked(BASE + "config.json") == [None]
  assert server.asked(BASE + "model.safetensors")[-1] == "bytes=300-"


def test_a_file_that_may_be_there_is_not_left_out(take, server):
  """Without tokenizer_config.json a cased model would be lower-cased."""
  server.faults[BASE + "tokenizer_config.json"] = [("status", 403)]
  with pytest.raises(downloads.ForbiddenError, match=r"403.*404 where"):
    take()
  assert contents(take()) == FILES


def test_what_it_had_at_first_it_must_have_again(take, server):
  shutil.rmtree(take())
  del server.files[BASE + "tokenizer_config.json"]
  with pytest.raises(model_cache.ChangedFileError, match="no tokenizer_config"):
    take()


def test_weights_in_shards(take, server):
  names = [
    "model-00001-of-00002.safetensors",
    "model-00002-of-00002.safetensors",
  ]
  index = json.dumps({"weight_map": {"a": names[0], "b": names[1]}}).encode()
  del server.files[BASE + "model.safetensors"]
  server.files[BASE + "model.safetensors.index.json"] = index
  for name in names:
    server.files[BASE + name] = name.encode()
  found = contents(take())
  assert {name: found[name] for name in names} == {
    name: name.encode() for name in names
  }


@pytest.mark.parametrize("name", ["../../x.safetensors", "x.bin", 1])
def test_shards_that_are_none(take, server, name):
  index = json.dumps({"weight_map": {"a": name}}).encode()
  del server.files[BASE + "model.safetensors"]
  server.files[BASE + "model.safetensors.index.json"] = index
  with pytest.raises(ValueError, match="expected safetensors files"):
    take()


def test_pickled_weights_are_not_taken(take, server):
  del server.files[BASE + "model.safetensors"]
  server.files[BASE + "pytorch_model.bin"] = b"pickle"
  with pytest.raises(downloads.NotFoundError, match="can run programs"):
    take()
  assert not server.asked(BASE + "pytorch_model.bin")


def test_no_such_model(take):
  with pytest.raises(downloads.NotFoundError, match="hf:owl/brid: no such"):
    take("hf:owl/brid")


def test_a_revision(take, server, tmp_path):
  server.files |= {
    f"/owl/bird/resolve/v1/{name}": data + b"1" for name, data in FILES.items()
  }
  found = take("hf:owl/bird@v1")
  assert found == str(tmp_path / "huggingface" / "owl--bird@v1")
  assert contents(found)["vocab.txt"] == b"[PAD]\n1"


def test_names_are_found_again():
  for name in ("hf:owl/bird", "hf:bird", "hf:owl/bird@v1"):
    place = huggingface_files.find(name).place
    assert huggingface_files.name_of(place) == name
  assert huggingface_files.name_of("google/2018_10_18/x") is None


def test_an_organization_called_like_a_model(take, server):
  server.files |= {
    f"/owl/resolve/main/{name}": data + b"2" for name, data in FILES.items()
  }
  assert contents(take()) == FILES
  assert contents(take("hf:owl"))["config.json"] == b"{}2"
  assert contents(take()) == FILES


def test_a_model_without_an_organization(take, server):
  server.files |= {
    f"/bert-base-uncased/resolve/main/{name}": data
    for name, data in FILES.items()
  }
  assert contents(take("hf:bert-base-uncased")) == FILES


@pytest.mark.parametrize(
  "name", ["hf:", "hf:a/b/c", "hf:../x", "hf:a/..", "hf:a b", "hf:a/b@../c"]
)
def test_names_that_are_none(name):
  with pytest.raises(ValueError, match="expected hf:ORG/NAME"):
    huggingface_files.find(name)
