import random
import unicodedata

import pytest

from bert_tf.text import (
  full_tokenizer,
  vocabulary_file,
  vocabulary_learner,
  vocabulary_summary,
)

MIXED = (
  "The Walker walked, walking where walkers walk.\n"
  "私は東京に住んでいます。我们在公园里跑步，你们在家里。\n"
  "우리는 공원에서 걷고 있습니다. 걷는 사람들은 걷습니다.\n"
  "Ärger über größere Straßen; ΣΟΦΟΣ ὁ σοφός.\n"
)


@pytest.fixture
def corpus(tmp_path):
  def write(text: str) -> list[str]:
    path = tmp_path / "corpus.txt"
    path.write_text(text, encoding="utf-8")
    return [str(path)]

  return write


def settings(**changes) -> vocabulary_learner.Settings:
  return vocabulary_learner.Settings(
    **{"num_unused_tokens": 0, "character_coverage": 1.0} | changes
  )


def test_reserved_pieces_lie_where_google_has_them():
  pieces = vocabulary_learner.reserved_pieces(vocabulary_learner.Settings())
  assert pieces[0] == "[PAD]"
  assert pieces[1:100] == [f"[unused{index}]" for index in range(99)]
  assert pieces[100:] == ["[UNK]", "[CLS]", "[SEP]", "[MASK]"]


def test_as_many_unused_pieces_as_google(uncased_vocab_file):
  changed = vocabulary_learner.Settings(num_unused_tokens=994)
  google = list(vocabulary_file.load_vocab(uncased_vocab_file))
  assert vocabulary_learner.reserved_pieces(changed) == google[:999]


