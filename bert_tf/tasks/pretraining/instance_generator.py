"""Pre-training instances: masked pairs of segments, for a whole corpus.

The numbers are those of the original's create_pretraining_data.py for the same
seed. They come in batches, so that memory does not grow with their number.
"""

from collections.abc import Iterator, Mapping

import numpy as np
import numpy.typing as npt
from absl import logging

from bert_tf.native import instance_kernel, random_state, token_corpus
from bert_tf.records import spill_files
from bert_tf.tasks.pretraining import masking_rules, settings
from bert_tf.text import vocabulary_file

_SPECIAL_TOKENS = ("[UNK]", "[CLS]", "[SEP]", "[MASK]")


def check_vocabulary(vocab: Mapping[str, int], path: str) -> None:
  """Checks that the vocabulary has the special tokens that are written.

  Raises:
    ValueError: naming the file and the tokens that are missing.
  """
  vocabulary_file.require_tokens(vocab, _SPECIAL_TOKENS, path)


def make_rules(
  vocab: Mapping[str, int], config: settings.PretrainingDataConfig
) -> instance_kernel.Rules:
  """Returns the settings as the generator wants them.

  Args:
    vocab: the id of each piece, in the order of the file.
    config: settings.
  """
  masking = masking_rules.make(
    vocab,
    bool(config.do_whole_word_mask),
    config.masked_lm_prob,
    config.max_predictions_per_seq,
    config.max_seq_length,
  )
  return instance_kernel.Rules(
    max_tokens=config.max_seq_length - 3,  # [CLS], [SEP], [SEP]
    short_seq_prob=float(config.short_seq_prob),
    **masking._asdict(),
  )


class Generator:
  """Makes the instances of a corpus.

  Attributes:
    made: how many there are so far.
    token_count: their tokens, special tokens included, padding not.
  """

  def __init__(
    self,
    corpus: token_corpus.Corpus,
    vocab: Mapping[str, int],
    config: settings.PretrainingDataConfig,
    batch_size: int = 512,
  ):
    """Draws the order of the documents.

    Args:
      corpus: at least one document.
      vocab: the id of each piece, in the order of the file.
      config: settings.
      batch_size: instances made at once; so many stay in the processor's cache.
    """
    documents = corpus.document_count
    if documents == 1:
      logging.warning(
        "the corpus is one document, so random next sentences come from the "
        "same document; put an empty line between documents"
      )
    self.made = 0
    self.token_count = 0
    self._corpus = corpus
    self._copies = config.dupe_factor
    self._rules = make_rules(vocab, config)
    self._state = random_state.from_seed(config.random_seed)
    self._order = np.arange(documents, dtype=np.int32)
    random_state.shuffle(self._state, self._order, documents)
    self._store = _new_store(self._rules, batch_size)
    width = config.max_seq_length + 1
    self._scratch = instance_kernel.Scratch(*np.full((3, width), -1, np.int32))

  def batches(self) -> Iterator[tuple[instance_kernel.Store, int]]:
    """Makes all instances, in order.

    Yields:
      Some instances, in a store that the next ones will overwrite, and how
      many documents were completed with them.
    """
    documents = len(self._order)
    resident = spill_files.Resident(*self._corpus)
    for _ in range(self._copies):
      cursor = np.array([0, -1, 0], np.int64)
      while (before := int(cursor[0])) < documents:
        self._store.used[:] = 0
        instance_kernel.add_instances(
          self._corpus,
          self._order,
          cursor,
          self._rules,
          self._store,
          self._scratch,
          self._state,
        )
        self.made += int(self._store.used[0])
        self.token_count += int(self._store.used[1])
        resident.trim()
        yield self._store, int(cursor[0]) - before
    spill_files.forget(*self._corpus)

  def order(self, folder: str | None) -> npt.NDArray[np.int32]:
    """Returns which instance comes first, second, ... int32 [made].

    To be called once, after all instances were made.

    Args:
      folder: where to keep it if it is large.
    """
    order: npt.NDArray[np.int32] = spill_files.empty(
      self.made, np.int32, folder
    )
    random_state.shuffled(self._state, order)
    return order


def _new_store(
  rules: instance_kernel.Rules, count: int
) -> instance_kernel.Store:
  """Returns an empty store for so many instances."""
  tokens = count * (rules.max_tokens + 3)
  masks = count * int(rules.predictions[-1]) + 1  # One more is looked at.
  return instance_kernel.Store(
    tokens=np.zeros(tokens, np.int32),
    token_ends=np.zeros(count, np.int64),
    segment_b=np.zeros(count, np.int32),
    is_random_next=np.zeros(count, np.int32),
    positions=np.zeros(masks, np.int32),
    labels=np.zeros(masks, np.int32),
    mask_ends=np.zeros(count, np.int64),
    used=np.zeros(3, np.int64),
  )
