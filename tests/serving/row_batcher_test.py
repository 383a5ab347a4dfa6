"""Requests that wait: together, bounded, each with its own errors."""

import threading
import time

import pytest

from bert_tf.serving import row_batcher, server_settings, service_errors


class Doubling:
  """A model that doubles; it waits until it may."""

  def __init__(self):
    self.may = threading.Event()
    self.batches = []

  def __call__(self, lane, rows):
    self.may.wait(10)
    self.batches.append((lane, [row["x"] for row in rows]))
    if any(row["x"] < 0 for row in rows):
      raise ValueError("below 0")
    return [{"y": 2 * row["x"]} for row in rows]


@pytest.fixture
def model():
  return Doubling()


def batcher_of(model, **changes):
  settings = server_settings.ServerSettings(
    **{"max_request_texts": 1, "max_batch_delay_ms": 50} | changes
  )
  return row_batcher.RowBatcher(model, settings)


def ask(batcher, *numbers, lane="a"):
  rows = [{"x": x} for x in numbers]
  ticket = row_batcher.Ticket(lane, rows, [abs(x) for x in numbers])
  batcher.submit(ticket)
  return ticket.future


def ask_first(batcher):
  """A request that is being computed."""
  future = ask(batcher, 1)
  while batcher.waiting:
    time.sleep(0.001)
  return future


def answers(future):
  return [row["y"] for row in future.result(10)]


def test_those_that_wait_are_computed_together(model):
  batcher = batcher_of(model, max_batch_size=3)
  first = ask_first(batcher)
  others = [ask(batcher, 9, 2), ask(batcher, 3), ask(batcher, 4, lane="b")]
  model.may.set()
  assert answers(first) == [2]
  assert [answers(x) for x in others] == [[18, 4], [6], [8]]
  assert model.batches[0] == ("a", [1])
  # By length, then what is left; other lanes for themselves.
  assert [x for lane, x in model.batches[1:] if lane == "a"] == [[9, 2, 3]]
  batcher.close()


def test_an_error_is_that_of_the_request_alone(model):
  batcher = batcher_of(model)
  first = ask_first(batcher)
  wrong, right = ask(batcher, 5, -5), ask(batcher, 6)
  model.may.set()
  assert answers(first) == [2]
  assert answers(right) == [12]
  with pytest.raises(ValueError, match="below 0"):
    wrong.result(10)
  assert answers(ask(batcher, 7)) == [14]
  batcher.close()


def test_a_full_queue_refuses_and_those_given_up_make_room(model):
  batcher = batcher_of(model, max_queue=2)
  ask_first(batcher)
  waiting = [ask(batcher, 2), ask(batcher, 3)]
  with pytest.raises(service_errors.ServiceError, match="2 texts are waiting"):
    ask(batcher, 4)
  waiting[0].cancel()
  model.may.set()
  assert answers(waiting[1]) == [6]
  assert all(2 not in rows for _, rows in model.batches)
  batcher.close()


def test_what_was_taken_is_answered_before_the_end(model):
  batcher = batcher_of(model)
  taken = [ask(batcher, x) for x in range(1, 6)]
  closing = threading.Thread(target=batcher.close)
  closing.start()
  while True:
    try:
      taken.append(ask(batcher, 6))
    except service_errors.ClosedError:
      break
  model.may.set()
  closing.join(10)
  assert [answers(x) for x in taken[:5]] == [[2], [4], [6], [8], [10]]
  assert all(x.done() for x in taken)
