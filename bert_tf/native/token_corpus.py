"""The token ids of a corpus, as compiled code takes them."""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt


class Corpus(NamedTuple):
  """All documents, in the order of the files.

  Attributes:
    tokens: ids of all sentences, one after the other. uint16 [T], or int32
      where there are more of them
    sentences: where each sentence starts in `tokens`, and at the end T.
      int64 [S + 1]
    documents: where each document starts in `sentences`, and at the end S.
      int64 [D + 1]
  """

  tokens: npt.NDArray[Any]
  sentences: npt.NDArray[np.int64]
  documents: npt.NDArray[np.int64]

  @property
  def document_count(self) -> int:
    """D."""
    return len(self.documents) - 1

  @property
  def sentence_count(self) -> int:
    """S."""
    return len(self.sentences) - 1
