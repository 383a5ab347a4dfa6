"""The tokenizer without a compiler, for processes that start quickly."""

import itertools
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from bert_tf.text import full_tokenizer


class PythonTokenizer(full_tokenizer.FullTokenizer):
  """`FullTokenizer` in Python alone.

  Compiled code is faster for many texts, but takes seconds to load.
  """

  def encode_many(
    self, texts: Sequence[str]
  ) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int64]]:
    """See `FullTokenizer.encode_many`."""
    ids = [self.encode(text) for text in texts]
    ends = np.cumsum([0, *map(len, ids)], dtype=np.int64)
    return np.array(list(itertools.chain.from_iterable(ids)), np.int32), ends
