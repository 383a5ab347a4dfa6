"""The REST interface of TensorFlow Serving, and pages for people and monitors.

Nothing that a client sends is taken for a path or run.
"""

import asyncio
import re
from collections.abc import Mapping
from typing import Any

from absl import logging
from google.protobuf import json_format  # type: ignore[import-untyped]
from starlette import applications, requests, responses, routing, types

from bert_tf.serving import (
  answering,
  model_pool,
  rest_values,
  server_metrics,
  server_settings,
  service_errors,
  serving_page,
)

_ADDRESS = re.compile(
  r"/v1/models/(?P<model>[^/:]+)"
  r"(?:/versions/(?P<version>[0-9]{1,18})|/labels/(?P<label>[^/:]+))?"
  r"(?P<verb>:predict|:classify|:regress|/metadata)?"
)
_MUCH = 10_000  # numbers or characters that are not made JSON between others


class RestApp:
  """The REST interface, an ASGI application.

  Args:
    answers: What answers.
    metrics: What is counted.
    settings: The limits.

  Attributes:
    is_draining: Set when the process is to end: connections are closed after
      their answers, and it is not ready any more.
  """

  def __init__(
    self,
    answers: answering.Answering,
    metrics: server_metrics.ServerMetrics,
    settings: server_settings.ServerSettings,
  ):
    self._answers = answers
    self._pool = answers.pool
    self._metrics = metrics
    self._settings = settings
    self.is_draining = False
    self._page = serving_page.read()
    get = (
      ("/", self._index),
      ("/page/models", self._models),
      ("/healthz", self._health),
      ("/readyz", self._readiness),
      ("/metrics", self._counters),
      ("/monitoring/prometheus/metrics", self._counters),
    )
    self._app = applications.Starlette(
      routes=[
        *(routing.Route(path, to) for path, to in get),
        routing.Route(
          "/v1/{rest:path}",
          self._serve,
          methods=["GET", "POST", "PUT", "DELETE", "PATCH"],
        ),
      ],
    )

  async def __call__(
    self, scope: types.Scope, receive: types.Receive, send: types.Send
  ) -> None:
    """See ASGI."""

    async def send_last(message: types.Message) -> None:
      if self.is_draining and message["type"] == "http.response.start":
        message["headers"] = [
          *message.get("headers", ()),
          (b"connection", b"close"),
        ]
      await send(message)

    await self._app(scope, receive, send_last)

  async def _index(self, request: requests.Request) -> responses.Response:
    return responses.HTMLResponse(
      self._page.html,
      headers={
        "content-security-policy": self._page.policy,
        "x-content-type-options": "nosniff",
      },
    )

  async def _models(self, request: requests.Request) -> responses.Response:
    """What the page is about."""
    about = [
      {"name": x.name, "kind": x.kind, "labels": x.labels, "version": x.version}
      for x in self._pool.current()
    ]
    return _json(about)

  async def _health(self, request: requests.Request) -> responses.Response:
    return responses.PlainTextResponse("ok\n")

  async def _readiness(self, request: requests.Request) -> responses.Response:
    ready = self._pool.is_ready and not self.is_draining
    return responses.PlainTextResponse(
      "ready\n" if ready else "not ready\n", 200 if ready else 503
    )

  async def _counters(self, request: requests.Request) -> responses.Response:
    states = {x.name: (x.version, x.waiting) for x in self._pool.current()}
    return responses.Response(
      self._metrics.text(states), media_type=server_metrics.CONTENT_TYPE
    )

  async def _serve(self, request: requests.Request) -> responses.Response:
    """Everything under /v1."""
    path = request.scope["path"]
    found = _ADDRESS.fullmatch(path)
    verb = ((found and found["verb"]) or "status").strip(":/")
    name = found["model"] if found else ""
    try:
      with self._metrics.request(name, "rest", verb):
        wanted = "POST" if found and path.endswith(f":{verb}") else "GET"
        if not found or request.method != wanted:
          raise rest_values.invalid(
            f"no such request: {request.method} {path[:200]}"
          )
        version = found["version"]
        target = answering.Target(
          name, int(version) if version else None, found["label"] or ""
        )
        return await self._respond(verb, target, request)
    except service_errors.ServiceError as error:
      return _refused(error)
    except Exception:
      logging.exception("%s %s", request.method, path[:200])
      return _refused(
        service_errors.ServiceError(
          "internal", "the server fails at this request; its log says more"
        )
      )

  async def _respond(
    self, verb: str, target: answering.Target, request: requests.Request
  ) -> responses.Response:
    if verb == "status":
      return _json(self._status(target))
    if verb == "metadata":
      return _json(self._metadata(target))
    told = rest_values.parse(await self._body(request))
    if verb == "predict":
      return await self._predict(target, told)
    signature = rest_values.signature_name(told)
    examples = rest_values.text_examples(told)
    if verb == "classify":
      _, classes = await self._answers.classify(target, signature, examples)
      return _json({"results": classes})
    _, values = await self._answers.regress(target, signature, examples)
    return _json({"results": values})

  async def _predict(
    self, target: answering.Target, told: Mapping[str, Any]
  ) -> responses.Response:
    call = rest_values.predict_call(told)
    signature = call.signature or "serving_default"
    specs = self._answers.find(target).inputs(signature)
    given = rest_values.arrays(call, specs)
    _, outputs = await self._answers.predict(target, signature, given)
    if sum(x.size for x in outputs.values()) > _MUCH:
      data = await asyncio.to_thread(
        rest_values.predictions, outputs, call.by_rows
      )
    else:
      data = rest_values.predictions(outputs, call.by_rows)
    return responses.Response(data, media_type="application/json")

  async def _body(self, request: requests.Request) -> bytes:
    """The body of a request, up to the limit of bytes and time."""
    limit = self._settings.max_request_bytes
    parts, size = [], 0
    try:
      async with asyncio.timeout(self._settings.request_timeout):
        async for part in request.stream():
          size += len(part)
          if size > limit:
            raise service_errors.ServiceError(
              "too_large",
              f"the request has more than {limit} bytes; send fewer texts",
            )
          parts.append(part)
    except TimeoutError:
      raise service_errors.ServiceError(
        "slow_body",
        "the request did not arrive within "
        f"{self._settings.request_timeout:g} seconds",
      ) from None
    except requests.ClientDisconnect:
      raise rest_values.invalid("the client went away") from None
    return b"".join(parts)

  def _status(self, target: answering.Target) -> Any:
    if target.label:
      self._answers.find(target)
    return {
      "model_version_status": [
        {
          "version": str(x.version),
          "state": x.state,
          "status": {
            "error_code": "UNKNOWN" if x.error else "OK",
            "error_message": x.error,
          },
        }
        for x in self._states(target)
      ]
    }

  def _states(self, target: answering.Target) -> list[model_pool.VersionState]:
    return self._pool.states(target.model, target.version)

  def _metadata(self, target: answering.Target) -> Any:
    found = self._answers.find(target)
    signatures = {
      name: json_format.MessageToDict(
        signature,
        preserving_proto_field_name=True,
        always_print_fields_with_no_presence=True,
      )
      for name, signature in sorted(found.signature_defs.items())
    }
    return {
      "model_spec": {
        "name": found.name,
        "signature_name": "",
        "version": str(found.version),
      },
      "metadata": {"signature_def": {"signature_def": signatures}},
    }


def _json(value: Any) -> responses.Response:
  return responses.Response(
    rest_values.dumps(value), media_type="application/json"
  )


def _refused(error: service_errors.ServiceError) -> responses.Response:
  # What is left of a body that was not read is not for the next request.
  close = error.kind in ("too_large", "slow_body")
  return responses.Response(
    rest_values.dumps({"error": error.message}),
    error.http_status,
    headers={"connection": "close"} if close else None,
    media_type="application/json",
  )
