"""Names of files and folders that are being written.

`.NAME.bert_tf-HOST-PID-START-RANDOM.tmp`: hidden, so that no pattern of data
files matches it, and it tells whose it is, so that what a killed process left
is known as such. TensorFlow adds endings of its own to names of checkpoints.
"""

import os
import re
import uuid

from bert_tf.system import process_identity

# With the rest of the name and TensorFlow's endings below 255 bytes.
_MOST_BYTES = 80
_PATTERN = re.compile(
  r"\..*\.bert_tf-(?P<host>[\w.-]+)-(?P<pid>\d+)-(?P<start>\d+)-[0-9a-f]{8}"
  r"\.tmp(\..*|_temp)?",
  re.DOTALL,
)


def beside(path: str) -> str:
  """A name for what will be `path`, in the same folder, used by nobody."""
  folder, name = os.path.split(path)
  shown = name.encode()[:_MOST_BYTES].decode("utf-8", "ignore")
  own = process_identity.here()
  return os.path.join(
    folder,
    f".{shown}.bert_tf-{own.host}-{own.pid}-{own.start}-"
    f"{uuid.uuid4().hex[:8]}.tmp",
  )


def owner(path: str) -> process_identity.Process | None:
  """Whose temporary file this is; None for other files."""
  found = _PATTERN.fullmatch(os.path.basename(path.rstrip("/")))
  if not found:
    return None
  return process_identity.Process(
    found["host"], int(found["pid"]), int(found["start"])
  )
