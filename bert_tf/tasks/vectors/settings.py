"""What extract_features is told, devices apart."""

import dataclasses
from collections.abc import Sequence

from bert_tf.layers import pooling_names

MIN_LENGTH = 3
OUTPUT_FORMATS = ("json", "npz", "tfrecord")


def check_pooling(pooling: str, word_vectors: bool) -> None:
  """Checks that there is such a pooling, and that words are not pooled.

  Raises:
    ValueError: There is none, or they are.
  """
  if pooling not in pooling_names.POOLINGS:
    raise ValueError(
      f"pooling={pooling!r} is not known; it is one of "
      f"{', '.join(pooling_names.POOLINGS)}"
    )
  if word_vectors and pooling != "none":
    raise ValueError(
      f"word_vectors and pooling={pooling} exclude each other: a line has "
      "vectors of its words or one of its own"
    )


def check_layers(layers: Sequence[int], count: int | None = None) -> None:
  """Checks that a model has these layers.

  Args:
    layers: Their indices.
    count: Layers of the model; None if that is not known yet.

  Raises:
    ValueError: It lacks one, or none is named.
  """
  if not layers:
    raise ValueError("layers is empty; give indices such as -1,-2")
  if count is None:
    return
  wrong = [index for index in layers if not -count <= index < count]
  if wrong:
    raise ValueError(
      f"layers: the model has no layer {wrong[0]}; with {count} layers they "
      f"are numbered 0 to {count - 1}, or -1 to {-count} from the last"
    )


@dataclasses.dataclass(frozen=True)
class FeatureSettings:
  """Which vectors of which lines, and where they go.

  Attributes:
    input_file: One text or pair ("a ||| b") a line.
    output_file: Where the features go.
    vocab_file: Of the model.
    init_checkpoint: The model.
    layers: Which encoder layers' outputs, -1 the last, 0 the first.
    max_seq_length: Longer sequences are cut.
    do_lower_case: True for uncased models; None takes what the
      files of the model say, else True.
    batch_size: Lines of a batch.
    use_one_hot_embeddings: As of `BertModel`.
    output_format: One of `OUTPUT_FORMATS`.
    pooling: One of `pooling_names.POOLINGS`.
    word_vectors: Whether pieces are averaged to words.
    projector_dir: Where files for TensorBoard's projector go, of pooled lines;
      None writes none.
  """

  input_file: str
  output_file: str
  vocab_file: str
  init_checkpoint: str
  layers: tuple[int, ...] = (-1, -2, -3, -4)
  max_seq_length: int = 128
  do_lower_case: bool | None = True
  batch_size: int = 32
  use_one_hot_embeddings: bool = False
  output_format: str = "json"
  pooling: str = "none"
  word_vectors: bool = False
  projector_dir: str | None = None

  def __post_init__(self) -> None:
    if self.output_format not in OUTPUT_FORMATS:
      raise ValueError(
        f"output_format={self.output_format!r} is not known; it is one of "
        f"{', '.join(OUTPUT_FORMATS)}"
      )
    check_pooling(self.pooling, self.word_vectors)
    if self.projector_dir and self.pooling == "none":
      raise ValueError(
        f"projector_dir={self.projector_dir} needs one vector of each line; "
        "choose a pooling, such as mean"
      )
    if self.batch_size < 1:
      raise ValueError(f"batch_size={self.batch_size} is below 1")
    if self.max_seq_length < MIN_LENGTH:
      raise ValueError(
        f"max_seq_length={self.max_seq_length} is below {MIN_LENGTH}, which "
        "[CLS] and two [SEP] take"
      )
    check_layers(self.layers)


def parse_layers(text: str) -> tuple[int, ...]:
  """The flag `layers`, "-1,-2", as numbers.

  Raises:
    ValueError: It is anything else.
  """
  try:
    return tuple(int(part) for part in text.split(","))
  except ValueError:
    raise ValueError(
      f"layers={text!r} is not a list of numbers such as -1,-2,-3,-4"
    ) from None
