"""What view_attention is told, devices apart."""

import dataclasses

_SHORTEST = 3  # [CLS], a token and [SEP]


@dataclasses.dataclass(frozen=True)
class AttentionSettings:
  """Which text is looked at, by which model, and where the page goes.

  Attributes:
    text: The text.
    vocab_file: The model's vocabulary.
    init_checkpoint: The model.
    output_file: The page.
    text_pair: A second text; None for one text.
    do_lower_case: True for uncased models; None takes what the files of the
      model say, else True.
    max_seq_length: The most tokens; None is what the model allows.

  Raises:
    ValueError: The text is empty or `max_seq_length` too small.
  """

  text: str
  vocab_file: str
  init_checkpoint: str
  output_file: str
  text_pair: str | None = None
  do_lower_case: bool | None = True
  max_seq_length: int | None = None

  def __post_init__(self) -> None:
    if not self.text.strip():
      raise ValueError("text is empty; expected at least one word")
    length = self.max_seq_length
    if length is not None and length < _SHORTEST:
      raise ValueError(f"max_seq_length={length} is below {_SHORTEST}")
