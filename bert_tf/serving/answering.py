"""What is asked of models, whichever way it comes: predict, classify, regress.

Inputs and answers are arrays here; REST and gRPC translate.
"""

import asyncio
import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from bert_tf.serving import (
  model_pool,
  row_lanes,
  served_version,
  server_settings,
  service_errors,
)

Arrays = Mapping[str, npt.NDArray[Any]]
_CLASSIFIED = ("classifier", "multilabel")
_REGRESSED = "regressor"


@dataclasses.dataclass(frozen=True)
class Target:
  """What a request is for.

  Attributes:
    model: The model's name.
    version: Its version; None for the newest.
    label: A label instead of a version.
  """

  model: str
  version: int | None = None
  label: str = ""


@dataclasses.dataclass(frozen=True)
class TextExample:
  """An example to classify or regress."""

  text: bytes
  text_pair: bytes = b""


class Answering:
  """Answers requests to the models of a pool.

  Args:
    pool: The models.
    settings: The limits.
  """

  def __init__(
    self,
    pool: model_pool.ModelPool,
    settings: server_settings.ServerSettings,
  ):
    self.pool = pool
    self._settings = settings

  def find(self, target: Target) -> served_version.ServedVersion:
    """The version that a request is for.

    Raises:
      ServiceError: There is none.
    """
    if target.label:
      raise service_errors.ServiceError(
        "invalid",
        f"no version has the label {target.label[:100]!r}: labels are not "
        "assigned here; ask for the version by its number",
      )
    return self.pool.find(target.model, target.version)

  async def predict(
    self, target: Target, signature: str, given: Arrays
  ) -> tuple[int, Arrays]:
    """Answers by a signature.

    Args:
      target: The model.
      signature: The signature's name; "" for `serving_default`.
      given: Its inputs.

    Returns:
      The version that answered, and its outputs.

    Raises:
      ServiceError: The request is not answered.
    """
    signature = signature or row_lanes.TEXT
    while True:
      version = self.find(target)
      self._check(version, signature, given)
      try:
        async with asyncio.timeout(self._settings.request_timeout):
          return version.version, await version.answer(signature, given)
      except service_errors.ClosedError:
        # Between finding and asking, another version took its place.
        await asyncio.sleep(0.01)
        if version is self.pool.find(target.model):
          raise service_errors.ServiceError(
            "unavailable", "the server is shutting down"
          ) from None
      except TimeoutError:
        raise service_errors.ServiceError(
          "late",
          f"not answered within {self._settings.request_timeout:g} seconds; "
          "the server is busy, or the texts are long",
        ) from None

  async def classify(
    self, target: Target, signature: str, examples: Sequence[TextExample]
  ) -> tuple[int, list[list[tuple[str, float]]]]:
    """Classes of examples, in the order of the labels, with probabilities.

    Raises:
      ServiceError: The request is not answered.
    """
    self._check_kind(target, signature, _CLASSIFIED, "classify")
    labels = self.find(target).labels
    version, outputs = await self._ask(target, examples)
    scores = outputs["probabilities"].tolist()
    return version, [list(zip(labels, row, strict=True)) for row in scores]

  async def regress(
    self, target: Target, signature: str, examples: Sequence[TextExample]
  ) -> tuple[int, list[float]]:
    """Values of examples.

    Raises:
      ServiceError: The request is not answered.
    """
    self._check_kind(target, signature, (_REGRESSED,), "regress")
    version, outputs = await self._ask(target, examples)
    return version, outputs["value"].tolist()

  async def _ask(
    self, target: Target, examples: Sequence[TextExample]
  ) -> tuple[int, Arrays]:
    given = {
      name: np.array([getattr(x, name) for x in examples], object)
      for name in ("text", "text_pair")
    }
    return await self.predict(target, row_lanes.TEXT, given)

  def _check_kind(
    self, target: Target, signature: str, kinds: Sequence[str], verb: str
  ) -> None:
    found = self.find(target)
    if found.kind not in kinds or signature not in ("", row_lanes.TEXT):
      raise service_errors.ServiceError(
        "invalid",
        f"{verb} is for {' and '.join(kinds)} exports and their signature "
        f"{row_lanes.TEXT}; model {target.model!r} is of the kind "
        f"{found.kind or 'unknown'!r}: use predict",
      )

  def _check(
    self, version: served_version.ServedVersion, signature: str, given: Arrays
  ) -> None:
    """Checks names, types and sizes of inputs."""
    wanted = version.inputs(signature)
    if set(given) != set(wanted):
      raise service_errors.ServiceError(
        "invalid",
        f"the signature {signature!r} takes {_listed(wanted)}, found "
        f"{_listed(given)}",
      )
    rows = set()
    for name, spec in wanted.items():
      value = given[name]
      if not _fits(value, spec):
        raise service_errors.ServiceError(
          "invalid",
          f"input {name!r} is {value.dtype.name} of shape {list(value.shape)}, "
          f"expected {spec.dtype.name} of shape {spec.shape}",
        )
      rows.add(len(value) if value.ndim else -1)
    if version.kind:
      self._check_rows(rows)

  def _check_rows(self, rows: set[int]) -> None:
    if len(rows) > 1:
      raise service_errors.ServiceError(
        "invalid", f"inputs have different numbers of texts: {sorted(rows)}"
      )
    (count,) = rows
    if not count:
      raise service_errors.ServiceError("invalid", "the request has no texts")
    if count > self._settings.max_request_texts:
      raise service_errors.ServiceError(
        "too_large",
        f"the request has {count} texts, at most "
        f"{self._settings.max_request_texts} are taken; send several requests",
      )


def _fits(value: npt.NDArray[Any], spec: Any) -> bool:
  same = value.dtype == np.dtype(spec.dtype.as_numpy_dtype)
  return bool(same) and spec.shape.is_compatible_with(value.shape)


def _listed(names: Mapping[str, Any]) -> str:
  shown = sorted(map(str, names))
  text = ", ".join(shown[:10]) + (", ..." if len(shown) > 10 else "")
  return text[:300] or "nothing"
