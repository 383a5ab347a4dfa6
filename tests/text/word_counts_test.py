import pytest

from bert_tf.text import basic_tokenizer, word_counts


@pytest.fixture
def count(tmp_path):
  def count_texts(*texts: bytes, lower: bool = True, **limits: int):
    paths = []
    for index, text in enumerate(texts):
      paths.append(str(tmp_path / f"{index}.txt"))
      (tmp_path / f"{index}.txt").write_bytes(text)
    return word_counts.count_files(
      paths, basic_tokenizer.BasicTokenizer(lower), **limits
    )

  return count_texts


def test_counts_words_of_all_files(count):
  total = count("The cat,\nthe Café\n".encode(), b"cat")
  assert total.counts == {"the": 2, "cat": 2, ",": 1, "cafe": 1}
  assert (total.lines, total.broken_lines) == (3, 0)


def test_cased(count):
  assert count(b"The the", lower=False).counts == {"The": 1, "the": 1}


def test_memory_bound_changes_nothing(count):
  text = b"a b c\na c d\n" * 5
  assert count(text, max_raw_words=2).counts == count(text).counts


def test_broken_lines_are_counted(count):
  total = count("é\n".encode() + b"a\xffb\nc\n")
  assert total.counts == {"e": 1, "ab": 1, "c": 1}
  assert (total.lines, total.broken_lines) == (3, 1)


@pytest.mark.parametrize("text", [b"", b" \n\t\n\0"])
def test_no_words(count, text):
  with pytest.raises(ValueError, match=r"0\.txt: found no word in \d lines"):
    count(text)


def test_missing_file():
  with pytest.raises(FileNotFoundError, match="nope"):
    word_counts.count_files(["/nope"], basic_tokenizer.BasicTokenizer())


def test_control_characters_part_nothing(count):
  # str.split() would part the first; the tokenizer drops the character.
  assert count(b"a\x1cb\ta b").counts == {"ab": 1, "a": 1, "b": 1}
