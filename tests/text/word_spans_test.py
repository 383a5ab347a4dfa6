import json

import hypothesis
import pytest
from hypothesis import strategies as st

from bert_tf.text import basic_tokenizer, word_spans


def find(text, do_lower_case=True):
  return word_spans.find(text, basic_tokenizer.BasicTokenizer(do_lower_case))


def test_words_stand_where_they_say():
  text = "  Naïve, re-read 中文!\u0000 Ça"
  found = [(text[w.start : w.end], w.word) for w in find(text)]
  assert found == [
    ("Naïve", "naive"),
    (",", ","),
    ("re", "re"),
    ("-", "-"),
    ("read", "read"),
    ("中", "中"),
    ("文", "文"),
    ("!", "!"),
    ("Ça", "ca"),
  ]


def test_a_dropped_character_lies_inside_a_word_but_not_around_it():
  text = "\u200bso\u00adft\u200b"
  (word,) = find(text)
  assert word == ("soft", 1, 6)


def test_cased_words_are_those_of_the_text():
  text = "Größe ΣΑΣ"
  assert [text[w.start : w.end] for w in find(text, False)] == [
    w.word for w in find(text, False)
  ]


@pytest.mark.parametrize("do_lower_case", [True, False])
def test_words_are_the_tokenizer_s_on_hard_texts(testdata, do_lower_case):
  tokenizer = basic_tokenizer.BasicTokenizer(do_lower_case)
  lines = (testdata / "tokenization.jsonl").read_text("utf-8").split("\n")
  for line in filter(None, lines):
    text = json.loads(line)["text"]
    spans = word_spans.find(text, tokenizer)
    assert [w.word for w in spans] == tokenizer.tokenize(text)
    places = [(w.start, w.end) for w in spans]
    assert places == sorted(places)


@hypothesis.given(st.text(st.characters(exclude_categories=["Cs"])))
@hypothesis.settings(max_examples=300, deadline=None)
def test_each_word_alone_gives_itself(text):
  tokenizer = basic_tokenizer.BasicTokenizer(False)
  for word, start, end in word_spans.find(text, tokenizer):
    assert tokenizer.tokenize(text[start:end]) == [word]
