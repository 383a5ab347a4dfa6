"""The gRPC services of TensorFlow Serving: predictions and models."""

import contextlib
import math
from collections.abc import AsyncIterator, Sequence
from typing import Any

import grpc
import numpy as np
import numpy.typing as npt
import tensorflow as tf
from absl import logging
from grpc import aio
from tensorflow_serving.apis import (
  classification_pb2,
  get_model_metadata_pb2,
  get_model_status_pb2,
  model_service_pb2_grpc,
  predict_pb2,
  prediction_service_pb2_grpc,
  regression_pb2,
)

from bert_tf.serving import (
  answering,
  row_lanes,
  server_metrics,
  server_settings,
  service_errors,
)

_SIGNATURES = "signature_def"


class _Calls:
  """What both services have: counting, errors."""

  def __init__(
    self,
    answers: answering.Answering,
    metrics: server_metrics.ServerMetrics,
    settings: server_settings.ServerSettings,
  ):
    self._answers = answers
    self._metrics = metrics
    self._settings = settings

  @contextlib.asynccontextmanager
  async def _call(
    self, context: Any, method: str, spec: Any
  ) -> AsyncIterator[answering.Target]:
    """Tells the client of errors; gives what the request is for."""
    try:
      with self._metrics.request(spec.name, "grpc", method):
        yield _target(spec)
    except service_errors.ServiceError as error:
      await context.abort(
        getattr(grpc.StatusCode, error.grpc_status), error.message
      )
    except Exception as error:
      if isinstance(error, aio.AbortError):
        raise
      logging.exception("%s", method)
      await context.abort(
        grpc.StatusCode.INTERNAL,
        "the server fails at this request; its log says more",
      )


class PredictionService(
  _Calls, prediction_service_pb2_grpc.PredictionServiceServicer
):
  """Predict, Classify, Regress, GetModelMetadata."""

  async def Predict(self, request: Any, context: Any) -> Any:  # noqa: N802
    """See tensorflow_serving.apis."""
    spec = request.model_spec
    signature = spec.signature_name or row_lanes.TEXT
    async with self._call(context, "predict", spec) as target:
      given = {
        name: _array(tensor, name, self._settings.max_request_bytes)
        for name, tensor in request.inputs.items()
      }
      version, outputs = await self._answers.predict(target, signature, given)
      chosen = list(request.output_filter) or list(outputs)
      if unknown := sorted(set(chosen) - set(outputs)):
        raise _invalid(
          f"no output {unknown[0][:100]!r}; the outputs are "
          f"{', '.join(sorted(outputs))}"
        )
      response = predict_pb2.PredictResponse()
      _fill(response.model_spec, target.model, version, signature)
      for name in chosen:
        response.outputs[name].CopyFrom(tf.make_tensor_proto(outputs[name]))
      return response

  async def Classify(self, request: Any, context: Any) -> Any:  # noqa: N802
    """See tensorflow_serving.apis."""
    spec = request.model_spec
    async with self._call(context, "classify", spec) as target:
      version, classes = await self._answers.classify(
        target, spec.signature_name, _examples(request.input)
      )
      response = classification_pb2.ClassificationResponse()
      _fill(response.model_spec, target.model, version, row_lanes.TEXT)
      for row in classes:
        one = response.result.classifications.add()
        for label, score in row:
          one.classes.add(label=label, score=score)
      return response

  async def Regress(self, request: Any, context: Any) -> Any:  # noqa: N802
    """See tensorflow_serving.apis."""
    spec = request.model_spec
    async with self._call(context, "regress", spec) as target:
      version, values = await self._answers.regress(
        target, spec.signature_name, _examples(request.input)
      )
      response = regression_pb2.RegressionResponse()
      _fill(response.model_spec, target.model, version, row_lanes.TEXT)
      for value in values:
        response.result.regressions.add(value=value)
      return response

  async def GetModelMetadata(  # noqa: N802
    self, request: Any, context: Any
  ) -> Any:
    """See tensorflow_serving.apis."""
    spec = request.model_spec
    async with self._call(context, "metadata", spec) as target:
      fields = list(request.metadata_field)
      if fields != [_SIGNATURES]:
        raise _invalid(
          f"metadata_field has {fields[:3]}, expected [{_SIGNATURES!r}]"
        )
      found = self._answers.find(target)
      signatures = get_model_metadata_pb2.SignatureDefMap()
      for name, signature in found.signature_defs.items():
        signatures.signature_def[name].CopyFrom(signature)
      response = get_model_metadata_pb2.GetModelMetadataResponse()
      _fill(response.model_spec, found.name, found.version, "")
      response.metadata[_SIGNATURES].Pack(signatures)
      return response

  async def MultiInference(  # noqa: N802
    self, request: Any, context: Any
  ) -> Any:
    """Not here."""
    await context.abort(
      grpc.StatusCode.UNIMPLEMENTED, "call Classify or Regress instead"
    )


