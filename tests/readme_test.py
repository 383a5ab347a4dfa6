"""The Python of README.md and pages of docs/, run from top to bottom."""

import re
import shutil

import pytest

from tests.conftest import ROOT

BLOCKS = [
  block
  for page in ("README.md", "docs/library.md", "docs/view_attention.md")
  for block in re.findall(
    r"^```python\n(.*?)^```", (ROOT / page).read_text(), re.M | re.S
  )
]
FOLDER = "uncased_L-12_H-768_A-12"


@pytest.fixture(scope="module")
def names(testdata, tmp_path_factory):
  """What the blocks define, with a tiny model in the place of Google's."""
  root = tmp_path_factory.mktemp("readme")
  shutil.copytree(testdata / "tiny", root / FOLDER)
  shutil.copy(testdata / "vocab.txt", root / FOLDER)
  with pytest.MonkeyPatch.context() as patch:
    patch.chdir(root)
    yield {}


@pytest.mark.parametrize(
  "number", range(len(BLOCKS)), ids=lambda n: f"block {n}"
)
def test_python_runs(names, number):
  exec(
    compile(BLOCKS[number], f"README.md and docs, block {number}", "exec"),
    names,
  )


def test_the_classes_are_shown():
  text = "".join(BLOCKS)
  for name in (
    "BertModel",
    "BertClassifier",
    "BertSpanLabeler",
    "BertTokenClassifier",
    "BertMultipleChoice",
    "BertPretrainer",
  ):
    assert f"bert_tf.{name}.from_checkpoint(" in text


def test_the_predictors_are_shown():
  text = "".join(BLOCKS)
  for name in (
    "ChoiceSelector",
    "FeatureExtractor",
    "MaskFiller",
    "QuestionAnswerer",
    "TextClassifier",
    "WordTagger",
  ):
    assert f"bert_tf.{name}" in text


def test_the_readme_is_short():
  assert len((ROOT / "README.md").read_text().splitlines()) <= 120
