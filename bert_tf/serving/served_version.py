"""A version of a model: loaded, warmed up, answering through its batcher."""

import asyncio
import contextlib
import os
import threading
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf
from tensorflow.core.protobuf import saved_model_pb2

from bert_tf.checkpoints import object_graph
from bert_tf.export import export_settings, saved_models
from bert_tf.serving import (
  row_batcher,
  row_lanes,
  server_settings,
  service_errors,
)
from bert_tf.system import error_text, files
from bert_tf.text import vocabulary_fit

Arrays = Mapping[str, npt.NDArray[Any]]
_WHOLE = "whole:"  # lanes of models whose batches cannot be cut
_WATCHED = 1000  # characters of a text that are looked at
_MUCH = 4096  # bytes of a request that is not made ready between two others
_WARM_UP_WORDS = (1, 6, 14, 30, 62)
_WARM_UP_ROWS = (1, 4, 8)
# Kinds whose requests are cut into rows. Those of choices are answered whole.
_CUT = frozenset(export_settings.MODEL_TYPES) - {"multiple_choice"}
_OF_CLIENTS = (
  tf.errors.InvalidArgumentError,
  tf.errors.OutOfRangeError,
  ValueError,
  TypeError,
)


class ServedVersion:
  """A loaded version of a model.

  Args:
    name: The model's name.
    version: The version's number.
    folder: The SavedModel.
    settings: Of the server.
    observe: Told of each batch, see `row_batcher.Observe`.

  Attributes:
    name: As given.
    version: As given.
    kind: The kind of export, "" of a SavedModel of others.
    labels: Those of the model's outputs, if it has any.

  Raises:
    ValueError: As of `saved_models.load`.
  """

  def __init__(
    self,
    name: str,
    version: int,
    folder: str,
    settings: server_settings.ServerSettings,
    observe: row_batcher.Observe = lambda rows, tokens, seconds: None,
  ):
    self.name = name
    self.version = version
    self._loaded = saved_models.load(folder)
    self._signatures = dict(self._loaded.signatures)
    told = saved_models.settings(folder) if _is_known(folder) else {}
    self.kind = str(told.get("model_type", ""))
    self.labels = tuple(map(str, told.get("labels", ())))
    self._lanes = _lanes_of(folder, self.kind, told, settings)
    self._watch = self._lanes and vocabulary_fit.Watch(
      self._lanes.tokenizer, f"the texts for {name}"
    )
    self._tokenizing = threading.Lock()
    self.signature_defs = _signature_defs(folder)
    self._batcher = row_batcher.RowBatcher(self._run, settings, observe)

  @property
  def waiting(self) -> int:
    """Texts in the queue."""
    return self._batcher.waiting

  def inputs(self, signature: str) -> dict[str, tf.TensorSpec]:
    """The inputs of a signature by name.

    Raises:
      ServiceError: There is no such signature.
    """
    if signature not in self._signatures:
      raise service_errors.ServiceError(
        "invalid",
        f"model {self.name!r} has no signature {signature!r}; it has "
        f"{', '.join(sorted(self._signatures))}",
      )
    return dict(self._signatures[signature].structured_input_signature[1])

  async def answer(self, signature: str, given: Arrays) -> Arrays:
    """Answers a request, together with others that wait.

    Args:
      signature: One of the model's.
      given: Its inputs by name, all of them, in dtype and rank as they should
        be.

    Raises:
      ServiceError: It cannot be answered.
      ClosedError: The version is being unloaded.
    """
    many = sum(x.nbytes for x in given.values()) > _MUCH
    make = self._ticket
    ticket = (
      await asyncio.to_thread(make, signature, given)
      if many
      else make(signature, given)
    )
    self._batcher.submit(ticket)
    try:
      rows = await asyncio.wrap_future(ticket.future)
    except _OF_CLIENTS as error:
      raise service_errors.ServiceError(
        "invalid", f"the model refuses the inputs: {error_text.plain(error)}"
      ) from error
    except tf.errors.OpError as error:
      raise service_errors.ServiceError(
        "internal", f"the model fails: {error_text.plain(error)}"
      ) from error
    if self._lanes is None or ticket.lane.startswith(_WHOLE):
      return rows[0]
    return self._lanes.join(ticket.lane, rows)

  def warm_up(self) -> None:
    """Computes batches of the usual shapes, so that no request waits for it."""
    if self._lanes is None:
      return
    takes_pairs = "text_pair" in self.inputs(row_lanes.TEXT)
    for words in _WARM_UP_WORDS:
      for count in _WARM_UP_ROWS:
        texts = [" ".join(["[MASK]", *["a"] * words])] * count
        # Longer ones than the limit are not taken from clients either.
        with contextlib.suppress(service_errors.ServiceError):
          ticket = self._lanes.of_texts(texts, texts if takes_pairs else None)
          self._run(ticket.lane, ticket.rows)

  def close(self) -> None:
    """Answers what has been taken, then ends."""
    self._batcher.close()

  def _ticket(self, signature: str, given: Arrays) -> row_batcher.Ticket:
    lanes = self._lanes
    if lanes is None:
      size = sum(x.nbytes for x in given.values()) // 4
      return row_batcher.Ticket(_WHOLE + signature, [dict(given)], [size])
    if signature == row_lanes.IDS:
      return lanes.of_ids(given)
    texts, *pairs = (
      [x.decode("utf-8", "ignore") for x in given[name]]
      for name in sorted(given)  # text, perhaps text_pair
    )
    # The tokenizer keeps words, and is not made for several threads.
    with self._tokenizing:
      if self._watch:
        both = map(" ".join, zip(texts, *pairs, strict=True))
        self._watch.see(x[:_WATCHED] for x in both)
      return lanes.of_texts(texts, pairs[0] if pairs else None)

  def _run(
    self, lane: str, rows: Sequence[row_batcher.Row]
  ) -> Sequence[row_batcher.Row]:
    """Computes a batch; called by one thread at a time."""
    lanes = self._lanes
    if lanes is None:
      return [_call(self._signatures[lane.removeprefix(_WHOLE)], rows[0])]
    outputs = _call(self._signatures[lane], lanes.batch(lane, rows))
    return lanes.split(lane, rows, outputs)


