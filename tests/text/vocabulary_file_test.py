import os

import pytest

from bert_tf.text import vocabulary_file


@pytest.fixture
def write(tmp_path):
  def write_bytes(data: bytes) -> str:
    path = tmp_path / "vocab.txt"
    path.write_bytes(data)
    return str(path)

  return write_bytes


CASES = {
  "plain": (b"a\nb\n", {"a": 0, "b": 1}),
  "no newline at the end": (b"a\nb", {"a": 0, "b": 1}),
  "empty lines count": (b"a\n\nb\n", {"a": 0, "": 1, "b": 2}),
  "two empty lines": (b"\n\nb\n", {"": 1, "b": 2}),
  "white space is stripped": (b" a \n\t\nb c\n", {"a": 0, "": 1, "b c": 2}),
  "carriage returns are dropped": (
    b"a\r\nb\rc\r\n\r\n\r",
    {"a": 0, "bc": 1, "": 2},
  ),
  "only a newline ends a line": (
    "a\u2028b\n\x0bc\x0c\nd\u0085e\n".encode(),
    {"a\u2028b": 0, "c": 1, "d\u0085e": 2},
  ),
  "the byte order mark stays": ("\ufeff[PAD]\n".encode(), {"\ufeff[PAD]": 0}),
  "the later id wins": (b"a\nb\na\nc\n", {"a": 2, "b": 1, "c": 3}),
}


@pytest.mark.parametrize("case", CASES)
def test_load(write, case):
  data, expected = CASES[case]
  # Order counts too: a piece that comes twice keeps its first place.
  assert list(vocabulary_file.load_vocab(write(data)).items()) == list(
    expected.items()
  )


@pytest.mark.parametrize("case", CASES)
def test_tensorflow_reads_the_same_lines(write, case):
  """The original reads through TensorFlow: its reader has the last word."""
  tf = pytest.importorskip("tensorflow")
  data, _ = CASES[case]
  path = write(data)
  with tf.io.gfile.GFile(path, "r") as reader:
    lines = [line.strip() for line in iter(reader.readline, "")]
  expected = {line: index for index, line in enumerate(lines)}
  assert list(vocabulary_file.load_vocab(path).items()) == list(
    expected.items()
  )


def test_load_through_a_scheme(write):
  pytest.importorskip("tensorflow")
  assert vocabulary_file.load_vocab("file://" + write(b"a\nb\n")) == {
    "a": 0,
    "b": 1,
  }


def test_load_published(uncased_vocab_file):
  loaded = vocabulary_file.load_vocab(uncased_vocab_file)
  assert len(loaded) == 30522
  assert [loaded[token] for token in vocabulary_file.SPECIAL_TOKENS] == [
    0,
    100,
    101,
    102,
    103,
  ]
  vocabulary_file.require_tokens(loaded, path=uncased_vocab_file)


@pytest.mark.parametrize(
  ("data", "message"),
  [
    (b"", r"vocab\.txt: the file is empty; expected a text file"),
    (b"a\nb\n\0\x01", r"vocab\.txt, line 3: found a zero byte.*binary"),
    (b"a\nb\xff\n", r"vocab\.txt, line 2: found the byte 0xff, .* not UTF-8"),
  ],
)
def test_load_refuses(write, data, message):
  with pytest.raises(vocabulary_file.VocabularyError, match=message):
    vocabulary_file.load_vocab(write(data))


def test_load_missing_file(tmp_path):
  with pytest.raises(FileNotFoundError, match=r"nope\.txt: no such file"):
    vocabulary_file.load_vocab(tmp_path / "nope.txt")


def test_load_directory(tmp_path):
  with pytest.raises(
    vocabulary_file.VocabularyError, match="found a directory"
  ):
    vocabulary_file.load_vocab(tmp_path)


def test_require_tokens_names_file_and_tokens():
  with pytest.raises(vocabulary_file.VocabularyError) as error:
    vocabulary_file.require_tokens({"a": 0, "[UNK]": 1}, path="my/vocab.txt")
  message = str(error.value)
  assert message.startswith("my/vocab.txt: of 2 pieces none is [PAD], [CLS], ")
  assert "[UNK]" not in message


def test_require_tokens_shows_what_is_near():
  with pytest.raises(
    vocabulary_file.VocabularyError, match=r"nearest found is '\[sep\]'"
  ):
    vocabulary_file.require_tokens({"[sep]": 0, "[UNK]": 1}, ["[SEP]"])


def test_save_and_load(tmp_path):
  path = tmp_path / "new" / "vocab.txt"
  vocabulary_file.save_vocab(path, ["[PAD]", "中", "##é"])
  assert path.read_bytes() == "[PAD]\n中\n##é\n".encode()
  assert vocabulary_file.load_vocab(path) == {"[PAD]": 0, "中": 1, "##é": 2}
  vocabulary_file.save_vocab(path, ["b"])  # Replaces.
  assert vocabulary_file.load_vocab(path) == {"b": 0}
  assert os.listdir(path.parent) == ["vocab.txt"]


def test_save_through_a_scheme(tmp_path):
  pytest.importorskip("tensorflow")
  vocabulary_file.save_vocab(f"file://{tmp_path}/vocab.txt", ["a", "b"])
  assert (tmp_path / "vocab.txt").read_bytes() == b"a\nb\n"
  assert os.listdir(tmp_path) == ["vocab.txt"]


@pytest.mark.parametrize(
  ("pieces", "message"),
  [
    (["a", "b", "a"], "'a' has two places, 0 and 2"),
    (["a", ""], "piece 1 is ''"),
    ([" a"], "piece 0 is ' a'"),
    (["a\rb"], r"piece 0 is 'a\\rb'"),
  ],
)
def test_save_refuses_what_does_not_come_back(tmp_path, pieces, message):
  path = tmp_path / "vocab.txt"
  with pytest.raises(vocabulary_file.VocabularyError, match=message):
    vocabulary_file.save_vocab(path, pieces)
  assert not path.exists()


def test_a_failed_write_leaves_the_old_file(tmp_path, monkeypatch):
  path = tmp_path / "vocab.txt"
  vocabulary_file.save_vocab(path, ["old"])

  def fail(*_):
    raise OSError("disk full")

  monkeypatch.setattr(os, "replace", fail)
  with pytest.raises(OSError, match="disk full"):
    vocabulary_file.save_vocab(path, ["new"])
  assert vocabulary_file.load_vocab(path) == {"old": 0}
  assert os.listdir(tmp_path) == ["vocab.txt"]


def test_a_model_has_a_row_for_each_piece():
  vocabulary_file.require_rows({"a": 0, "b": 1}, 2, "x.txt")
  vocabulary_file.require_rows({}, 0, "x.txt")
  with pytest.raises(
    vocabulary_file.VocabularyError,
    match=r"x\.txt: found 3 pieces, .*vocab_size=2",
  ):
    vocabulary_file.require_rows({"a": 0, "b": 2}, 2, "x.txt")
