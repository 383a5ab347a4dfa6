"""The rules of the tree that no linter holds."""

import ast
import collections
import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parent.parent
SOURCES = sorted(
  path
  for room in ("bert_tf", "tools", "benchmarks", "tests")
  for path in (ROOT / room).rglob("*.py")
)
LIBRARY = [path for path in SOURCES if path.is_relative_to(ROOT / "bert_tf")]


def imports(path):
  """All that a file imports, `package.module.name` each."""
  for node in ast.walk(ast.parse(path.read_text())):
    if isinstance(node, ast.Import):
      yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
      yield from (f"{node.module}.{alias.name}" for alias in node.names)


def named(path):
  return str(path.relative_to(ROOT))


def in_room(path, *parts):
  return path.is_relative_to(ROOT.joinpath(*parts))


def test_files_are_short():
  limits = {
    path: 150 if in_room(path, "bert_tf", "commands") else 400
    for path in SOURCES
  }
  lines = {path: len(path.read_text().splitlines()) for path in SOURCES}
  too_long = {named(p): n for p, n in lines.items() if n > limits[p]}
  assert not too_long


def test_library_reads_no_flags():
  readers = [
    named(path)
    for path in LIBRARY
    if not in_room(path, "bert_tf", "commands")
    and any(name.startswith("absl.flags") for name in imports(path))
  ]
  assert not readers


def test_a_name_stands_for_one_module():
  """But in the folders of tasks, which have the same files as one another."""
  names = collections.Counter(
    path.stem
    for path in LIBRARY
    if not in_room(path, "bert_tf", "tasks") and path.stem != "__init__"
  )
  names.update(
    {
      path.stem
      for path in LIBRARY
      if in_room(path, "bert_tf", "tasks") and path.stem != "__init__"
    }
  )
  assert not [name for name, count in names.items() if count > 1]


# What goes by another name everywhere. Else only a file of a task may, where it
# meets that of another: `tagging_examples`.
ALIASES = {
  ("numpy", "np"),
  ("numpy.typing", "npt"),
  ("tensorflow", "tf"),
  ("tensorflow_text", "tf_text"),
  ("hypothesis.strategies", "st"),
  ("numba.core.dispatcher", "dispatchers"),
}


def aliases(path):
  for node in ast.walk(ast.parse(path.read_text())):
    if isinstance(node, ast.Import | ast.ImportFrom):
      prefix = f"{node.module}." if isinstance(node, ast.ImportFrom) else ""
      for name in node.names:
        if name.asname:
          yield prefix + name.name, name.asname


def test_modules_go_by_their_names():
  wrong = []
  for path in SOURCES:
    for full, alias in aliases(path):
      *_, folder, name = ["", *full.split(".")]
      if (full, alias) not in ALIASES and alias != f"{folder}_{name}":
        wrong.append(f"{named(path)}: {full} as {alias}")
  assert not wrong


def test_layers_and_models_read_no_scope():
  """What is computed and how is told by arguments alone."""
  rooms = ("layers", "models", "kernels")
  found = [
    named(path)
    for path in LIBRARY
    if any(in_room(path, "bert_tf", room) for room in rooms)
    and {"threading", "contextlib", "contextvars"} & set(imports(path))
  ]
  assert not found


def test_keras_is_imported_in_one_place():
  """So that one file changes where another Keras takes its place."""
  found = [
    named(path)
    for path in SOURCES
    if any(name.partition(".")[0] == "tf_keras" for name in imports(path))
  ]
  assert found == ["bert_tf/keras.py"]
  private = [
    named(path)
    for path in SOURCES
    if re.search(r"keras\.src|optimizers\.legacy", path.read_text())
  ]
  # addons.py names a module for a package that looks for it.
  assert private == ["bert_tf/keras.py", "bert_tf/training/addons.py"]


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
