"""Windows as TensorFlow ops equal those of the tasks in Python."""

import numpy as np
import tensorflow as tf

import bert_tf
from bert_tf.export import token_windows, word_windows
from bert_tf.tasks.squad import examples as squad_examples
from bert_tf.tasks.tagging import examples as tagging_examples


def _numbers(tensor):
  return tensor.numpy().tolist()


@tf.function(reduce_retracing=True)
def _cut_words(lengths, limit):
  return word_windows.cut(lengths, limit)


def test_windows_of_contexts():
  random = np.random.default_rng(3)
  for _ in range(60):
    lengths = random.integers(0, 70, size=5)
    rooms = random.integers(1, 30, size=5)
    stride = int(random.integers(1, 30))
    found = token_windows.cut(
      tf.constant(lengths, tf.int32), tf.constant(rooms, tf.int32), stride
    )
    starts = np.cumsum([0, *lengths[:-1]])
    shown = token_windows.places(found, tf.constant(starts, tf.int32))
    best = token_windows.in_best(found, shown, tf.constant(int(lengths.sum())))
    want, want_shown, want_best = [], [], []
    for row in range(5):
      spans = squad_examples.spans(lengths[row], rooms[row], stride)
      winners = squad_examples.best_windows(lengths[row], spans)
      for number, (start, length) in enumerate(spans):
        for offset in range(length):
          token = start + offset
          want_shown.append((len(want), offset, starts[row] + token))
          want_best.append(winners[token] == number)
        want.append((row, start, length))
    assert list(zip(*map(_numbers, found), strict=True)) == want
    assert list(zip(*map(_numbers, shown), strict=True)) == want_shown
    assert _numbers(best) == want_best


def test_windows_of_words(testdata):
  """Against the tagger's, with words of 1 to `limit` pieces."""
  tokenizer = bert_tf.FullTokenizer(testdata / "vocab.txt")
  random = np.random.default_rng(4)
  for _ in range(60):
    limit = int(random.integers(1, 12))
    sizes = [
      random.integers(1, limit + 1, size=count).tolist()
      for count in random.integers(0, 25, size=4)
    ]
    sentences = [["naïve"[:1] * size for size in row] for row in sizes]
    # A word of n letters "n" has n pieces.
    assert [len(tokenizer.tokenize(w)) for row in sentences for w in row] == [
      size for row in sizes for size in row
    ]
    want = tagging_examples.make(sentences, tokenizer, limit + 2)
    found = _cut_words(
      tf.ragged.constant(sizes, tf.int32, row_splits_dtype=tf.int64)
      if any(sizes)
      else tf.RaggedTensor.from_row_lengths(
        tf.zeros([0], tf.int32), tf.zeros([4], tf.int64)
      ),
      limit,
    )
    assert _numbers(found.tokens.row) == [w.sentence for w in want]
    assert _numbers(found.tokens.length) == [len(w.tokens) - 2 for w in want]
    places = {}
    for number, window in enumerate(want):
      for word, position in zip(window.words, window.positions, strict=True):
        places[window.sentence, word] = (number, position - 1)
    assert list(
      zip(
        _numbers(found.window_of_word),
        _numbers(found.place_of_word),
        strict=True,
      )
    ) == [places[key] for key in sorted(places)]


def test_chunks_are_joined():

  def double_and_count(inputs):
    count = tf.fill(tf.shape(inputs["x"])[:1], tf.shape(inputs["x"])[0])
    return {"y": inputs["x"] * 2, "count": count}

  @tf.function(input_signature=[tf.TensorSpec([None, 2], tf.int32)] * 2)
  def run(values, rows):
    return token_windows.in_chunks(
      double_and_count,
      {"x": values},
      {"y": (tf.int32, [2]), "count": (tf.int32, [])},
      rows[0, 0],
    )

  values = tf.reshape(tf.range(14), [7, 2])
  for rows, counts in (
    (1, [1] * 7),
    (3, [3] * 6 + [1]),
    (7, [7] * 7),
    (100, [7] * 7),
  ):
    found = run(values, [[rows, 0]])
    np.testing.assert_array_equal(found["y"], values * 2)
    assert found["count"].numpy().tolist() == counts
  assert run(values[:0], [[3, 0]])["y"].shape == (0, 2)
