import itertools
import json
import pickle
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bert_tf.text import full_tokenizer, word_cache
from tests.text import reference

# Characters on which tokenizers fall out with each other.
HARD = (
  "aAzZ09 .-'[]#ÉéİıßẞΣσςΑΐ中\uf900한하あｶﾞＡﬁ½…€·"
  "\t\n\r\0\x0b\x1c\x1d\x1e\x1f\x7f"
  "\x85\xa0\xad\u0300\u0301\u0345\u037e\u1fef\u200b\u200d\u2028\u2029\u202f"
  "\u3000\ud800\ufeff\ufffd\U0001d400\U0001f600\U0002a700\U0002f800\U000e0001"
)
TEXTS = st.text(
  st.one_of(st.sampled_from(HARD), st.characters(exclude_categories=())),
  max_size=60,
)


@pytest.fixture(scope="module", params=[True, False], ids=["uncased", "cased"])
def tokenizer(request, uncased_vocab_file):
  return full_tokenizer.FullTokenizer(uncased_vocab_file, request.param)


@pytest.fixture
def tiny(tmp_path):
  path = tmp_path / "vocab.txt"
  path.write_text("[PAD]\n[UNK]\na\n##b\n!\n")
  return full_tokenizer.FullTokenizer(path)


def test_what_the_original_gives(tokenizer, testdata):
  """2,044 hard strings and what the original made of them."""
  kind = "uncased" if tokenizer.do_lower_case else "cased"
  with open(testdata / "tokenization.jsonl", encoding="utf-8") as reader:
    goldens = [json.loads(line) for line in reader]
  assert len(goldens) == 2044
  for golden in goldens:
    text, expected = golden["text"], golden[kind]
    assert tokenizer.tokenize(text) == expected, repr(text)
    ids = tokenizer.convert_tokens_to_ids(expected)
    assert tokenizer.encode(text) == ids, repr(text)


@settings(max_examples=400, deadline=None)
@given(text=TEXTS)
def test_any_text_against_the_plain_rules(tokenizer, text):
  expected = reference.tokenize(text, tokenizer.vocab, tokenizer.do_lower_case)
  assert tokenizer.tokenize(text) == expected
  assert tokenizer.encode(text) == tokenizer.convert_tokens_to_ids(expected)


@settings(max_examples=200, deadline=None)
@given(data=st.binary(max_size=60))
def test_any_bytes(tokenizer, data):
  text = data.decode("utf-8", "ignore")
  assert tokenizer.tokenize(data) == tokenizer.tokenize(text)
  assert tokenizer.encode(data) == tokenizer.encode(text)


@settings(max_examples=100, deadline=None)
@given(texts=st.lists(TEXTS, max_size=5))
def test_a_space_parts_texts(tokenizer, texts):
  """What the cache rests on."""
  joined = [piece for text in texts for piece in tokenizer.tokenize(text)]
  assert tokenizer.tokenize(" ".join(texts)) == joined


@pytest.mark.parametrize("name", ["cased_28996", "chinese_21128"])
@settings(max_examples=100, deadline=None)
@given(text=TEXTS)
def test_other_vocabularies(shared_vocab_dir, name, text):
  path = shared_vocab_dir / f"{name}.txt"
  tokenizer = full_tokenizer.FullTokenizer(path, name.startswith("chinese"))
  expected = reference.tokenize(text, tokenizer.vocab, tokenizer.do_lower_case)
  assert tokenizer.tokenize(text) == expected
  assert tokenizer.convert_ids_to_tokens(tokenizer.encode(text)) == expected


def test_attributes(tiny):
  assert tiny.vocab == {"[PAD]": 0, "[UNK]": 1, "a": 2, "##b": 3, "!": 4}
  assert tiny.inv_vocab == {0: "[PAD]", 1: "[UNK]", 2: "a", 3: "##b", 4: "!"}
  assert tiny.do_lower_case
  assert tiny.basic_tokenizer.tokenize("AB!") == ["ab", "!"]
  assert tiny.wordpiece_tokenizer.tokenize("ab") == ["a", "##b"]


def test_one_word(tiny):
  assert tiny.word_pieces("AB!") == ("a", "##b", "!")
  assert tiny.word_ids("AB!") == (2, 3, 4)
  assert tiny.word_ids("") == ()


def test_conversions(tiny):
  assert tiny.convert_tokens_to_ids(["!", "a"]) == [4, 2]
  assert tiny.convert_ids_to_tokens([4, 2]) == ["!", "a"]


