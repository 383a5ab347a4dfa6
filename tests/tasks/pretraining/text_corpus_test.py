import os

import hypothesis
import pytest
from hypothesis import strategies as st

from bert_tf.tasks.pretraining import text_corpus
from bert_tf.text import full_tokenizer
from tests.tasks.pretraining import reference


@pytest.fixture(scope="module")
def tokenizer(uncased_vocab_file):
  return full_tokenizer.FullTokenizer(uncased_vocab_file)


def read(folder, tokenizer, *contents, table=None, **limits):
  paths = []
  for number, content in enumerate(contents):
    path = folder / f"{number}.txt"
    data = content if isinstance(content, bytes) else content.encode()
    path.write_bytes(data)
    paths.append(str(path))
  return text_corpus.read_corpus(
    list(map(text_corpus.TextPart, paths)),
    tokenizer.line_encoder(**(table or {})),
    **limits,
  )


def words(found, tokenizer):
  """The corpus as documents of sentences of tokens."""
  tokens = tokenizer.convert_ids_to_tokens(found.tokens.tolist())
  sentences = [
    tokens[found.sentences[i] : found.sentences[i + 1]]
    for i in range(found.sentence_count)
  ]
  return [
    sentences[found.documents[i] : found.documents[i + 1]]
    for i in range(found.document_count)
  ]


@pytest.mark.parametrize(
  ("contents", "expected"),
  [
    (["a b\nc\n\nd\n"], [[["a", "b"], ["c"]], [["d"]]]),
    (["a\n\n\n \t\n\nb"], [[["a"]], [["b"]]]),
    (["\n\na\n\n"], [[["a"]]]),
    (["a\n", "b\n"], [[["a"], ["b"]]]),  # A file's end ends no document,
    (["a", "b"], [[["a"], ["b"]]]),
    (["a\n\n", "b\n"], [[["a"]], [["b"]]]),  # unless a line is empty.
    (["a\r\n\r\nb\r\n"], [[["a"]], [["b"]]]),
    (["a\rb\n"], [[["ab"]]]),
    (["a\n\x00\nb\n"], [[["a"], ["b"]]]),  # Neither sentence nor empty line.
    (["a\n\x0c\nb\n"], [[["a"]], [["b"]]]),  # Stripped, it is empty.
    (["a\n\u2028\nb\n"], [[["a"]], [["b"]]]),
    (["a\u2028b\u3000c\x85d\x1ce\n"], [[["a", "b", "c", "##de"]]]),
    (["\ufeffa\n"], [[["a"]]]),
  ],
)
def test_lines_and_documents(tmp_path, tokenizer, contents, expected):
  if "\x85" in contents[0]:  # Not spaces: the tokenizer drops them.
    expected = [[tokenizer.tokenize(contents[0])]]
  assert words(read(tmp_path, tokenizer, *contents), tokenizer) == expected
  texts = [content.replace("\r", "") for content in contents]
  assert reference.read_documents(texts, tokenizer.tokenize) == expected


text = st.text(
  st.one_of(
    st.sampled_from("\n\n\n  ab,.A\r\t\x0b\x0c\x1c\x1d\x85\x00\xa0\u2028é中"),
    st.characters(exclude_categories=["Cs"]),
  ),
  max_size=40,
)


@hypothesis.settings(deadline=None, max_examples=300)
@hypothesis.given(texts=st.lists(text, min_size=1, max_size=3))
def test_is_the_reference(tmp_path_factory, tokenizer, texts):
  expected = reference.read_documents(texts, tokenizer.tokenize)
  folder = tmp_path_factory.mktemp("corpus")
  if expected:
    found = read(folder, tokenizer, *texts)
    assert words(found, tokenizer) == expected
  else:
    with pytest.raises(ValueError, match="found no sentence"):
      read(folder, tokenizer, *texts)


