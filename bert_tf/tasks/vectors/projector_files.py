"""Vectors for TensorBoard's projector: a table a layer, and the texts."""

import contextlib
import os
from collections.abc import Iterator, Sequence

from bert_tf.system import output_files
from bert_tf.tasks.vectors import line_vectors, vector_writers

_CONFIG = "projector_config.pbtxt"
_TEXTS = "texts.tsv"


@contextlib.contextmanager
def writing(
  folder: str, layers: Sequence[int], texts: Sequence[str]
) -> Iterator[vector_writers.Write]:
  """Writes the files of the projector into a folder.

  Args:
    folder: What `tensorboard --logdir` is given.
    layers: The layers' indices as given.
    texts: All texts, in order.

  Yields:
    What takes the vectors of each text, one a layer.
  """
  names = [f"layer_{index}.tsv" for index in layers]
  with contextlib.ExitStack() as stack:
    tables = [
      stack.enter_context(output_files.writing(os.path.join(folder, name)))
      for name in names
    ]

    def write(vectors: line_vectors.LineVectors) -> None:
      for table, row in zip(tables, vectors.values, strict=True):
        table.write("\t".join(f"{x:.6g}" for x in row).encode() + b"\n")

    yield write
  # A text is one cell of one column, which has no header.
  lines = "".join(" ".join(text.split()) + "\n" for text in texts)
  output_files.write_atomically(os.path.join(folder, _TEXTS), lines.encode())
  config = "".join(
    f'embeddings {{\n  tensor_name: "{name.removesuffix(".tsv")}"\n'
    f'  tensor_path: "{name}"\n  metadata_path: "{_TEXTS}"\n}}\n'
    for name in names
  )
  output_files.write_atomically(os.path.join(folder, _CONFIG), config.encode())
