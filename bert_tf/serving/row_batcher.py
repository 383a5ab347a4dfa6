"""Requests that wait, computed together row by row.

A request is cut into rows, each of which goes into the batch that suits its
length. One thread computes; the queue is bounded.
"""

import dataclasses
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent import futures
from typing import Any

from bert_tf.serving import batch_plan, server_settings, service_errors

Row = Mapping[str, Any]
# Computes rows of a lane; gives the results of each.
Run = Callable[[str, Sequence[Row]], Sequence[Row]]
# Told of rows, tokens and seconds of each batch.
Observe = Callable[[int, int, float], None]


class Ticket:
  """A request that waits.

  Args:
    lane: Only rows of one lane can be computed together.
    rows: The inputs of each row.
    lengths: Tokens of each row.

  Attributes:
    future: Gets the results of all rows, in order.
  """

  def __init__(self, lane: str, rows: Sequence[Row], lengths: Sequence[int]):
    self.lane = lane
    self.rows = rows
    self.lengths = lengths
    self.arrived = time.monotonic()
    self.future: futures.Future[list[Row]] = futures.Future()
    self._results: list[Row | None] = [None] * len(rows)
    self._left = len(rows)

  def put(self, index: int, result: Row) -> None:
    """Takes the result of a row; after the last, the request is answered."""
    self._results[index] = result
    self._left -= 1
    if not self._left and self.future.set_running_or_notify_cancel():
      self.future.set_result([x for x in self._results if x is not None])

  def fail(self, error: Exception) -> None:
    """Ends the request with an error."""
    if not self.future.done() and self.future.set_running_or_notify_cancel():
      self.future.set_exception(error)


@dataclasses.dataclass(frozen=True)
class _Waiting:
  """A row of a request."""

  ticket: Ticket
  index: int

  @property
  def length(self) -> int:
    return self.ticket.lengths[self.index]


class RowBatcher:
  """The queue of a model's version and the thread that works it off.

  Args:
    run: Computes a batch.
    settings: Of the server.
    observe: Told of each batch.
  """

  def __init__(
    self,
    run: Run,
    settings: server_settings.ServerSettings,
    observe: Observe = lambda rows, tokens, seconds: None,
  ):
    self._run = run
    self._settings = settings
    self._observe = observe
    self._queue: list[_Waiting] = []
    self._changed = threading.Condition()
    self._is_closed = False
    self._has_company = False  # whether requests come at the same time
    self._thread = threading.Thread(target=self._work, daemon=True)
    self._thread.start()

  @property
  def waiting(self) -> int:
    """Rows in the queue."""
    return len(self._queue)

  def submit(self, ticket: Ticket) -> None:
    """Puts a request into the queue.

    Raises:
      ClosedError: No more are taken.
      ServiceError: The queue is full.
    """
    with self._changed:
      if self._is_closed:
        raise service_errors.ClosedError
      if len(self._queue) + len(ticket.rows) > self._settings.max_queue:
        raise service_errors.ServiceError(
          "full",
          f"{len(self._queue)} texts are waiting, at most "
          f"{self._settings.max_queue} may; try again later",
        )
      self._queue += [_Waiting(ticket, i) for i in range(len(ticket.rows))]
      self._changed.notify()

  def close(self) -> None:
    """Takes no more requests; returns when those taken are answered."""
    with self._changed:
      self._is_closed = True
      self._changed.notify()
    self._thread.join()

  def _work(self) -> None:
    while batch := self._next():
      started = time.monotonic()
      self._answer(batch)
      tokens = sum(row.length for row in batch)
      self._observe(len(batch), tokens, time.monotonic() - started)

  def _next(self) -> list[_Waiting]:
    """The next batch; empty at the end."""
    with self._changed:
      while True:
        # Those given up are not computed.
        self._queue = [x for x in self._queue if not x.ticket.future.done()]
        if self._queue:
          if (rest := self._rest_of_delay()) <= 0:
            return self._take()
          self._changed.wait(rest)
        elif self._is_closed:
          return []
        else:
          self._changed.wait()

  def _rest_of_delay(self) -> float:
    """Seconds that the oldest row still waits for others."""
    full = len(self._queue) >= self._settings.max_batch_size
    if full or self._is_closed or not self._has_company:
      return 0.0
    until = (
      self._queue[0].ticket.arrived + self._settings.max_batch_delay_ms / 1000
    )
    return until - time.monotonic()

  def _take(self) -> list[_Waiting]:
    lane = self._queue[0].ticket.lane
    places = [i for i, x in enumerate(self._queue) if x.ticket.lane == lane]
    chosen = batch_plan.choose(
      [self._queue[i].length for i in places],
      self._settings.max_batch_size,
      self._settings.max_batch_tokens,
    )
    taken = {places[i] for i in chosen}
    batch = [self._queue[i] for i in sorted(taken)]
    self._queue = [x for i, x in enumerate(self._queue) if i not in taken]
    tickets = {id(row.ticket) for row in (*batch, *self._queue)}
    self._has_company = len(tickets) > 1
    return batch

  def _answer(self, batch: Sequence[_Waiting]) -> None:
    """Computes a batch; an error stays with the request that causes it."""
    rows = [row.ticket.rows[row.index] for row in batch]
    try:
      results = self._run(batch[0].ticket.lane, rows)
    except Exception as error:  # of a graph: any
      tickets = {id(row.ticket): row.ticket for row in batch}
      if len(tickets) == 1:
        batch[0].ticket.fail(error)
        return
      for ticket in tickets.values():
        self._answer([row for row in batch if row.ticket is ticket])
      return
    for row, result in zip(batch, results, strict=True):
      row.ticket.put(row.index, result)
