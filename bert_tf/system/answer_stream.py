"""Lines in, JSON lines out."""

import json
import queue
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import IO, Any

Answer = Callable[[Sequence[str]], Sequence[dict[str, Any]]]


def run(
  answer: Answer, reader: IO[bytes], writer: IO[str], batch_size: int
) -> int:
  """Answers lines as they come; returns how many.

  A line is answered at once where no other is waiting, so that one may type.

  Args:
    answer: Texts to what JSON can hold, one each.
    reader: Lines, UTF-8; broken bytes are dropped.
    writer: Gets a line of JSON for each.
    batch_size: The most lines at once.

  Raises:
    OSError: `reader` failed; the lines before are answered.
  """
  count = 0
  for batch in _batches(reader, batch_size):
    for found in answer(batch):
      writer.write(json.dumps(found, ensure_ascii=False) + "\n")
    writer.flush()
    count += len(batch)
  return count


def _batches(reader: Iterable[bytes], size: int) -> Iterator[list[str]]:
  """What has come by now, `size` lines at most; waits for the first."""
  waiting: queue.Queue[bytes | Exception | None] = queue.Queue(4 * size)

  def read() -> None:
    try:
      for line in reader:
        waiting.put(line)
      waiting.put(None)
    except Exception as error:  # raised where lines are waited for
      waiting.put(error)

  threading.Thread(target=read, daemon=True).start()
  while isinstance(line := waiting.get(), bytes):
    batch = [line]
    while len(batch) < size and not waiting.empty():
      following = waiting.get()
      if not isinstance(following, bytes):
        waiting.put(following)
        break
      batch.append(following)
    yield [x.decode("utf-8", "ignore").strip() for x in batch]
  if line is not None:
    raise line
