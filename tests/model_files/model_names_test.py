"""What a path or a name stands for."""

import re

import pytest

from bert_tf.model_files import (
  download_settings,
  google_models,
  google_zip,
  huggingface_files,
  model_names,
)
from bert_tf.text import checkpoint_case
from tests.model_files import file_server, published

NAME = "uncased_L-12_H-768_A-12"


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
  monkeypatch.chdir(tmp_path)
  monkeypatch.setenv("BERT_TF_HOME", str(tmp_path / "home"))
  monkeypatch.setenv("BERT_TF_OFFLINE", "1")


def test_google_s_names():
  assert model_names.find(NAME).place == f"google/2018_10_18/{NAME}"
  small = model_names.find(f"2020_02_20/{NAME}")
  assert small.place == f"google/2020_02_20/{NAME}"
  assert model_names.find(f"{NAME}/").place == f"google/2018_10_18/{NAME}"


def test_addresses_are_google_s():
  settings = download_settings.DownloadSettings.from_environment({})
  for model in google_models.MODELS:
    address = google_zip.GoogleZip(model).url(settings)
    assert address == (
      "https://storage.googleapis.com/bert_models/"
      f"{model.date}/{model.name}.zip"
    )


def test_the_table_agrees_with_the_names():
  models = google_models.MODELS
  assert len(models) == 9 + 24 == len({model.path for model in models})
  for model in models:
    assert checkpoint_case.stated_case(model.name) == (
      model.name,
      not model.cased,
    )
  known = checkpoint_case.LOWER_CASED_MODELS | checkpoint_case.CASED_MODELS
  assert {model.name for model in models} == known


def test_a_path_wins(tmp_path):
  (tmp_path / NAME).mkdir()
  assert model_names.resolve(NAME) == NAME
  (tmp_path / "hf:owl").mkdir()
  assert model_names.resolve("hf:owl") == "hf:owl"


def test_a_prefix_wins(tmp_path):
  (tmp_path / f"{NAME}.index").touch()
  assert model_names.resolve(NAME) == NAME


@pytest.mark.parametrize(
  "path", ["gs://bucket/x", "a/b", "./x", "/no/where", "model.ckpt-5", ""]
)
def test_paths_that_are_not_there_are_left_to_others(path):
  assert model_names.resolve(path) == path


def test_a_path_object(tmp_path):
  assert model_names.resolve(tmp_path) == str(tmp_path)


@pytest.mark.parametrize(
  ("name", "meant"),
  [
    ("uncased_L12_H768_A12", NAME),
    ("UNCASED_L-12_H-768_A-12", NAME),
    ("multicased_L-12_H-768_A-12", "multi_cased_L-12_H-768_A-12"),
    ("chinese", "chinese_L-12_H-768_A-12"),
  ],
)
def test_similar_names(name, meant):
  with pytest.raises(FileNotFoundError) as error:
    model_names.resolve(name)
  assert f"did you mean {meant}" in str(error.value)
  assert "\n" not in str(error.value)


def test_a_name_like_no_other():
  with pytest.raises(FileNotFoundError) as error:
    model_names.resolve("zzz")
  assert "did you mean" not in str(error.value)
  assert "`bert_tf models` lists the names" in str(error.value)


def test_download_model(tmp_path, monkeypatch):
  monkeypatch.setattr(google_models, "MODELS", (published.MODEL,))
  monkeypatch.setenv("BERT_TF_OFFLINE", "no")
  data = published.zipped(published.FILES)
  with file_server.serving({published.PATH: data}) as server:
    monkeypatch.setenv("BERT_TF_MIRROR", f"{server.url}/")
    found = model_names.download_model(published.MODEL.name)
  assert found == str(
    tmp_path / "home" / "google" / "2018_10_18" / published.MODEL.name
  )


def test_the_environment(tmp_path):
  made = download_settings.DownloadSettings.from_environment
  assert made({}).home.endswith("/.cache/bert_tf")
  assert made({}).google == download_settings.GOOGLE
  assert not made({}).offline
  told = made(
    {
      "BERT_TF_HOME": "relative",
      "BERT_TF_MIRROR": str(tmp_path),
      "BERT_TF_OFFLINE": "True",
      "HF_ENDPOINT": "https://mirror.example/hf/",
    }
  )
  assert told.home == str(tmp_path / "relative")
  assert (told.google, told.offline) == (tmp_path.as_uri(), True)
  address = huggingface_files.find("hf:a/b").url("x.json", told)
  assert address == "https://mirror.example/hf/a/b/resolve/main/x.json"


@pytest.mark.parametrize(
  ("name", "value", "message"),
  [
    ("BERT_TF_MIRROR", "ftp://x", "BERT_TF_MIRROR=ftp://x: expected"),
    ("BERT_TF_MIRROR", "relative/path", "an absolute path"),
    ("HF_ENDPOINT", "gs://x", "HF_ENDPOINT=gs://x: expected"),
    ("BERT_TF_HOME", "gs://x", "BERT_TF_HOME=gs://x: expected a local"),
    ("BERT_TF_OFFLINE", "maybe", "BERT_TF_OFFLINE=maybe: expected 1 or 0"),
  ],
)
def test_a_wrong_environment(name, value, message):
  with pytest.raises(ValueError, match=re.escape(message)):
    download_settings.DownloadSettings.from_environment({name: value})