def _is_known(folder: str) -> bool:
  """Whether a SavedModel is an export of a kind that is known here."""
  if not saved_models.is_export(folder):
    return False
  kind = saved_models.settings(folder).get("model_type")
  return kind in _CUT


def _lanes_of(
  folder: str,
  kind: str,
  told: Mapping[str, Any],
  settings: server_settings.ServerSettings,
) -> row_lanes.RowLanes | None:
  """How requests are cut; None where nothing is known of the model."""
  tokenizer = saved_models.tokenizer(folder) if kind else None
  if tokenizer is None:
    return None
  config = saved_models.config(folder)
  return row_lanes.RowLanes(
    kind,
    tokenizer,
    int(told["max_seq_length"]),
    int(config["max_position_embeddings"]),
    {
      "input_ids": int(config["vocab_size"]),
      "segment_ids": int(config["type_vocab_size"]),
      "input_mask": 2,
    },
    settings.max_text_tokens,
  )


def _signature_defs(folder: str) -> dict[str, Any]:
  """The signatures of a SavedModel as TensorFlow describes them."""
  program = saved_model_pb2.SavedModel()
  with files.open_file(os.path.join(folder, object_graph.SAVED_MODEL)) as file:
    program.ParseFromString(file.read())
  return {
    name: signature
    for name, signature in program.meta_graphs[0].signature_def.items()
    if not name.startswith("__")
  }


def _call(signature: Any, given: Arrays) -> Arrays:
  outputs = signature(**{name: tf.constant(x) for name, x in given.items()})
  return {name: np.asarray(x.numpy()) for name, x in sorted(outputs.items())}
