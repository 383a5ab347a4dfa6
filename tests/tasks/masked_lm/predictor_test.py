"""Answers of the tiny golden model, recomputed in NumPy."""

import pathlib
import shutil

import numpy as np
import pytest
import tensorflow as tf

import bert_tf
from bert_tf import keras
from bert_tf.checkpoints import checkpoint_reader, saver
from bert_tf.models import pretrainer
from bert_tf.tasks.masked_lm import examples, predictor
from bert_tf.text import text_lines

TINY = pathlib.Path(__file__).resolve().parents[2] / "testdata" / "tiny"
TEXTS = [
  "The [MASK] slept under the table.",
  "It was [MASK] [MASK] that noticed first ||| A [MASK]!",
  "[MASK]",
  "Most visitors come for the opera house; they [MASK] for the trout.",
]


@pytest.fixture(scope="module")
def tokenizer(testdata):
  return bert_tf.FullTokenizer(testdata / "vocab.txt")


@pytest.fixture(scope="module")
def model():
  return pretrainer.BertPretrainer.from_checkpoint(TINY)


@pytest.fixture(scope="module")
def filler(model, tokenizer):
  return predictor.MaskFiller(model, tokenizer, batch_size=3)


def softmax(logits):
  odds = np.exp(logits - logits.max(axis=-1, keepdims=True))
  return odds / odds.sum(axis=-1, keepdims=True)


def read_heads():
  reader = checkpoint_reader.Reader(TINY / "bert_model.ckpt")
  return lambda name: reader.read(name).astype(np.float64)


def sequence_of(model, tokens, segment_ids, tokenizer):
  """Vectors [S, H] and the pooled one [H] of one sequence, without padding."""
  ids = tokenizer.convert_tokens_to_ids(tokens)
  output = model.bert([ids], segment_ids=[segment_ids])
  return (
    output.sequence_output[0].numpy().astype(np.float64),
    output.pooled_output[0].numpy().astype(np.float64),
  )


def word_odds(vectors):
  """The head of masked words, in NumPy: [N, H] to probabilities [N, V]."""
  read = read_heads()
  x = vectors @ read("cls/predictions/transform/dense/kernel")
  x = x + read("cls/predictions/transform/dense/bias")
  cubed = np.sqrt(2 / np.pi) * (x + 0.044715 * x**3)
  x = 0.5 * x * (1 + np.tanh(cubed))
  x = (x - x.mean(-1, keepdims=True)) / np.sqrt(
    x.var(-1, keepdims=True) + 1e-12
  )
  x = x * read("cls/predictions/transform/LayerNorm/gamma")
  x = x + read("cls/predictions/transform/LayerNorm/beta")
  logits = x @ read("bert/embeddings/word_embeddings").T
  return softmax(logits + read("cls/predictions/output_bias"))


def test_mask_stays_whole(tokenizer):
  assert examples.tokenize("a [MASK], the[MASK]", tokenizer) == [
    "a",
    "[MASK]",
    ",",
    "the",
    "[MASK]",
  ]
  assert "[MASK]" not in examples.tokenize("[mask]", tokenizer)
  one = examples.encode(
    text_lines.Line("the [MASK]", "[MASK] it"), tokenizer, 16
  )
  assert one.masks == [2, 4]
  assert one.pieces == [1, 5]
  assert one.is_pair


def test_guesses_are_the_likeliest_words(model, tokenizer):
  found = predictor.MaskFiller(model, tokenizer, top_k=4, batch_size=3)(TEXTS)
  assert [len(one.masks) for one in found] == [1, 3, 1, 1]
  for text, filled in zip(TEXTS, found, strict=True):
    one = examples.encode(text_lines.parse(text), tokenizer, 64)
    vectors, _ = sequence_of(model, one.tokens, one.segment_ids, tokenizer)
    odds = word_odds(vectors[one.masks])
    for row, guesses in zip(odds, filled.masks, strict=True):
      best = np.argsort(-row)[:4]
      assert [g.token for g in guesses] == tokenizer.convert_ids_to_tokens(best)
      np.testing.assert_allclose(
        [g.probability for g in guesses], row[best], atol=1e-6
      )


def test_more_guesses_than_words(model, tokenizer):
  filler = predictor.MaskFiller(model, tokenizer, top_k=10_000)
  ((guesses,),) = (one.masks for one in filler(["the [MASK]"]))
  assert len(guesses) == len(tokenizer.vocab)
  assert sum(g.probability for g in guesses) == pytest.approx(1, abs=1e-5)


def test_likelihood_masks_each_piece_in_turn(filler, model, tokenizer):
  texts = ["It was the naïve jackdaw.", "the", "They ate ||| the cake"]
  found = filler.likelihood(texts)
  for text, one in zip(texts, found, strict=True):
    whole = examples.encode(text_lines.parse(text), tokenizer, 64)
    logs = []
    for at in whole.pieces:
      tokens = [*whole.tokens[:at], "[MASK]", *whole.tokens[at + 1 :]]
      vectors, _ = sequence_of(model, tokens, whole.segment_ids, tokenizer)
      odds = word_odds(vectors[[at]])[0]
      logs.append(np.log(odds[tokenizer.vocab[whole.tokens[at]]]))
    assert one.pieces == len(logs)
    assert one.log_likelihood == pytest.approx(sum(logs), abs=1e-4)
    wanted = np.exp(-np.mean(logs))
    assert one.perplexity == pytest.approx(wanted, rel=1e-4)


