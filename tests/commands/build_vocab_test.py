import pytest

from bert_tf.text import vocabulary_file
from tests.commands import running

TEXT = "Low lower lowest, new newer newest.\n中文 한국어 한국어\n" * 20


@pytest.fixture
def texts(tmp_path):
  for name in ("a.txt", "b.txt"):
    (tmp_path / name).write_text(TEXT, encoding="utf-8")
  return tmp_path


@pytest.mark.parametrize("by_path", [False, True], ids=["module", "path"])
def test_learns_and_tells(texts, by_path):
  # As a module it is found from the root; by its path from anywhere.
  result = running.run(
    "build_vocab",
    f"--input_file={texts}/*.txt,{texts}/a.txt",
    f"--output_file={texts}/out/vocab.txt",
    "--vocab_size=300",
    by_path=by_path,
    cwd=texts if by_path else running.ROOT,
  )
  assert result.returncode == 0, result.stderr
  found = vocabulary_file.load_vocab(texts / "out" / "vocab.txt")
  assert [found[token] for token in vocabulary_file.SPECIAL_TOKENS] == [
    0,
    100,
    101,
    102,
    103,
  ]
  assert {"lower", "newest", "中", "文", ","} <= found.keys()
  assert "120 lines, " in result.stderr
  assert f'"vocab_size": {len(found)}' in result.stderr
  assert f"Sample, 40 lines of {texts}/a.txt: 1." in result.stderr


def test_into_a_pipe(texts):
  """It is not read again, which would wait for ever."""
  result = running.run(
    "build_vocab",
    f"--input_file={texts}/a.txt",
    "--output_file=/dev/stdout",
    "--vocab_size=300",
  )
  assert result.returncode == 0, result.stderr
  assert "[CLS]\n" in result.stdout


def test_flags_reach_the_learner(texts):
  result = running.run(
    "build_vocab",
    f"--input_file={texts}/a.txt",
    f"--output_file={texts}/vocab.txt",
    "--nodo_lower_case",
    "--reserved_tokens=[UNK],[X]",
    "--num_unused_tokens=1",
    "--character_coverage=1",
    "--learner=tensorflow_text",
    "--max_token_length=5",
    f"--sample_file={texts}/b.txt",
  )
  assert result.returncode == 0, result.stderr
  found = vocabulary_file.load_vocab(texts / "vocab.txt")
  assert list(found)[:3] == ["[UNK]", "[unused0]", "[X]"]
  assert {"Low", "lower", "한국어"} <= found.keys()
  assert "lowest" not in found
  # newer, newest and lowest are cut, commas and full stops stand apart.
  assert f"Sample, 40 lines of {texts}/b.txt: " in result.stderr


@pytest.mark.parametrize(
  ("flags", "message"),
  [
    (["--input_file=nope*"], "no file matches 'nope*'"),
    (
      ["--input_file=*", "--output_file=./A"],
      "output_file=./A is the file to read, A, and would be overwritten",
    ),
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
  result = running.run(
    "build_vocab",
    "--output_file=vocab.txt",
    *flags,
    by_path=True,
    cwd=texts,
  )
  running.assert_plain_error(result, message)
  assert not (texts / "vocab.txt").exists()
  assert (texts / "A").read_text().startswith("Low lower")