def test_few_unused_pieces():
  pieces = vocabulary_learner.reserved_pieces(settings(num_unused_tokens=1))
  assert pieces == ["[PAD]", "[unused0]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]


@pytest.mark.parametrize("learner", vocabulary_learner.LEARNERS)
@pytest.mark.parametrize("lower", [True, False])
def test_fits_the_tokenizer(corpus, tmp_path, learner, lower):
  """Every script: all words can be cut, and every piece can occur."""
  learned = vocabulary_learner.learn(
    corpus(MIXED), settings(do_lower_case=lower, learner=learner)
  )
  assert learned.unknown_words == 0
  path = tmp_path / "vocab.txt"
  vocabulary_file.save_vocab(path, learned.pieces)
  tokenizer = full_tokenizer.FullTokenizer(path, lower)
  tokens = tokenizer.tokenize(MIXED)
  assert "[UNK]" not in tokens
  assert len(tokens) == pytest.approx(learned.pieces_per_word * learned.words)
  for piece in learned.pieces[5:]:
    bare = piece.removeprefix("##")
    assert "".join(tokenizer.basic_tokenizer.tokenize(bare)) == bare
  # Ideographs and signs are words wherever they come: no second form.
  assert {"東", "。", ",", "公"} <= set(learned.pieces)
  assert not {"##東", "##。", "##,", "##公"} & set(learned.pieces)


def test_frequent_words_are_whole(corpus):
  learned = vocabulary_learner.learn(corpus(MIXED * 20), settings())
  # Accents are gone and sharp s is no "ss"; Hangul is in letters.
  assert {"walk", "walker", "uber", "großere"} <= set(learned.pieces)
  assert "사람들은" not in learned.pieces
  assert unicodedata.normalize("NFD", "사람들은") in learned.pieces
  cased = vocabulary_learner.learn(
    corpus(MIXED * 20), settings(do_lower_case=False)
  )
  assert {"Walker", "사람들은", "größere", "über"} <= set(cased.pieces)


@pytest.mark.parametrize("learner", vocabulary_learner.LEARNERS)
@pytest.mark.parametrize("size", [70, 100, 150, 200])
def test_size_is_kept_to(corpus, learner, size):
  generator = random.Random(1)
  words = [
    "".join(generator.choices("abcdefgh", k=generator.randint(1, 9)))
    for _ in range(300)
  ]
  text = " ".join(generator.choices(words, range(300, 0, -1), k=5000))
  learned = vocabulary_learner.learn(
    corpus(text), settings(vocab_size=size, learner=learner)
  )
  assert size * 0.9 <= len(learned.pieces) <= size
  assert len(set(learned.pieces)) == len(learned.pieces)


def test_deterministic(corpus):
  first = vocabulary_learner.learn(corpus(MIXED), settings())
  lines = MIXED.splitlines(keepends=True)[::-1]
  second = vocabulary_learner.learn(corpus("".join(lines)), settings())
  assert first.pieces == second.pieces


def test_text_of_ideographs_alone(corpus):
  learned = vocabulary_learner.learn(corpus("公园公园里"), settings())
  assert learned.pieces[5:] == tuple(sorted("公园里"))


def test_rare_characters_are_dropped_and_told(corpus):
  text = "the cat 7 " * 1000 + "naïve żółw"
  changed = settings(do_lower_case=False, character_coverage=0.999)
  learned = vocabulary_learner.learn(corpus(text), changed)
  assert set(learned.dropped_characters) == set("ïżół")
  assert learned.unknown_words == 2
  assert {"7", "z", "##w"} & set(learned.pieces) == {"7"}
  told = "\n".join(vocabulary_summary.lines(learned, changed))
  assert "4 rare characters are not in the alphabet" in told
  assert "3,002 words, 5 of them different" in told
  assert "2 words are [UNK]" in told
  assert "no more pieces that occur 2 times or more" in told
  assert "take more text, or lower lower_thresh from 2" in told


def test_max_unique_chars(corpus):
  changed = settings(max_unique_chars=2)
  learned = vocabulary_learner.learn(corpus("aaa aab b c"), changed)
  assert learned.dropped_characters == ("c",)


def test_max_input_tokens(corpus):
  text = "aa " * 9 + "bb " * 8 + "cc " * 7
  learned = vocabulary_learner.learn(corpus(text), settings(max_input_tokens=2))
  assert {"aa", "bb"} <= set(learned.pieces)
  assert "cc" not in learned.pieces


def test_long_words_are_not_learned_from(corpus):
  learned = vocabulary_learner.learn(
    corpus("abc abc abcd abcd"), settings(max_token_length=3)
  )
  assert "abc" in learned.pieces
  assert "abcd" not in learned.pieces


def test_lower_thresh(corpus):
  text = "ab " * 4 + "cd " * 3
  learned = vocabulary_learner.learn(corpus(text), settings(lower_thresh=4))
  assert "ab" in learned.pieces
  assert "cd" not in learned.pieces
  # A threshold above every count leaves the alphabet.
  learned = vocabulary_learner.learn(corpus(text), settings(lower_thresh=99))
  assert len(learned.pieces) == 5 + 2 * 4


def test_no_room(corpus):
  with pytest.raises(ValueError) as error:
    vocabulary_learner.learn(corpus("ab, cd!"), settings(vocab_size=14))
  assert "vocab_size=14 has no room for 5 reserved" in str(error.value)
  assert "2 characters that stand alone and 4 letters" in str(error.value)
  assert "expected 15 or more" in str(error.value)
  # What it asks for is enough.
  learned = vocabulary_learner.learn(corpus("ab, cd!"), settings(vocab_size=15))
  assert len(learned.pieces) == 15


@pytest.mark.parametrize(
  ("changes", "message"),
  [
    ({"vocab_size": 0}, "vocab_size=0, expected 1 or more"),
    ({"num_unused_tokens": -1}, "num_unused_tokens=-1"),
    ({"character_coverage": 0.0}, "character_coverage=0.0"),
    ({"slack_ratio": 1.0}, "slack_ratio=1.0"),
    ({"learner": "x"}, "learner='x', expected one of top_down"),
    ({"reserved_tokens": ("[PAD]",)}, r"lacks \[UNK\]"),
    ({"reserved_tokens": ("[UNK]", "[UNK]")}, r"\[UNK\] comes twice"),
    ({"reserved_tokens": ("[UNK]", " a")}, "white space"),
  ],
)
def test_settings_check_themselves(changes, message):
  with pytest.raises(ValueError, match=message):
    settings(**changes)


def why_no_larger(learned, changed):
  (line,) = [
    x for x in vocabulary_summary.lines(learned, changed) if "reached" in x
  ]
  return line


def test_why_a_size_is_not_reached(corpus):
  """Where no threshold gives it, text is not what is missing."""
  often, seldom = "abcdefgh", "ijklmnopqrstuvwxyz"
  text = " ".join([a + b for a in often for b in often] * 3)
  text += " " + " ".join([a + b for a in seldom for b in seldom] * 2)
  changed = settings(vocab_size=300)
  learned = vocabulary_learner.learn(corpus(text), changed)
  size = len(learned.pieces)
  assert learned.threshold == 3
  larger = learned.sizes[2]
  assert size < 285 and larger > 300
  told = why_no_larger(learned, changed)
  assert f"occur 3 times or more make {size}, those that occur 2 times" in told
  assert f"Set vocab_size to {larger} or to {size}" in told
  assert "lower_thresh" not in told
  # What it asks for is reached.
  for asked in (larger, size):
    again = settings(vocab_size=asked)
    learned = vocabulary_learner.learn(corpus(text), again)
    assert len(learned.pieces) == asked
    lines = vocabulary_summary.lines(learned, again)
    assert not any("reached" in line for line in lines)


def test_with_the_least_threshold_only_text_helps(corpus):
  changed = settings(vocab_size=300, lower_thresh=1)
  learned = vocabulary_learner.learn(corpus("ab cd ab"), changed)
  told = why_no_larger(learned, changed)
  assert told.endswith("For a larger vocabulary take more text")


def test_a_sample_is_measured(tmp_path):
  path = tmp_path / "vocab.txt"
  path.write_text("[UNK]\nun\n##able\n?\nmill\n")
  tokenizer = full_tokenizer.FullTokenizer(path)
  texts = ["Unable? mill\n", "\n", "  odd\tmill"]
  found = vocabulary_summary.measure(texts, tokenizer)
  assert found == vocabulary_summary.Figures(2, 4, 6, 1)
  assert (found.pieces_per_word, found.unknown_share) == (1.5, 0.25)
  assert vocabulary_summary.measure(texts, tokenizer, 1).words == 2
  assert vocabulary_summary.measure([], tokenizer).pieces_per_word == 0.0