@pytest.mark.parametrize("size", [1, 2, 7, 100])
def test_blocks_change_nothing(
  tmp_path, tokenizer, testdata, monkeypatch, size
):
  content = (testdata / "text" / "mixed.txt").read_bytes()
  expected = words(read(tmp_path, tokenizer, content), tokenizer)
  table = {"max_words": size, "max_bytes": size}
  found = read(
    tmp_path, tokenizer, content, table=table, block_bytes=size, large=size
  )
  assert words(found, tokenizer) == expected


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_part_of_a_file(tmp_path, tokenizer, size):
  lines = ["one line\n", "another\n", "\n", "a third\n", "and a last"]
  (tmp_path / "a.txt").write_text("".join(lines))
  path, begin = str(tmp_path / "a.txt"), len(lines[0])
  for end, expected in [
    (begin + len(lines[1]), [[["another"]]]),
    (begin + len("".join(lines[1:4])), [[["another"]], [["a", "third"]]]),
    (None, [[["another"]], [["a", "third"], ["and", "a", "last"]]]),
  ]:
    part = text_corpus.TextPart(path, begin, end)
    found = text_corpus.read_corpus(
      [part], tokenizer.line_encoder(), block_bytes=size
    )
    assert words(found, tokenizer) == expected


def test_progress_counts_bytes(tmp_path, tokenizer):
  (tmp_path / "a.txt").write_text("some words\n" * 9)
  told = []
  part = text_corpus.TextPart(str(tmp_path / "a.txt"))
  text_corpus.read_corpus(
    [part], tokenizer.line_encoder(), told.append, block_bytes=10
  )
  assert sum(told) == 99 and len(told) > 5


def test_broken_utf8_is_dropped_and_counted(tmp_path, tokenizer, caplog):
  content = b"fine\nbr\xffok\xe2\x82en\n\xff\n\nmore \xc3\n"
  found = read(tmp_path, tokenizer, content)
  # The third line is not empty in the file, but is once the byte is gone.
  assert words(found, tokenizer) == [
    [["fine"], tokenizer.tokenize("broken")],
    [["more"]],
  ]
  messages = [record.getMessage() for record in caplog.records]
  assert messages == [
    f"{tmp_path / '0.txt'}: dropped bytes that are not UTF-8 from 3 lines; "
    "convert the file to UTF-8 if they matter"
  ]


def test_no_sentences(tmp_path, tokenizer):
  with pytest.raises(ValueError) as error:
    read(tmp_path, tokenizer, "\n \n\r\n", "")
  assert str(error.value) == (
    f"--input_file: found no sentence in {tmp_path / '0.txt'}, "
    f"{tmp_path / '1.txt'}; expected one sentence a line and an empty line "
    "between documents"
  )


def test_find_input_files(tmp_path):
  for name in ("b.txt", "a.txt", ".c.txt", "d.md", "e[1].txt"):
    (tmp_path / name).touch()
  found = text_corpus.find_input_files(
    [f"{tmp_path}/*.txt", f"{tmp_path}/d.md", f"{tmp_path}/a.txt"]
  )
  names = [os.path.basename(path) for path in found]
  assert names == [".c.txt", "a.txt", "b.txt", "e[1].txt", "d.md", "a.txt"]
  bracket = f"{tmp_path}/e[1].txt"
  assert text_corpus.find_input_files([bracket]) == [bracket]


def test_find_input_files_in_tensorflows_file_systems(tmp_path):
  (tmp_path / "a.txt").touch()
  pattern = f"file://{tmp_path}/*.txt"
  assert text_corpus.find_input_files([pattern]) == [f"file://{tmp_path}/a.txt"]


def test_pattern_without_files(tmp_path):
  with pytest.raises(
    FileNotFoundError, match=r"no file matches '.*/\*.txt'; check the path"
  ):
    text_corpus.find_input_files([f"{tmp_path}/*.txt"])


def test_directory_as_input(tmp_path):
  with pytest.raises(IsADirectoryError) as error:
    text_corpus.find_input_files([str(tmp_path)])
  assert str(error.value) == (
    f"--input_file: '{tmp_path}' is a directory, expected text files; to read "
    f"all files in it, pass '{tmp_path}/*'"
  )