def test_unknown_token_is_named(tiny):
  with pytest.raises(KeyError) as error:
    tiny.convert_tokens_to_ids(["a", "[CLS]"])
  assert "the token '[CLS]' is not in the vocabulary of 5" in str(error.value)


def test_unknown_id_is_named(tiny):
  with pytest.raises(KeyError, match="the id 7 is not in the vocabulary of 5"):
    tiny.convert_ids_to_tokens([7])


def test_without_unk(tmp_path):
  path = tmp_path / "vocab.txt"
  path.write_text("a\n")
  tokenizer = full_tokenizer.FullTokenizer(path)
  assert tokenizer.tokenize("a b") == ["a", "[UNK]"]
  with pytest.raises(KeyError, match=r"'\[UNK\]' is not in the vocabulary"):
    tokenizer.encode("a b")


def test_repeated_pieces_have_the_later_id(tmp_path):
  path = tmp_path / "vocab.txt"
  path.write_text("[UNK]\na\nb\na\n")
  tokenizer = full_tokenizer.FullTokenizer(path)
  assert tokenizer.encode("a b") == [3, 2]
  assert tokenizer.inv_vocab == {0: "[UNK]", 3: "a", 2: "b"}


def test_caches_stay_small(tmp_path):
  path = tmp_path / "vocab.txt"
  path.write_text("[PAD]\n[UNK]\na\n##b\n!\n")
  tiny = full_tokenizer.FullTokenizer(path, max_cached_words=10)
  words = ["a" + "b" * index for index in range(30)]
  expected = [tiny.tokenize(word) for word in words]
  for _ in range(2):
    assert [tiny.tokenize(word) for word in words] == expected
    assert len(tiny._pieces) <= 10
  long_word = "a" * (word_cache.MAX_LENGTH + 1)
  assert tiny.encode(long_word) == [1]
  assert not tiny._ids


def test_results_may_be_changed(tiny):
  tiny.encode("ab").append(99)
  tiny.tokenize("ab").append("x")
  assert tiny.encode("ab") == [2, 3]
  assert tiny.tokenize("ab") == ["a", "##b"]


def test_pickle(tiny):
  tiny.encode("ab")
  copy = pickle.loads(pickle.dumps(tiny))
  assert copy.vocab == tiny.vocab
  assert copy.do_lower_case == tiny.do_lower_case
  assert not copy._ids
  assert copy.encode("ab") == [2, 3]


def test_no_tensorflow_is_loaded():
  program = (
    "import sys, bert_tf.text.full_tokenizer, bert_tf.text.vocabulary_learner;"
    "sys.exit('tensorflow' in sys.modules)"
  )
  subprocess.run([sys.executable, "-c", program], check=True)


@settings(max_examples=200, deadline=None)
@given(texts=st.lists(TEXTS, max_size=6))
def test_many_at_once(tokenizer, texts):
  ids, ends = tokenizer.encode_many(texts)
  found = [ids[a:b].tolist() for a, b in itertools.pairwise(ends)]
  assert found == [tokenizer.encode(text) for text in texts]


def test_goldens_at_once(tokenizer, testdata):
  kind = "uncased" if tokenizer.do_lower_case else "cased"
  with open(testdata / "tokenization.jsonl", encoding="utf-8") as reader:
    goldens = [json.loads(line) for line in reader]
  ids, ends = tokenizer.encode_many([golden["text"] for golden in goldens])
  for golden, begin, end in zip(goldens, ends, ends[1:], strict=False):
    found = tokenizer.convert_ids_to_tokens(ids[begin:end].tolist())
    assert found == golden[kind], repr(golden["text"])


def test_many_without_unk(tmp_path):
  path = tmp_path / "vocab.txt"
  path.write_text("a\n##b\n")
  tokenizer = full_tokenizer.FullTokenizer(path)
  assert tokenizer.encode_many(["a ab", "", "b" * 0])[0].tolist() == [0, 0, 1]
  with pytest.raises(KeyError, match=r"'\[UNK\]' is not in the vocabulary"):
    tokenizer.encode_many(["a", "b"])
  with pytest.raises(KeyError, match=r"'\[UNK\]' is not in the vocabulary"):
    tokenizer.encode_many(["\u00e9\u4e2d"])


@pytest.mark.parametrize("length", [199, 200, 201, 202, 500])
def test_long_words_at_once(tiny, length):
  texts = ["a" + "b" * (length - 1), "A!" + "b" * length, "\x01a" * length]
  ids, ends = tiny.encode_many(texts)
  found = [ids[a:b].tolist() for a, b in itertools.pairwise(ends)]
  assert found == [tiny.encode(text) for text in texts]
