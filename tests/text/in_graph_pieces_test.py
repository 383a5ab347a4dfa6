import random

import pytest

from bert_tf.text import in_graph_pieces, vocabulary_file
from tests.text import reference

LETTERS = "abcé中𝐀\ufffe\ue000"


def random_vocabulary(rng, tmp_path):
  """With empty, repeated and useless lines; as a file, to be read as one."""
  lines = ["[UNK]", "##", "", "#", "##a", "[UNK]", "##é中"]
  for _ in range(rng.randint(3, 30)):
    piece = "".join(rng.choices(LETTERS, k=rng.randint(1, 4)))
    lines.append(rng.choice(["", "##"]) + piece)
  rng.shuffle(lines)
  path = tmp_path / "vocab.txt"
  path.write_text("\n".join(lines) + "\n", encoding="utf-8")
  return vocabulary_file.load_vocab(path)


def ids(text, vocabulary):
  """Of words with spaces between them, from the plain rules."""
  return [
    vocabulary[piece]
    for word in text.split()
    for piece in reference.pieces(word, vocabulary)
  ]


@pytest.mark.parametrize("seed", range(20))
def test_odd_vocabularies(tmp_path, seed):
  rng = random.Random(seed)
  vocabulary = random_vocabulary(rng, tmp_path)
  cutter = in_graph_pieces.PieceCutter(vocabulary, "vocab.txt", False)
  words = [
    "".join(rng.choices(LETTERS, k=rng.randint(1, 12))) for _ in range(300)
  ]
  words += ["#", "𝐀" * 200]
  expected = [ids(word, vocabulary) for word in words]
  assert cutter.ids(words).to_list() == expected
  assert cutter.ids([cutter.unknown_word]).to_list() == [[vocabulary["[UNK]"]]]
  cutter = in_graph_pieces.PieceCutter(vocabulary, "vocab.txt", True)
  texts = [
    " ".join("".join(rng.choices("abc", k=3)) for _ in range(5)),
    "a" * 200 + " " + "a" * 201 + " b",
    " # a#b ##",
  ]
  spaced = [text.replace("#", " # ") for text in texts]
  expected = [ids(text, vocabulary) for text in spaced]
  assert cutter.ids(texts).to_list() == expected


def test_only_special_tokens():
  vocabulary = {
    token: n for n, token in enumerate(vocabulary_file.SPECIAL_TOKENS)
  }
  for split_text in (False, True):
    cutter = in_graph_pieces.PieceCutter(vocabulary, "vocab.txt", split_text)
    assert cutter.ids(["a", "b"]).to_list() == [[1], [1]]


def test_longest_piece():
  vocabulary = {"[UNK]": 0, "é" * 128: 1}
  cutter = in_graph_pieces.PieceCutter(vocabulary, "vocab.txt", False)
  assert cutter.ids(["é" * 128, "é" * 127]).to_list() == [[1], [0]]
  vocabulary["é" * 129] = 2
  with pytest.raises(
    vocabulary_file.VocabularyError,
    match=r"vocab\.txt: .* at most 256 bytes.*ééé",
  ):
    in_graph_pieces.PieceCutter(vocabulary, "vocab.txt", False)