def test_next_sentence(filler, model, tokenizer):
  pairs = [("It was the jackdaw.", "They ate."), ("the", "a " * 100)]
  found = filler.next_sentence(pairs)
  read = read_heads()
  for (a, b), follows in zip(pairs, found, strict=True):
    one = examples.encode(text_lines.Line(a, b), tokenizer, 64, may_cut=True)
    assert len(one.tokens) <= 64
    _, pooled = sequence_of(model, one.tokens, one.segment_ids, tokenizer)
    logits = pooled @ read("cls/seq_relationship/output_weights").T
    odds = softmax(logits + read("cls/seq_relationship/output_bias"))
    assert follows == pytest.approx(odds[0], abs=1e-6)


def test_many_lines_are_computed_in_parts(filler, model, tokenizer):
  texts = ["It was the jackdaw.", "the", "They ate cake.", "a"]
  parts = predictor.MaskFiller(model, tokenizer, batch_size=3, at_once=2)
  for one, other in zip(
    parts.likelihood(texts), filler.likelihood(texts), strict=True
  ):
    assert one == pytest.approx(other, abs=1e-4)
  for one, other in zip(parts(TEXTS), filler(TEXTS), strict=True):
    assert [[g.token for g in m] for m in one.masks] == [
      [g.token for g in m] for m in other.masks
    ]


def test_nothing_asked(filler):
  assert filler([]) == []
  assert filler.likelihood([]) == []
  assert filler.next_sentence([]) == []


def test_lines_that_are_too_long_and_texts_that_are_one(filler):
  with pytest.raises(
    ValueError, match=r"texts, line 2: found 72 tokens, .*=64"
  ):
    filler(["the [MASK]", "the " * 70])
  with pytest.raises(TypeError, match="texts is one string"):
    filler("the [MASK]")


def test_pairs_are_texts_too(filler):
  pair, text = ("It was [MASK]", "A [MASK]!"), "It was [MASK] ||| A [MASK]!"
  assert filler([pair]) == filler([text])
  assert filler.next_sentence([pair]) == filler.next_sentence([text])
  with pytest.raises(ValueError, match=r"texts, line 2: found one text"):
    filler.next_sentence([text, "one alone"])


def test_from_a_checkpoint(filler, tmp_path, testdata):
  loaded = predictor.MaskFiller.from_checkpoint(
    TINY, vocab_file=testdata / "vocab.txt", batch_size=3
  )
  assert loaded(TEXTS) == filler(TEXTS)
  # One without the head of sentence pairs serves as well.
  reader = checkpoint_reader.Reader(TINY / "bert_model.ckpt")
  kept = {n: reader.read(n) for n in reader.shapes if "seq_rel" not in n}
  saver.save(kept, str(tmp_path / "bert_model.ckpt"))
  for path in (TINY / "bert_config.json", testdata / "vocab.txt"):
    shutil.copy(path, tmp_path)
  loaded = predictor.MaskFiller.from_checkpoint(tmp_path, batch_size=3)
  assert loaded(TEXTS) == filler(TEXTS)
  with pytest.raises(ValueError, match="no head of next sentences"):
    loaded.next_sentence([("a", "b")])


def test_fits_with_keras(testdata):
  """Plain tf.data: labels and weights flat, as the logits are."""
  model = pretrainer.BertPretrainer.from_checkpoint(TINY)
  with np.load(TINY / "modeling.npz") as file:
    batch = {k.removeprefix("in/"): file[k] for k in file if "in/" in k}

  def parts(x):
    words, labels = x.pop("masked_lm_ids"), x.pop("next_sentence_labels")
    weights = tf.reshape(x.pop("masked_lm_weights"), [-1])
    labels = tf.reshape(labels, [-1])
    ones = tf.ones_like(labels, tf.float32)
    return x, (tf.reshape(words, [-1]), labels), (weights, ones)

  dataset = tf.data.Dataset.from_tensor_slices(batch).batch(4).map(parts)
  loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
  model.compile(keras.optimizers.Adam(1e-3), [loss, loss])
  losses = model.fit(dataset, epochs=25, verbose=0).history["loss"]
  assert losses[-1] < 0.8 * losses[0]
  assert model.evaluate(dataset, verbose=0)[0] < losses[0]


def test_a_checkpoint_without_heads_is_no_pretrainer(tmp_path):
  reader = checkpoint_reader.Reader(TINY / "bert_model.ckpt")
  kept = {n: reader.read(n) for n in reader.shapes if n.startswith("bert/")}
  saver.save(kept, str(tmp_path / "bert_model.ckpt"))
  config = bert_tf.BertConfig.from_json_file(TINY / "bert_config.json")
  with pytest.raises(ValueError, match="cls/predictions"):
    pretrainer.BertPretrainer.from_checkpoint(tmp_path, config=config)
  with pytest.raises(FileNotFoundError, match=r"bert_config\.json"):
    pretrainer.BertPretrainer.from_checkpoint(tmp_path)
