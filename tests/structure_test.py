"""The rules of the tree that no linter holds."""

import ast
import pathlib

import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent
SOURCES = sorted(
  path
  for room in ("bert_tf", "tools", "benchmarks", "tests")
  for path in (ROOT / room).rglob("*.py")
)


def imports(path):
  """All that a file imports, `package.module.name` each."""
  for node in ast.walk(ast.parse(path.read_text())):
    if isinstance(node, ast.Import):
      yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
      yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize(
  "path", SOURCES, ids=lambda p: str(p.relative_to(ROOT))
)
def test_files_are_short(path):
  lines = len(path.read_text().splitlines())
  assert lines <= (
    150 if path.is_relative_to(ROOT / "bert_tf" / "commands") else 400
  )


@pytest.mark.parametrize(
  "path",
  [
    path
    for path in SOURCES
    if path.is_relative_to(ROOT / "bert_tf")
    and not path.is_relative_to(ROOT / "bert_tf" / "commands")
  ],
  ids=lambda p: str(p.relative_to(ROOT)),
)
def test_library_reads_no_flags(path):
  assert not [name for name in imports(path) if name.startswith("absl.flags")]


def test_keras_is_imported_in_one_place():
  library = [path for path in SOURCES if path.is_relative_to(ROOT / "bert_tf")]
  found = [path for path in library if "tf_keras" in path.read_text()]
  assert found == [ROOT / "bert_tf" / "keras.py"]


def test_text_needs_no_tensorflow_to_be_imported():
  import subprocess
  import sys

  code = (
    "import sys; from bert_tf.text import full_tokenizer, vocabulary_learner; "
    "from bert_tf.tasks.pretraining import record_generator; import bert_tf; "
    "bert_tf.FullTokenizer, bert_tf.BertConfig; "
    "sys.exit('tensorflow' in sys.modules)"
  )
  subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)
