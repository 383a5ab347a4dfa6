"""Records against plain Python, text by text."""

import hypothesis
import numpy as np
import pytest
from hypothesis import strategies as st

from bert_tf.tasks.classification import examples, known_tasks, reader
from bert_tf.text import full_tokenizer
from tests.tasks.classification import reference

TEXTS = st.text(st.sampled_from("ab. ,\u00e9\u4e2d\n\x00heron"), max_size=30)


@pytest.fixture(scope="module")
def tokenizer(testdata):
  return full_tokenizer.FullTokenizer(testdata / "vocab.txt")


@hypothesis.settings(deadline=None, max_examples=60)
@hypothesis.given(
  rows=st.lists(
    st.tuples(TEXTS, st.none() | TEXTS, st.sampled_from("01")), max_size=6
  ),
  length=st.integers(4, 24),
)
def test_records_are_the_plain_ones(tmp_path_factory, tokenizer, rows, length):
  folder = tmp_path_factory.mktemp("records")
  task = known_tasks.find("mrpc")
  texts = [
    reader.Example(line, text, pair, label)
    for line, (text, pair, label) in enumerate(rows)
  ]
  made = examples.write(
    str(folder / "ours"), task, texts, tokenizer, length, keep=True
  )
  plain = [(text, pair, int(label)) for text, pair, label in rows]
  reference.write_records(
    str(folder / "plain"), plain, tokenizer.vocab, True, length
  )
  assert (folder / "ours").read_bytes() == (folder / "plain").read_bytes()
  for name, values in made.items():
    expected = [
      reference.features(*row, tokenizer.vocab, True, length)[name]
      for row in plain
    ]
    np.testing.assert_array_equal(values, expected)
