"""Flags that name a place which TensorFlow has no file system for."""

import re
from collections.abc import Iterator

from absl import flags

from bert_tf.system import remote_files

FLAGS = flags.FLAGS
flags.disclaim_key_flags()

_STORES = re.compile(
  "(s3[an]?|gcs|r2|oss|cosn?|obs|az|adl|abfss?|wasbs?|(web)?hdfs|viewfs|dbfs)://"
)


def check() -> None:
  """Checks the flags that are given, before anything is read.

  Raises:
    ValueError: One names such a place.
  """
  for name in FLAGS:
    for value in _values(name) if FLAGS[name].present else ():
      if _STORES.match(value):
        raise ValueError(f"--{name}={remote_files.no_file_system(value)}")


def _values(name: str) -> Iterator[str]:
  found = FLAGS[name].value
  for value in found if isinstance(found, list) else [found]:
    if isinstance(value, str):
      yield from value.split(",")
