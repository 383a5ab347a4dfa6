"""Words to word pieces: greedy, longest match first."""

from collections.abc import Collection

from bert_tf.text import basic_tokenizer

CONTINUATION = "##"
UNKNOWN = "[UNK]"


class WordpieceTokenizer:
  """Cuts words into the longest pieces that the vocabulary has.

  Attributes:
    vocab: the pieces; those that continue a word start with "##".
    unk_token: stands for a word that cannot be cut, or is too long.
    max_input_chars_per_word: longer words are not looked at.
  """

  def __init__(
    self,
    vocab: Collection[str],
    unk_token: str = UNKNOWN,
    max_input_chars_per_word: int = 200,
  ):
    self.vocab = vocab
    self.unk_token = unk_token
    self.max_input_chars_per_word = max_input_chars_per_word
    # No match is longer than the longest piece, so none is looked for.
    self._longest = max(map(len, vocab), default=0)

  def tokenize(self, text: str | bytes) -> list[str]:
    """Returns the pieces of each word in `text`.

    Args:
      text: words with white space between them, as `BasicTokenizer` left
        them. "unaffable" gives ["un", "##aff", "##able"].
    """
    pieces: list[str] = []
    for word in basic_tokenizer.whitespace_tokenize(
      basic_tokenizer.to_unicode(text)
    ):
      pieces.extend(self.word_pieces(word))
    return pieces

  def word_pieces(self, word: str) -> list[str]:
    """Returns the pieces of one word, or `[unk_token]`."""
    if len(word) > self.max_input_chars_per_word:
      return [self.unk_token]
    if word in self.vocab:  # The longest match there is, found at once.
      return [word]
    pieces = []
    start = 0
    while start < len(word):
      piece, start = self._longest_piece(word, start)
      if not piece:
        return [self.unk_token]
      pieces.append(piece)
    return pieces

  def _longest_piece(self, word: str, start: int) -> tuple[str, int]:
    """Returns the longest piece at `start` and its end; "" if there is none."""
    prefix = CONTINUATION if start else ""
    for end in range(min(len(word), start + self._longest), start, -1):
      piece = prefix + word[start:end]
      if piece in self.vocab:
        return piece, end
    return "", start
