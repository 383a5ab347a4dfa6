"""The compiled generator against plain Python, over random corpora."""

import collections
import itertools

import hypothesis
import numpy as np
import pytest
from hypothesis import strategies as st

from bert_tf.native import token_corpus
from bert_tf.records import example_decoder, shuffled_bytes
from bert_tf.tasks.pretraining import (
  instance_generator,
  instance_records,
  record_generator,
  settings,
)
from bert_tf.text import vocabulary_file
from tests.tasks.pretraining import reference

PIECES = ["a", "b", "##c", "d", "##e", "##f", "g", "h", "##"]
VOCAB = {
  piece: index
  for index, piece in enumerate(
    ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *PIECES]
  )
}
# A piece that comes twice keeps its place in the order, with the later id.
VOCAB_WITH_GAPS = {**VOCAB, "b": 20, "[MASK]": 17}


def make_config(**changes):
  return settings.PretrainingDataConfig(("in",), ("out",), "vocab", **changes)


def flat(documents, vocab):
  """The corpus of documents of sentences of tokens."""
  sentences = list(itertools.chain.from_iterable(documents))
  tokens = itertools.chain.from_iterable(sentences)
  ends = itertools.accumulate(map(len, sentences), initial=0)
  document_ends = itertools.accumulate(map(len, documents), initial=0)
  return token_corpus.Corpus(
    np.array([vocab[token] for token in tokens], np.int32),
    np.array(list(ends), np.int64),
    np.array(list(document_ends), np.int64),
  )


def generate(
  documents, vocab, config, progress=lambda documents: None, **limits
):
  """All records, decoded, in order."""
  generator = instance_generator.Generator(
    flat(documents, vocab), vocab, config, **limits
  )
  layout = instance_records.layout(
    config.max_seq_length, config.max_predictions_per_seq
  )
  with shuffled_bytes.ShuffledBytes(None) as packed:
    order = record_generator.fill(packed, generator, None, progress)
    found = [
      instance_records.example(packed.get(number), layout) for number in order
    ]
  return generator, [example_decoder.decode_example(record) for record in found]


def assert_as_reference(documents, vocab, config, **limits):
  expected = reference.make_instances(documents, vocab, config)
  _, found = generate(documents, vocab, config, **limits)
  assert found == [reference.features(i, vocab, config) for i in expected]


sentences = st.lists(
  st.sampled_from(["[UNK]", *PIECES]), min_size=1, max_size=9
)
documents = st.lists(sentences, min_size=1, max_size=7)


@hypothesis.settings(deadline=None, max_examples=150)
@hypothesis.given(
  documents=st.lists(documents, min_size=1, max_size=6),
  whole_words=st.booleans(),
  length=st.integers(5, 40),
  most=st.integers(1, 9),
  seed=st.integers(-5, 1 << 40),
  copies=st.integers(1, 4),
  share=st.sampled_from([0.0, 0.15, 0.5, 1.0]),
  short=st.sampled_from([0.0, 0.1, 1.0]),
  vocab=st.sampled_from([VOCAB, VOCAB_WITH_GAPS]),
)
def test_is_the_reference(
  documents, whole_words, length, most, seed, copies, share, short, vocab
):
  config = make_config(
    do_whole_word_mask=whole_words,
    max_seq_length=length,
    max_predictions_per_seq=most,
    random_seed=seed,
    dupe_factor=copies,
    masked_lm_prob=share,
    short_seq_prob=short,
  )
  assert_as_reference(documents, vocab, config)


@pytest.mark.parametrize("whole_words", [False, True])
@pytest.mark.parametrize(
  "documents",
  [
    [[["a"]]],  # One document of one token.
    [[["a", "##c"], ["d"]]],
    [[["a"]], [["b"]], [["d"]]],  # One sentence each.
    [[["##c", "##e"]], [["##f"]]],  # No word starts.
    [[["a"] * 300], [["b"] * 200, ["d"] * 100]],
  ],
)
@pytest.mark.parametrize("length", [5, 6, 128])
def test_corners(documents, whole_words, length):
  config = make_config(max_seq_length=length, do_whole_word_mask=whole_words)
  assert_as_reference(documents, VOCAB, config)


@pytest.mark.parametrize("batch", [1, 3])
def test_a_full_store_is_emptied_within_documents(batch):
  documents = [[["a"], ["b", "##c"], ["d"]] * 9, [["g"]], [["h"], ["g"]] * 5]
  config = make_config(max_seq_length=6, dupe_factor=3, masked_lm_prob=1.0)
  assert_as_reference(documents, VOCAB, config, batch_size=batch)


def test_progress_counts_documents():
  documents = [[["a"], ["b"]]] * 1000
  config = make_config(dupe_factor=3)
  told = []
  generator, found = generate(documents, VOCAB, config, told.append)
  assert sum(told) == 3000 and len(told) > 3
  assert generator.made == len(found)


def test_shares_and_types():
  documents = [[["a", "##c", "d"]] * 50] * 20
  config = make_config(max_seq_length=64, max_predictions_per_seq=10)
  generator, found = generate(documents, VOCAB, config)
  columns = {name: np.array([row[name] for row in found]) for name in found[0]}
  assert generator.token_count == columns["input_mask"].sum()
  kinds = collections.Counter(c.dtype.kind for c in columns.values())
  assert kinds == {"i": 6, "f": 1}
  positions = columns["masked_lm_positions"]
  now = np.take_along_axis(columns["input_ids"], positions, 1)
  is_label = columns["masked_lm_weights"] == 1
  masked = (now[is_label] == VOCAB["[MASK]"]).mean()
  kept = (now == columns["masked_lm_ids"])[is_label].mean()
  assert masked == pytest.approx(0.8, abs=0.03)
  assert kept == pytest.approx(0.1 + 0.1 / len(VOCAB), abs=0.03)


def test_warns_once_of_a_single_document(caplog):
  config = make_config(dupe_factor=3)
  generate([[["a"], ["b"]]], VOCAB, config)
  warnings = [r for r in caplog.records if r.levelname == "WARNING"]
  assert len(warnings) == 1
  assert "the corpus is one document" in warnings[0].getMessage()


@pytest.mark.parametrize("missing", ["[UNK]", "[CLS]", "[SEP]", "[MASK]"])
def test_special_tokens_are_required(missing):
  vocab = {piece: i for piece, i in VOCAB.items() if piece != missing}
  with pytest.raises(vocabulary_file.VocabularyError) as error:
    instance_generator.check_vocabulary(vocab, "some/vocab.txt")
  assert str(error.value).startswith(
    f"some/vocab.txt: of {len(vocab)} pieces none is {missing}"
  )
  instance_generator.check_vocabulary(VOCAB, "some/vocab.txt")


def test_num_predictions_are_rounded_as_python_does():
  config = make_config(masked_lm_prob=0.5, max_predictions_per_seq=30)
  rules = instance_generator.make_rules(VOCAB, config)
  assert rules.predictions[:8].tolist() == [1, 1, 1, 2, 2, 2, 3, 4]
