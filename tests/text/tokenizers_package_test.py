"""Rules that the original has not, against Hugging Face's `tokenizers`.

The package knows the signs and marks of an older Unicode than Python, and the
capital letters of a newer one. `unlike` finds the characters on which that
tells. They are left out of the strings that are compared, and
`test_every_character` holds what they are.
"""

import functools
import itertools
import unicodedata

import pytest
import tokenizers
from tokenizers import models, normalizers, pre_tokenizers

import bert_tf
from bert_tf.text import basic_tokenizer, vocabulary_file, word_spans
from tests.text import in_graph_samples

SCALARS = [*range(0xD800), *range(0xE000, 0x110000)]
RULES = {
  "accents kept": bert_tf.TokenizerRules(strip_accents=False),
  "accents, ideographs kept": bert_tf.TokenizerRules(
    strip_accents=False, split_cjk=False
  ),
  "ideographs kept": bert_tf.TokenizerRules(split_cjk=False),
  "cased, accents stripped": bert_tf.TokenizerRules(False, strip_accents=True),
  "cased, ideographs kept": bert_tf.TokenizerRules(False, split_cjk=False),
}
# How many characters differ with Unicode 14, that of Python 3.11: these are the
# numbers of docs/tokenizer.md.
COUNTS = dict(zip(RULES, (174, 174, 563, 508, 119), strict=True))
UNICODE_OF_COUNTS = "14.0.0"

# Punctuation, and what is dropped: where they are newer than Unicode 8 they are
# letters to the package.
NEWER = {"Pc", "Pd", "Ps", "Pe", "Pi", "Pf", "Po", "Cf", "Mn"}
# Punctuation once, a mark and a symbol today.
CHANGED_SIGNS = {0x111C9, 0x166D}
# A nonspacing mark once, a spacing one today; and one that is decomposed today.
CHANGED_MARKS = {0x1734, 0x11938}
MARKS = "a\u302e{}\U0001d165b"  # Two that are not dropped; they change places.


@pytest.fixture(scope="module", params=RULES)
def rules(request):
  return RULES[request.param]


def normalizer(rules):
  return normalizers.BertNormalizer(
    clean_text=True,
    handle_chinese_chars=rules.split_cjk,
    strip_accents=rules.strip_accents,
    lowercase=rules.lower_case,
  )


def words_of(normalize, text):
  split = pre_tokenizers.BertPreTokenizer().pre_tokenize_str
  return [word for word, _ in split(normalize.normalize_str(text))]


def batches(codes, size):
  return (codes[i : i + size] for i in range(0, len(codes), size))


def unlike(rules, codes):
  """Characters of which the package makes others, with what it makes of them.

  Within a word; and of combining marks between two others, whose order they let
  change.
  """
  ours = basic_tokenizer.BasicTokenizer(rules=rules).tokenize
  theirs = functools.partial(words_of, normalizer(rules))
  found = {}
  for probe in ("a{}b", MARKS):
    for some in batches(codes, 512):
      texts = [probe.format(chr(code)) for code in some]
      if ours(" ".join(texts)) != theirs(" ".join(texts)):
        for code, text in zip(some, texts, strict=True):
          if ours(text) != theirs(text):
            found.setdefault(code, theirs(text))
    codes = filter(unicodedata.combining, map(chr, codes))
    codes = list(map(ord, codes)) if rules.strip_accents else []
  return found


@pytest.mark.slow
@pytest.mark.parametrize("name", RULES)
def test_every_character(name):
  """What differs is what Unicode has added or changed since the package's."""
  rules = RULES[name]
  found = unlike(rules, SCALARS)
  for code, theirs in found.items():
    char, category = chr(code), unicodedata.category(chr(code))
    if code in CHANGED_SIGNS:
      assert theirs == ["a", char, "b"]
    elif code in CHANGED_MARKS:
      assert theirs in (["ab"], [f"a{char}b"])
    elif category == "Mc":  # Newer: to it no mark, which marks move across.
      assert theirs == [MARKS.format(char)]
    elif category == "Cn":  # A capital letter, of a Unicode to come.
      assert rules.lower_case and theirs != [f"a{char}b"]
    else:
      assert category in NEWER
      assert theirs == [f"a{char}b"]
  if unicodedata.unidata_version == UNICODE_OF_COUNTS:
    assert len(found) == COUNTS[name]


