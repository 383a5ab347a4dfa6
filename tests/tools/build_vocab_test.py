import pathlib
import subprocess
import sys

import pytest

from bert_tf.text import vocab

ROOT = pathlib.Path(__file__).resolve().parents[2]
TEXT = "Low lower lowest, new newer newest.\n中文 한국어 한국어\n" * 20


def run(*flags, module=True, folder=ROOT):
  program = (
    ["-m", "tools.build_vocab"]
    if module
    else [str(ROOT / "tools" / "build_vocab.py")]
  )
  return subprocess.run(
    [sys.executable, *program, *flags],
    cwd=folder,
    capture_output=True,
    text=True,
    check=False,
  )


@pytest.fixture
def texts(tmp_path):
  for name in ("a.txt", "b.txt"):
    (tmp_path / name).write_text(TEXT, encoding="utf-8")
  return tmp_path


@pytest.mark.parametrize("module", [True, False], ids=["module", "path"])
def test_learns_and_tells(texts, module):
  result = run(
    f"--input_file={texts}/*.txt,{texts}/a.txt",
    f"--output_file={texts}/out/vocab.txt",
    "--vocab_size=300",
    module=module,
    folder=ROOT if module else texts,
  )
  assert result.returncode == 0, result.stderr
  found = vocab.load_vocab(texts / "out" / "vocab.txt")
  assert [found[token] for token in vocab.SPECIAL_TOKENS] == [
    0,
    100,
    101,
    102,
    103,
  ]
  assert {"lower", "newest", "中", "文", ","} <= found.keys()
  assert "120 lines, " in result.stderr
  assert f'"vocab_size": {len(found)}' in result.stderr


def test_flags_reach_the_learner(texts):
  result = run(
    f"--input_file={texts}/a.txt",
    f"--output_file={texts}/vocab.txt",
    "--nodo_lower_case",
    "--reserved_tokens=[UNK],[X]",
    "--num_unused_tokens=1",
    "--character_coverage=1",
    "--learner=tensorflow_text",
    "--max_token_length=5",
  )
  assert result.returncode == 0, result.stderr
  found = vocab.load_vocab(texts / "vocab.txt")
  assert list(found)[:3] == ["[UNK]", "[unused0]", "[X]"]
  assert {"Low", "lower", "한국어"} <= found.keys()
  assert "lowest" not in found


@pytest.mark.parametrize(
  ("flags", "message"),
  [
    (["--input_file=nope*"], "no file matches 'nope*'"),
    (["--input_file="], "found no file name in ''"),
    (["--input_file=EMPTY"], "found no word in 0 lines"),
    (["--input_file=A", "--vocab_size=20"], "expected 141 or more"),
    (["--input_file=A", "--vocab_size=0"], "vocab_size=0, expected 1"),
    (["--input_file=A", "--reserved_tokens=[PAD]"], "lacks [UNK]"),
  ],
)
def test_errors_are_one_line_and_leave_no_file(texts, flags, message):
  (texts / "EMPTY").write_text("")
  (texts / "A").write_text("Low lower lowest, new newer newest 0123456789")
  # Relative names start at the working directory.
  result = run(*flags, "--output_file=vocab.txt", module=False, folder=texts)
  assert result.returncode == 1
  assert message in result.stderr
  assert "Traceback" not in result.stderr
  assert not (texts / "vocab.txt").exists()
