"""The compiled inner loop: documents to masked pairs of segments.

All randomness is drawn from a `random_state.State` in the order of the
original's create_pretraining_data.py, so that each choice comes out the same.
Segments are ranges of the corpus' flat token array: nothing is copied until an
instance is stored.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from bert_tf.native import byte_buffer, jit, random_state, token_corpus

Int32s = npt.NDArray[np.int32]
Int64s = npt.NDArray[np.int64]


class Rules(NamedTuple):
  """Settings and facts about the vocabulary.

  Attributes:
    max_tokens: tokens of both segments, special tokens apart.
    short_seq_prob: share of the documents with a random, shorter target.
    whole_words: mask all pieces of a word or none.
    predictions: how many tokens to predict at each instance length.
      int32 [max_seq_length + 1]
    continues: which ids go on with a word ("##..."). bool [largest id + 1]
    replacements: ids in the order of the vocabulary. int32 [V]
    cls: the id of [CLS].
    sep: the id of [SEP].
    mask: the id of [MASK].
  """

  max_tokens: int
  short_seq_prob: float
  whole_words: bool
  predictions: Int32s
  continues: npt.NDArray[np.bool_]
  replacements: Int32s
  cls: int
  sep: int
  mask: int


class Store(NamedTuple):
  """Instances, one after the other, with room for more.

  Attributes:
    tokens: ids with masks in place, [CLS] and both [SEP] included. int32
    token_ends: where each instance's tokens end. int64
    segment_b: where in the instance the second segment starts. int32
    is_random_next: whether the second segment is from elsewhere. int32
    positions: masked positions in the instance, in order. int32
    labels: the ids that were there. int32
    mask_ends: where each instance's positions and labels end. int64
    used: instances, tokens, masks stored so far. int64 [3]
  """

  tokens: Int32s
  token_ends: Int64s
  segment_b: Int32s
  is_random_next: Int32s
  positions: Int32s
  labels: Int32s
  mask_ends: Int64s
  used: Int64s


class Scratch(NamedTuple):
  """Room for the masking of one instance, each int32 [max_seq_length + 1].

  Attributes:
    order: words, in the order in which they are tried.
    starts: where each word starts, counted without special tokens.
    masked: what replaces the token at each position, or -1. Between instances
      all are -1.
  """

  order: Int32s
  starts: Int32s
  masked: Int32s


@jit.compiled
def add_instances(
  corpus: token_corpus.Corpus,
  order: Int32s,
  cursor: Int64s,
  rules: Rules,
  store: Store,
  scratch: Scratch,
  state: random_state.State,
) -> None:
  """Stores instances until the store is full or all documents are done.

  Args:
    corpus: the text.
    order: the documents, as they come.
    cursor: where to go on, and afterwards where it went: the place in `order`;
      the sentence, or -1 for a document not begun; its target. int64 [3]
    rules: settings.
    store: gets the instances.
    scratch: room.
    state: the source of all randomness.
  """
  while cursor[0] < len(order):
    document = order[cursor[0]]
    if cursor[1] < 0:
      target = rules.max_tokens
      if random_state.uniform(state) < rules.short_seq_prob:
        target = 2 + random_state.below(state, rules.max_tokens - 1)
      cursor[1], cursor[2] = corpus.documents[document], target
    while cursor[1] < corpus.documents[document + 1]:
      if not _has_room(rules, store):
        return
      cursor[1] = _add_chunk(corpus, order, cursor, rules, store, state)
      _mask_last(rules, store, scratch, state)
    cursor[0] += 1
    cursor[1] = -1


@jit.inlined
def _has_room(rules: Rules, store: Store) -> bool:
  """Whether the store has room for the longest instance."""
  number, tokens, masks = store.used
  return bool(
    number < len(store.token_ends)
    and tokens + rules.max_tokens + 3 <= len(store.tokens)
    and masks + rules.predictions[-1] <= len(store.positions)
  )


@jit.inlined
def _add_chunk(
  corpus: token_corpus.Corpus,
  order: Int32s,
  cursor: Int64s,
  rules: Rules,
  store: Store,
  state: random_state.State,
) -> int:
  """Stores the instance that starts at the cursor; returns the next sentence.

  A chunk is a run of sentences that reaches the target or ends the document.
  """
  sentences = corpus.sentences
  place, chunk, target = cursor
  document_end = corpus.documents[order[place] + 1]
  chunk_end = chunk + 1
  while (
    chunk_end < document_end
    and sentences[chunk_end] - sentences[chunk] < target
  ):
    chunk_end += 1
  split = chunk + 1
  if chunk_end - chunk > 1:
    split = chunk + 1 + random_state.below(state, chunk_end - chunk - 1)
  is_random = chunk_end - chunk == 1 or random_state.uniform(state) < 0.5
  if is_random:
    wanted = target - (sentences[split] - sentences[chunk])
    b_start, b_end = _random_segment(corpus, order, place, wanted, state)
    chunk_end = split  # The sentences not used come again.
  else:
    b_start, b_end = sentences[split], sentences[chunk_end]
  pair = _truncate_pair(
    sentences[chunk], sentences[split], b_start, b_end, rules.max_tokens, state
  )
  _add_pair(corpus.tokens, pair, is_random, rules, store)
  return int(chunk_end)


@jit.inlined
def _random_segment(
  corpus: token_corpus.Corpus,
  order: Int32s,
  place: int,
  wanted: int,
  state: random_state.State,
) -> tuple[int, int]:
  """Returns the token range of at least `wanted` tokens from elsewhere.

  It is shorter where a document ends, and of the same document where ten draws
  find no other.
  """
  other = place
  for _ in range(10):
    other = random_state.below(state, len(order))
    if other != place:
      break
  first = corpus.documents[order[other]]
  document_end = corpus.documents[order[other] + 1]
  first += random_state.below(state, document_end - first)
  start = corpus.sentences[first]
  last = first + 1
  while last < document_end and corpus.sentences[last] - start < wanted:
    last += 1
  return start, corpus.sentences[last]


@jit.inlined
def _truncate_pair(
  a_start: int,
  a_end: int,
  b_start: int,
  b_end: int,
  limit: int,
  state: random_state.State,
) -> tuple[int, int, int, int]:
  """Cuts tokens off the longer range, at random ends, until both fit."""
  while a_end - a_start + b_end - b_start > limit:
    # Sums instead of branches, half of which would be guessed wrongly.
    at_front = random_state.uniform(state) < 0.5
    of_a = a_end - a_start > b_end - b_start
    a_start += of_a & at_front
    a_end -= of_a & (not at_front)
    b_start += (not of_a) & at_front
    b_end -= (not of_a) & (not at_front)
  return a_start, a_end, b_start, b_end


@jit.inlined
def _add_pair(
  tokens: Int32s,
  pair: tuple[int, int, int, int],
  is_random: bool,
  rules: Rules,
  store: Store,
) -> None:
  """Stores [CLS] a [SEP] b [SEP]."""
  a_start, a_end, b_start, b_end = pair
  a_size, b_size = a_end - a_start, b_end - b_start
  number, at, _ = store.used
  store.tokens[at] = rules.cls
  at = byte_buffer.copy(tokens, a_start, a_size, store.tokens, at + 1)
  store.tokens[at] = rules.sep
  at = byte_buffer.copy(tokens, b_start, b_size, store.tokens, at + 1)
  store.tokens[at] = rules.sep
  store.token_ends[number] = at + 1
  store.segment_b[number] = a_size + 2
  store.is_random_next[number] = is_random
  store.used[0] = number + 1
  store.used[1] = at + 1


@jit.inlined
def _mask_last(
  rules: Rules,
  store: Store,
  scratch: Scratch,
  state: random_state.State,
) -> None:
  """Masks tokens of the instance stored last, and stores what they were."""
  number = store.used[0] - 1
  begin = store.token_ends[number - 1] if number else 0
  size = store.used[1] - begin
  second = store.segment_b[number]
  words = _find_words(store.tokens, begin, size, second, rules, scratch)
  random_state.shuffle(state, scratch.order, words)
  left = rules.predictions[size]
  for i in range(words):
    if not left:
      break
    word = scratch.order[i]
    start, end = scratch.starts[word], scratch.starts[word + 1]
    if end - start > left:
      continue  # A shorter word may still fit.
    left -= end - start
    for j in range(start, end):
      position = _position(j, second)
      scratch.masked[position] = _replacement(
        store.tokens[begin + position], rules.mask, rules.replacements, state
      )
  count = _apply(store, begin, size, scratch.masked)
  store.mask_ends[number] = count
  store.used[2] = count


@jit.inlined
def _apply(store: Store, begin: int, size: int, masked: Int32s) -> int:
  """Puts masks in place, and stores where and what was there.

  Returns:
    Where the store's masks end.
  """
  count = store.used[2]
  for position in range(size):
    at, new = begin + position, masked[position]
    # Stored for all, and kept for those masked: a branch would often be guessed
    # wrongly.
    store.positions[count] = position
    store.labels[count] = store.tokens[at]
    count += new >= 0
    store.tokens[at] = new if new >= 0 else store.tokens[at]
    masked[position] = -1
  return int(count)


@jit.inlined
def _position(index: int, second: int) -> int:
  """Returns where in an instance its text token number `index` is."""
  return index + 1 if index < second - 2 else index + 2


@jit.inlined
def _find_words(
  tokens: Int32s,
  begin: int,
  size: int,
  second: int,
  rules: Rules,
  scratch: Scratch,
) -> int:
  """Fills `scratch.order` and `scratch.starts`; returns how many words.

  Each token is a word unless whole words are asked for. As in the original, a
  piece that goes on with a word belongs to whatever precedes it, be it on the
  other side of [SEP].
  """
  if not rules.whole_words:
    for i in range(size - 2):
      scratch.order[i] = scratch.starts[i] = i
    return size - 3
  words = 0
  for i in range(size - 3):
    if not (words and rules.continues[tokens[begin + _position(i, second)]]):
      scratch.order[words] = words
      scratch.starts[words] = i
      words += 1
  scratch.starts[words] = size - 3
  return words


@jit.inlined
def _replacement(
  token: int, mask: int, replacements: Int32s, state: random_state.State
) -> int:
  """Returns what stands in for a token: [MASK], itself or any token."""
  if random_state.uniform(state) < 0.8:
    return mask
  if random_state.uniform(state) < 0.5:
    return token
  return replacements[random_state.below(state, len(replacements))]
