"""Google's models, taken from a server on loopback and kept."""

import dataclasses
import hashlib
import json
import os
import pathlib
import shutil

import pytest

from bert_tf.model_files import (
  downloads,
  google_models,
  google_zip,
  model_cache,
  safe_unzip,
)
from tests.model_files import file_server, published

ZIP = published.zipped(published.FILES, "uncased_L-1_H-8_A-2/")


@pytest.fixture
def server():
  with file_server.serving({published.PATH: ZIP}) as served:
    yield served


@pytest.fixture
def take(server, tmp_path):
  def run(model=published.MODEL, **changed):
    settings = published.settings(tmp_path / "home", server.url, **changed)
    return model_cache.folder(google_zip.GoogleZip(model), settings)

  return run


@pytest.fixture
def place(tmp_path):
  return tmp_path / "home" / "google" / "2018_10_18" / "uncased_L-1_H-8_A-2"


def contents(folder):
  return {x.name: x.read_bytes() for x in pathlib.Path(folder).iterdir()}


@pytest.mark.parametrize("folder", ["", "any_folder/", "a/b/"])
def test_with_and_without_a_folder_in_the_zip(take, server, place, folder):
  server.files[published.PATH] = published.zipped(published.FILES, folder)
  found = take()
  assert found == str(place)
  assert contents(found) == published.FILES
  others = {path.name for path in place.parent.iterdir()} - {place.name}
  assert others == {f"{place.name}.json", f"{place.name}.lock"}


def test_it_is_downloaded_once(take, server):
  take(), take(), take(offline=True)
  assert len(server.requests) == 1


def test_offline_without_it(take, server):
  with pytest.raises(downloads.DownloadError, match="BERT_TF_OFFLINE"):
    take(offline=True)
  assert not server.requests


def test_a_download_that_broke_off_goes_on(take, server):
  server.faults[published.PATH] = [("cut", 1000)] + [("cut", 0)] * 2
  with pytest.raises(downloads.DownloadError, match="given up"):
    take()
  assert contents(take()) == published.FILES
  assert server.asked(published.PATH)[-1] == "bytes=1000-"


def test_a_damaged_zip_is_taken_again(take, server):
  server.files[published.PATH] = ZIP[:200] + b"?" + ZIP[201:]
  server.faults[published.PATH] = [None]
  with pytest.raises(downloads.DownloadError, match="damaged both times"):
    take()
  assert server.asked(published.PATH) == [None, None]
  server.files[published.PATH] = ZIP
  assert contents(take()) == published.FILES


def test_a_bit_that_flips_once(take, server):
  server.faults[published.PATH] = [("corrupt",)]
  assert contents(take()) == published.FILES
  assert len(server.requests) == 2


def test_another_model_in_its_place(take, server, place):
  config = json.dumps(published.CONFIG | {"vocab_size": 12}).encode()
  others = published.FILES | {"bert_config.json": config}
  server.files[published.PATH] = published.zipped(others)
  with pytest.raises(ValueError, match="vocab_size 12, expected 11"):
    take()
  assert not place.exists()


def test_other_weights_than_google_s(take):
  weights = published.FILES[published.WEIGHTS]
  right = hashlib.sha256(weights).hexdigest()
  model = dataclasses.replace(published.MODEL, weights_sha256="0" * 64)
  with pytest.raises(ValueError, match="not the model that Google published"):
    take(model)
  take(dataclasses.replace(model, weights_sha256=right))


@pytest.mark.parametrize("name", ["vocab.txt", published.WEIGHTS])
def test_a_zip_that_lacks_a_file(take, server, name):
  some = {k: v for k, v in published.FILES.items() if k != name}
  server.files[published.PATH] = published.zipped(some)
  with pytest.raises(ValueError, match=f"zip has no {name}"):
    take()


def test_a_zip_of_several_models(take, server):
  both = {
    f"{folder}/{name}": data
    for folder in "ab"
    for name, data in published.FILES.items()
  }
  server.files[published.PATH] = published.zipped(both)
  with pytest.raises(ValueError, match=r"one bert_model\.ckpt\.index.*found 2"):
    take()


def test_a_zip_that_leaves_the_folder(take, server, tmp_path):
  evil = published.FILES | {"../../../evil": b"x"}
  server.files[published.PATH] = published.zipped(evil)
  with pytest.raises(safe_unzip.UnsafeZipError, match="leaves the folder"):
    take()
  assert not list(tmp_path.rglob("evil"))


def test_the_same_again_is_well(take, server, place):
  take()
  shutil.rmtree(place)
  server.files[published.PATH] = published.zipped(published.FILES)
  assert contents(take()) == published.FILES


def test_another_zip_than_at_first(take, server, place):
  take()
  shutil.rmtree(place)
  changed = published.FILES | {published.WEIGHTS: b"WEIGHTS" * 500}
  server.files[published.PATH] = published.zipped(changed)
  with pytest.raises(model_cache.ChangedFileError, match="If you trust it"):
    take()
  assert not place.exists()
  os.remove(f"{place}.json")
  assert contents(take()) == changed


def test_a_file_that_changes_in_the_cache(take, place):
  take()
  (place / published.WEIGHTS).write_bytes(b"WEIGHTS" * 500)
  with pytest.raises(model_cache.ChangedFileError, match="remove the folder"):
    take()


def test_a_file_that_vanishes_from_the_cache(take, place):
  take()
  (place / "vocab.txt").unlink()
  with pytest.raises(
    model_cache.ChangedFileError, match=r"vocab\.txt is missing"
  ):
    take()


def test_a_file_that_was_only_touched(take, place):
  take()
  os.utime(place / "vocab.txt")
  take()


def test_a_change_that_keeps_size_and_date(take, place):
  take()
  path = place / "vocab.txt"
  date = path.stat().st_mtime_ns
  path.write_bytes(b"[pad]\n")
  os.utime(path, ns=(date, date))
  take()
  with pytest.raises(model_cache.ChangedFileError):
    model_cache.check(str(place), thorough=True)


def test_a_folder_that_the_user_put_there(take, server, place):
  place.mkdir(parents=True)
  (place / "vocab.txt").write_bytes(b"mine\n")
  (place / "notes").mkdir()
  take(offline=True)
  (place / "vocab.txt").write_bytes(b"other\n")
  with pytest.raises(model_cache.ChangedFileError):
    take(offline=True)


@pytest.mark.parametrize("text", ["", "[]", '{"files": {"vocab.txt": 1}}'])
def test_a_damaged_record(take, place, text):
  take()
  pathlib.Path(f"{place}.json").write_text(text)
  with pytest.raises(ValueError, match=r"\.json.*remove it|not a JSON file"):
    take()


def test_a_mirror_that_is_a_folder(take, tmp_path, server):
  path = tmp_path / "mirror" / published.PATH[1:]
  path.parent.mkdir(parents=True)
  path.write_bytes(ZIP)
  found = take(google=(tmp_path / "mirror").as_uri(), offline=True)
  assert contents(found) == published.FILES
  assert not server.requests


def test_what_is_cached(take, tmp_path, server):
  settings = published.settings(tmp_path / "home", server.url)
  assert model_cache.cached(settings) == {}
  take()
  size = sum(map(len, published.FILES.values()))
  name = "google/2018_10_18/uncased_L-1_H-8_A-2"
  assert model_cache.cached(settings) == {name: size}


def test_the_size_of_bert_base():
  """That of the file that Google published."""
  model = google_models.find("uncased_L-12_H-768_A-12")
  assert model.weights_bytes == 440_425_712
