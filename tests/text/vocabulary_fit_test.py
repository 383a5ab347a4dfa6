"""Vocabularies of the other case, and of another language than the text."""

import pytest

import bert_tf
from bert_tf.checkpoints import model_tokenizer
from bert_tf.tasks.pretraining import record_generator, settings
from bert_tf.text import vocabulary_file, vocabulary_fit
from tests.models import tiny

VOCAB = str(tiny.FOLDER.parent / "vocab.txt")

SPECIAL = list(vocabulary_file.SPECIAL_TOKENS)
LETTERS = [f"{a}{b}" for a in "abcdefghijkl" for b in "abcdefghijkl"]


def save(folder, pieces):
  path = str(folder / "vocab.txt")
  vocabulary_file.save_vocab(path, SPECIAL + pieces)
  return path


@pytest.mark.parametrize(
  "pieces, lower_case, message",
  [
    (
      LETTERS + [x.upper() for x in LETTERS],
      True,
      "144 of 288 pieces have cap",
    ),
    (LETTERS, False, "none of 144 pieces has a capital letter"),
    (LETTERS + [x.upper() for x in LETTERS], False, ""),
    (LETTERS, True, ""),
    (LETTERS[:50], False, ""),
  ],
)
def test_case(tmp_path, warned, pieces, lower_case, message):
  path = save(tmp_path, pieces)
  config = bert_tf.BertConfig(vocab_size=len(SPECIAL + pieces))
  model_tokenizer.load(config, path, lower_case)
  assert len(warned) == bool(message)
  assert all(text.startswith(f"{path}: {message}") for text in warned)


def test_the_vocabularies_of_google_fit(warned, uncased_vocab_file):
  vocabulary = vocabulary_file.load_vocab(uncased_vocab_file)
  assert not vocabulary_fit.warn_of_case(vocabulary, True, "vocab.txt")
  assert vocabulary_fit.warn_of_case(vocabulary, False, "vocab.txt")


def test_googles_other_vocabularies(warned, shared_vocab_dir):
  found = {path.stem: path for path in shared_vocab_dir.glob("*cased*.txt")}
  assert found
  for name, path in found.items():
    vocabulary = vocabulary_file.load_vocab(path)
    lower_case = name.startswith("uncased")
    assert not vocabulary_fit.warn_of_case(vocabulary, lower_case, name)
    assert vocabulary_fit.warn_of_case(vocabulary, not lower_case, name)


def test_fewer_pieces_than_rows(tmp_path, warned):
  path = save(tmp_path, LETTERS)
  model_tokenizer.load(tiny.CONFIG, path, True)
  assert len(warned) == 1
  assert f"{path}: found 149 pieces, but the model has vocab_size=" in warned[0]


def test_text_of_another_language(tmp_path, warned):
  path = save(tmp_path, LETTERS)
  tokenizer = bert_tf.FullTokenizer(path)
  known = ["ab cd ef gh"] * 3
  assert not vocabulary_fit.warn_of_unknown(tokenizer, known, "x.tsv")
  assert not vocabulary_fit.warn_of_unknown(tokenizer, [], "x.tsv")
  late = ["ab"] * 1000 + ["кошка"] * 5000
  assert not vocabulary_fit.warn_of_unknown(tokenizer, late, "x.tsv")
  assert not warned
  mixed = [*known, "кошка собака окно свет"]
  assert vocabulary_fit.warn_of_unknown(tokenizer, mixed, "x.tsv")
  assert (
    "x.tsv: 25% of the pieces of the first texts are [UNK], 4 of" in (warned[0])
  )
  assert "--do_lower_case=false" in warned[0]


def test_korean_with_a_cased_vocabulary(warned, shared_vocab_dir):
  path = next(shared_vocab_dir.glob("multilingual_cased_*.txt"))
  texts = ["안녕하세요 오늘은 날씨가 좋습니다", "나는 학교에 갑니다"]
  for lower_case in (True, False):
    tokenizer = bert_tf.FullTokenizer(path, lower_case)
    found = vocabulary_fit.warn_of_unknown(tokenizer, texts, "ko.tsv")
    assert found == lower_case


AMHARIC = ["\u1260\u1228\u12f6 \u120c\u120a\u1275 \u12c8\u12f0\u1240."] * 30


def test_a_library_caller_is_warned_once(warned):
  vectors = bert_tf.FeatureExtractor.from_checkpoint(
    tiny.FOLDER / "bert_model.ckpt", vocab_file=VOCAB
  )
  vectors(AMHARIC[:1])
  assert not warned  # a few pieces say nothing
  for _ in range(3):
    vectors(AMHARIC)
  (said,) = [text for text in warned if "[UNK]" in text]
  assert said.startswith("the texts given: ")


def test_texts_of_known_words_are_not_warned_of(warned):
  vectors = bert_tf.FeatureExtractor.from_checkpoint(
    tiny.FOLDER / "bert_model.ckpt", vocab_file=VOCAB
  )
  vectors(["the old man went to the river and sat there"] * 5)
  assert not warned


def test_records_of_an_unknown_language(warned, tmp_path):
  (tmp_path / "in.txt").write_text("\n".join(AMHARIC))
  config = settings.PretrainingDataConfig(
    (str(tmp_path / "in.txt"),), (str(tmp_path / "out"),), VOCAB
  )
  record_generator.create(config)
  assert any(
    text.startswith(f"{tmp_path / 'in.txt'}: ") and "[UNK]" in text
    for text in warned
  )
