"""Pre-training instances: masked pairs of segments, for a whole corpus.

The numbers are those of the original's create_pretraining_data.py for the same
seed. Instances are kept in flat arrays of a few bytes a token, and shuffled as
indices.
"""

import math
from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from absl import logging

from bert_tf.data import compiled
from bert_tf.tasks.pretraining import corpus as corpus_lib
from bert_tf.tasks.pretraining import instance_kernel, random_state, settings
from bert_tf.text import vocab as vocab_lib

_SPECIAL_TOKENS = ("[UNK]", "[CLS]", "[SEP]", "[MASK]")

# The generator is called for this many documents at a time, and so is progress.
_DOCUMENTS_A_CALL = 4096


class Instances(NamedTuple):
  """All instances.

  Attributes:
    store: the instances in the order in which they were made.
    order: which comes first, second, ... int32 [N]
    max_seq_length: the width to which their tokens are padded.
    max_predictions_per_seq: the width to which their masks are padded.
  """

  store: instance_kernel.Store
  order: npt.NDArray[np.int32]
  max_seq_length: int
  max_predictions_per_seq: int

  @property
  def token_count(self) -> int:
    """Tokens of all instances, special tokens included, padding not."""
    return int(self.store.used[1])

  @property
  def padding_share(self) -> float:
    """Share of the positions of all instances that are padding."""
    return 1 - self.token_count / (len(self.order) * self.max_seq_length)

  def features(
    self, order: npt.NDArray[np.int32]
  ) -> dict[str, npt.NDArray[np.int64] | npt.NDArray[np.float32]]:
    """Returns some instances as they are recorded.

    Args:
      order: which, usually a slice of `self.order`. int32 [B]

    Returns:
      Padded with zeros, by the original's names: `input_ids`, `input_mask`,
      `segment_ids` int64 [B, max_seq_length]; `masked_lm_positions`,
      `masked_lm_ids` int64 and `masked_lm_weights` float32
      [B, max_predictions_per_seq]; `next_sentence_labels` int64 [B, 1], 1 if
      the second segment is from elsewhere.
    """
    size, width = len(order), self.max_seq_length
    masks = self.max_predictions_per_seq
    ids, mask, segments = np.zeros((3, size, width), np.int64)
    positions, labels = np.zeros((2, size, masks), np.int64)
    weights = np.zeros((size, masks), np.float32)
    _fill_tokens(self.store, order, ids, mask, segments)
    _fill_masks(self.store, order, positions, labels, weights)
    is_random_next = self.store.is_random_next[order].astype(np.int64)
    return {
      "input_ids": ids,
      "input_mask": mask,
      "segment_ids": segments,
      "masked_lm_positions": positions,
      "masked_lm_ids": labels,
      "masked_lm_weights": weights,
      "next_sentence_labels": is_random_next[:, None],  # [B, 1]
    }


def check_vocabulary(vocab: Mapping[str, int], path: str) -> None:
  """Checks that the vocabulary has the special tokens that are written.

  Raises:
    ValueError: naming the file and the tokens that are missing.
  """
  vocab_lib.require_tokens(vocab, _SPECIAL_TOKENS, path)


def make_rules(
  vocab: Mapping[str, int], config: settings.PretrainingDataConfig
) -> instance_kernel.Rules:
  """Returns the settings as the generator wants them.

  Args:
    vocab: the id of each piece, in the order of the file.
    config: settings.
  """
  most, share = config.max_predictions_per_seq, config.masked_lm_prob
  predictions = [
    min(most, max(1, round(size * share)))
    for size in range(config.max_seq_length + 1)
  ]
  continues = np.zeros(max(vocab.values()) + 1, np.bool_)
  for piece, index in vocab.items():
    continues[index] = piece.startswith("##")
  return instance_kernel.Rules(
    max_tokens=config.max_seq_length - 3,  # [CLS], [SEP], [SEP]
    short_seq_prob=float(config.short_seq_prob),
    whole_words=bool(config.do_whole_word_mask),
    predictions=np.array(predictions, np.int32),
    continues=continues,
    replacements=np.array(list(vocab.values()), np.int32),
    cls=vocab["[CLS]"],
    sep=vocab["[SEP]"],
    mask=vocab["[MASK]"],
  )