class ModelService(_Calls, model_service_pb2_grpc.ModelServiceServicer):
  """GetModelStatus."""

  async def GetModelStatus(  # noqa: N802
    self, request: Any, context: Any
  ) -> Any:
    """See tensorflow_serving.apis."""
    async with self._call(context, "status", request.model_spec) as target:
      if target.label:
        self._answers.find(target)
      states = get_model_status_pb2.ModelVersionStatus.State
      response = get_model_status_pb2.GetModelStatusResponse()
      for state in self._answers.pool.states(target.model, target.version):
        one = response.model_version_status.add(
          version=state.version, state=states.Value(state.state)
        )
        one.status.error_code = 2 if state.error else 0  # UNKNOWN, OK
        one.status.error_message = state.error
      return response

  async def HandleReloadConfigRequest(  # noqa: N802
    self, request: Any, context: Any
  ) -> Any:
    """Not here: what is served is for who starts the server to say."""
    await context.abort(
      grpc.StatusCode.UNIMPLEMENTED,
      "models are named when the server is started; new versions of them are "
      "taken up by themselves",
    )


def start(
  server: Any,
  answers: answering.Answering,
  metrics: server_metrics.ServerMetrics,
  settings: server_settings.ServerSettings,
) -> None:
  """Adds the services to a server."""
  told = answers, metrics, settings
  prediction_service_pb2_grpc.add_PredictionServiceServicer_to_server(
    PredictionService(*told), server
  )
  model_service_pb2_grpc.add_ModelServiceServicer_to_server(
    ModelService(*told), server
  )


def _target(spec: Any) -> answering.Target:
  version = spec.version.value if spec.HasField("version") else None
  return answering.Target(spec.name, version, spec.version_label)


def _fill(spec: Any, name: str, version: int, signature: str) -> None:
  spec.name = name
  spec.version.value = version
  spec.signature_name = signature


def _array(tensor: Any, name: str, most: int) -> npt.NDArray[Any]:
  """A tensor as an array.

  Raises:
    ServiceError: It is none, or larger than its request, as one may claim.
  """
  sizes = [dim.size for dim in tensor.tensor_shape.dim]
  if min(sizes, default=0) < 0 or math.prod(sizes) > most:
    raise _invalid(f"input {name[:100]!r} has the shape {sizes[:8]}")
  try:
    found = tf.make_ndarray(tensor)
  except Exception as error:  # of many kinds, by what is wrong
    raise _invalid(f"input {name[:100]!r}: no tensor: {error}") from error
  return np.asarray(found)


def _examples(given: Any) -> Sequence[answering.TextExample]:
  """The examples of a request to classify or regress.

  Raises:
    ServiceError: They do not have the features of texts.
  """
  kind = given.WhichOneof("kind")
  if kind is None:
    raise _invalid("the request has no examples")
  shared = given.example_list_with_context.context.features.feature
  context = dict(shared) if kind == "example_list_with_context" else {}
  examples = getattr(given, kind).examples
  if not examples:
    raise _invalid("the request has no examples")
  return [
    _example(context | dict(x.features.feature), index)
    for index, x in enumerate(examples)
  ]


def _example(features: Any, index: int) -> answering.TextExample:
  if "text" not in features or set(features) - {"text", "text_pair"}:
    raise _invalid(
      f"example {index}: expected the features text and perhaps text_pair, "
      f"found {', '.join(sorted(features))[:300] or 'none'}"
    )
  made = {}
  for name, feature in features.items():
    values = feature.bytes_list.value
    if len(values) != 1:
      raise _invalid(f"example {index}: {name} has {len(values)} texts, not 1")
    made[name] = values[0]
  return answering.TextExample(**made)


def _invalid(message: str) -> service_errors.ServiceError:
  return service_errors.ServiceError("invalid", message)