def hard_strings(rules, count, seed):
  """Made-up strings, without the characters of a newer Unicode."""
  texts = in_graph_samples.strings(count, seed)
  found = unlike(rules, sorted(set(map(ord, "".join(texts)))))
  texts = [text.translate(dict.fromkeys(found)) for text in texts]
  return [*texts, "ΑΣ ΣΑΣ. Σ", "İŉẞ", "É\u0301e\u0316\u0301", "\uf8ffa\ue000"]


@pytest.fixture(scope="module")
def package(rules, uncased_vocab_file):
  """Theirs, without special tokens."""
  vocabulary = vocabulary_file.load_vocab(uncased_vocab_file)
  made = tokenizers.Tokenizer(
    models.WordPiece(
      vocabulary, unk_token="[UNK]", max_input_chars_per_word=200
    )
  )
  made.normalizer = normalizer(rules)
  made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
  return made


def test_ids_of_hard_strings(rules, package, uncased_vocab_file):
  """2,000 each: in Python, compiled, and in a graph."""
  texts = hard_strings(rules, 2_000, seed=13)
  wanted = [package.encode(text).ids for text in texts]
  full = bert_tf.FullTokenizer(uncased_vocab_file, rules=rules)
  assert [full.encode(text) for text in texts] == wanted
  assert [
    full.convert_tokens_to_ids(full.tokenize(text)) for text in texts
  ] == wanted
  ids, ends = full.encode_many(texts)
  found = [ids[a:b].tolist() for a, b in itertools.pairwise(ends)]
  assert found == wanted
  in_graph = bert_tf.InGraphTokenizer(uncased_vocab_file, rules=rules)
  assert in_graph(texts).to_list() == wanted


def test_words_of_hard_strings(rules, uncased_vocab_file):
  """Words tell more: many odd ones are nothing but [UNK] to a vocabulary."""
  texts = hard_strings(rules, 2_000, seed=14)
  wanted = [words_of(normalizer(rules), text) for text in texts]
  full = bert_tf.FullTokenizer(uncased_vocab_file, rules=rules)
  assert list(map(full.basic_tokenizer.tokenize, texts)) == wanted
  in_graph = bert_tf.InGraphTokenizer(uncased_vocab_file, rules=rules)
  found = in_graph.split(texts).to_list()
  assert [[word.decode() for word in row] for row in found] == wanted
  for text, row in zip(texts, wanted, strict=True):
    spans = word_spans.find(text, full.basic_tokenizer)
    assert [span.word for span in spans] == row


@pytest.mark.slow
def test_graph_on_every_character(rules, uncased_vocab_file):
  """The look-ups of the graph, which hold all characters, against Python."""
  full = bert_tf.FullTokenizer(uncased_vocab_file, rules=rules)
  in_graph = bert_tf.InGraphTokenizer(uncased_vocab_file, rules=rules)
  texts = [f"a{chr(code)}b" for code in SCALARS]
  words = in_graph.split(texts).values.numpy().tolist()
  wanted = full.basic_tokenizer.tokenize(" ".join(texts))
  assert [word.decode() for word in words] == wanted


@pytest.mark.parametrize("longest", [1, 3, 100, 300])
def test_longest_word(longest, uncased_vocab_file):
  made = tokenizers.Tokenizer(
    models.WordPiece(
      vocabulary_file.load_vocab(uncased_vocab_file),
      unk_token="[UNK]",
      max_input_chars_per_word=longest,
    )
  )
  made.normalizer = normalizers.BertNormalizer()
  made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
  rules = bert_tf.TokenizerRules(max_input_chars_per_word=longest)
  full = bert_tf.FullTokenizer(uncased_vocab_file, rules=rules)
  in_graph = bert_tf.InGraphTokenizer(uncased_vocab_file, rules=rules)
  for letter in "aяé":
    texts = [
      f"x {letter * (longest + more)} y" for more in (-1, 0, 1) if longest
    ]
    wanted = [made.encode(text).ids for text in texts]
    assert [full.encode(text) for text in texts] == wanted
    ids, ends = full.encode_many(texts)
    found = [ids[a:b].tolist() for a, b in itertools.pairwise(ends)]
    assert found == wanted
    assert in_graph(texts).to_list() == wanted