def generate(
  corpus: corpus_lib.Corpus,
  vocab: Mapping[str, int],
  config: settings.PretrainingDataConfig,
  progress: Callable[[int], object] = lambda documents: None,
) -> Instances:
  """Makes the instances of a corpus.

  Args:
    corpus: at least one document.
    vocab: the id of each piece, in the order of the file.
    config: settings.
    progress: told how many documents were done since it was told last; in the
      end `dupe_factor` times the documents of the corpus.
  """
  documents = corpus.document_count
  if documents == 1:
    logging.warning(
      "the corpus is one document, so random next sentences come from the same "
      "document; put an empty line between documents"
    )
  rules = make_rules(vocab, config)
  state = random_state.from_seed(config.random_seed)
  order = np.arange(documents, dtype=np.int32)
  random_state.shuffle(state, order, documents)
  width = config.max_seq_length + 1
  scratch = instance_kernel.Scratch(*np.zeros((3, width), np.int32))
  store = _new_store(corpus, config)
  for _ in range(config.dupe_factor):
    first = 0
    while first < documents:
      last = min(first + _DOCUMENTS_A_CALL, documents)
      done = instance_kernel.add_documents(
        corpus, order, first, last, rules, store, scratch, state
      )
      if done < last:
        _grow(store)
      progress(done - first)
      first = done
  instance_order = np.arange(store.used[0], dtype=np.int32)
  random_state.shuffle(state, instance_order, len(instance_order))
  return Instances(
    store,
    instance_order,
    config.max_seq_length,
    config.max_predictions_per_seq,
  )


def _new_store(
  corpus: corpus_lib.Corpus, config: settings.PretrainingDataConfig
) -> instance_kernel.Store:
  """Returns an empty store with about the room that one copy needs."""
  length = config.max_seq_length
  count = len(corpus.tokens) // length + corpus.document_count + 1
  masks = math.ceil(count * (length * config.masked_lm_prob + 1))
  return instance_kernel.Store(
    tokens=np.zeros(count * length, np.int32),
    token_ends=np.zeros(count, np.int64),
    segment_b=np.zeros(count, np.int32),
    is_random_next=np.zeros(count, np.int32),
    positions=np.zeros(masks, np.int32),
    labels=np.zeros(masks, np.int32),
    mask_ends=np.zeros(count, np.int64),
    used=np.zeros(3, np.int64),
  )


def _grow(store: instance_kernel.Store) -> None:
  """Makes an eighth more room, in place."""
  for array in store[:-1]:
    # Little at a time: the new room is filled with zeros, so takes memory at
    # once, while a large array is not copied, but its pages mapped elsewhere.
    array.resize(len(array) * 9 // 8 + 1024, refcheck=False)


@compiled.compiled
def _fill_tokens(
  store: instance_kernel.Store,
  order: npt.NDArray[np.int32],
  ids: npt.NDArray[np.int64],
  mask: npt.NDArray[np.int64],
  segments: npt.NDArray[np.int64],
) -> None:
  """Copies the tokens of some instances into rows of zeros."""
  for row, number in enumerate(order):
    begin = store.token_ends[number - 1] if number else 0
    size = store.token_ends[number] - begin
    ids[row, :size] = store.tokens[begin : begin + size]
    mask[row, :size] = 1
    segments[row, store.segment_b[number] : size] = 1


@compiled.compiled
def _fill_masks(
  store: instance_kernel.Store,
  order: npt.NDArray[np.int32],
  positions: npt.NDArray[np.int64],
  labels: npt.NDArray[np.int64],
  weights: npt.NDArray[np.float32],
) -> None:
  """Copies the masks of some instances into rows of zeros."""
  for row, number in enumerate(order):
    begin = store.mask_ends[number - 1] if number else 0
    size = store.mask_ends[number] - begin
    positions[row, :size] = store.positions[begin : begin + size]
    labels[row, :size] = store.labels[begin : begin + size]
    weights[row, :size] = 1.0
