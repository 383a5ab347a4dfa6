import pathlib
import re

from bert_tf import commands

SAMPLE = pathlib.Path(commands.__file__).with_name("sample_text.txt")


def documents() -> list[list[str]]:
  text = SAMPLE.read_text(encoding="ascii")
  return [part.splitlines() for part in text.strip("\n").split("\n\n")]


def test_holds_short_documents_of_one_sentence_a_line():
  assert len(documents()) >= 45
  for document in documents():
    assert 8 <= len(document) <= 15
    for line in document:
      assert re.fullmatch(r"[A-Z][^.!?]*\.", line), line


def test_no_sentence_comes_twice():
  sentences = [line for document in documents() for line in document]
  assert len(set(sentences)) == len(sentences)


def test_vocabulary_is_modest():
  words = re.findall(r"[a-z']+", SAMPLE.read_text().lower())
  assert 1500 <= len(set(words)) <= 2500
