"""What fill_mask is told, devices apart."""

import dataclasses

MODES = ("fill", "perplexity", "next_sentence")
FORMATS = ("plain", "json")


@dataclasses.dataclass(frozen=True)
class FillMaskSettings:
  """What is asked, of which model, and where answers go.

  Attributes:
    vocab_file: Of the model.
    init_checkpoint: A checkpoint of a pre-training.
    mode: One of `MODES`.
    input_file: One text or pair ("a ||| b") a line; None is standard input.
    output_file: Where answers go; None is standard output.
    output_format: One of `FORMATS`.
    top_k: Guesses for a [MASK].
    do_lower_case: True for uncased models; None takes what the
      files of the model say, else True.
    max_seq_length: The most tokens; None is what the model allows.
    batch_size: Sequences computed at once.
  """

  vocab_file: str
  init_checkpoint: str
  mode: str = "fill"
  input_file: str | None = None
  output_file: str | None = None
  output_format: str = "plain"
  top_k: int = 5
  do_lower_case: bool | None = True
  max_seq_length: int | None = None
  batch_size: int = 32

  def __post_init__(self) -> None:
    for name, value, known in (
      ("mode", self.mode, MODES),
      ("output_format", self.output_format, FORMATS),
    ):
      if value not in known:
        raise ValueError(
          f"{name}={value!r} is not known; it is one of {', '.join(known)}"
        )
    for name, number, least in (
      ("top_k", self.top_k, 1),
      ("batch_size", self.batch_size, 1),
      ("max_seq_length", self.max_seq_length, 3),
    ):
      if number is not None and number < least:
        raise ValueError(f"{name}={number} is below {least}")
