"""The process of a server: ports, loading, and an end that loses nothing.

After SIGTERM or SIGINT no new connections are taken. Open ones may send another
request for a moment, which is answered and told that it was the last.
"""

import asyncio
import contextlib
import functools
import socket
from collections.abc import Iterator, Sequence
from typing import Any

import uvicorn
from absl import logging
from grpc import aio

from bert_tf.serving import (
  answering,
  grpc_service,
  model_pool,
  model_sources,
  rest_app,
  server_metrics,
  server_settings,
)
from bert_tf.system import stop_signals

_BACKLOG = 1024
_MOST_CONNECTIONS = 900  # a process may usually have 1,024 open files
_KEEP_ALIVE = 75
_DRAINED = "all requests that were taken are answered"


class _Uvicorn(uvicorn.Server):
  """Leaves signals to stop_signals."""

  @contextlib.contextmanager
  def capture_signals(self) -> Iterator[None]:
    """Captures none."""
    yield

  async def take_waiting(self, listener: socket.socket) -> None:
    """Takes the connections that the system has made already, and no more."""
    loop = asyncio.get_running_loop()
    while not self.started:
      await asyncio.sleep(0.01)
    # As Uvicorn makes them; it does not say so in types.
    make: Any = self.config.http_protocol_class
    protocol = functools.partial(
      make,
      config=self.config,
      server_state=self.server_state,
      app_state=self.lifespan.state,
    )
    waiting = []
    with contextlib.suppress(BlockingIOError):
      while True:
        waiting.append(listener.accept()[0])
    for server in self.servers:
      server.close()
    for connection in waiting:
      connection.setblocking(False)
      await loop.connect_accepted_socket(protocol, connection)


class ServerProcess:
  """A server of models.

  Args:
    sources: The models.
    settings: Addresses and limits.

  Raises:
    OSError: A port cannot be listened at; the message names it.
  """

  def __init__(
    self,
    sources: Sequence[model_sources.ModelSource],
    settings: server_settings.ServerSettings,
  ):
    self._settings = settings
    self._listener = _listen(settings.host, settings.port)
    self.port = self._listener.getsockname()[1]
    metrics = server_metrics.ServerMetrics([x.name for x in sources])
    self._pool = model_pool.ModelPool(sources, settings, metrics.observer)
    answers = answering.Answering(self._pool, settings)
    self._told = answers, metrics, settings
    self._app = rest_app.RestApp(*self._told)
    self._uvicorn = _Uvicorn(
      uvicorn.Config(
        self._app,
        http="h11",
        ws="none",
        lifespan="off",
        log_config=None,
        log_level="warning",
        access_log=False,
        server_header=False,
        backlog=_BACKLOG,
        limit_concurrency=_MOST_CONNECTIONS,
        timeout_keep_alive=_KEEP_ALIVE,
        timeout_graceful_shutdown=int(settings.request_timeout) + 1,
      )
    )

  def run(self) -> None:
    """Serves until SIGTERM or SIGINT.

    Raises:
      OSError: A model is missing.
      ValueError: A model cannot be loaded.
      stop_signals.Stopped: At the end.
    """
    stop = asyncio.Event()
    with asyncio.Runner() as runner:
      loop = runner.get_loop()

      def notice() -> None:
        loop.call_soon_threadsafe(stop.set)

      with stop_signals.deferred(
        notice, "no more requests are taken"
      ) as handling:
        runner.run(self._serve(stop))
        if handling.number is not None:
          raise stop_signals.Stopped(handling.number, _DRAINED)

  async def _serve(self, stop: asyncio.Event) -> None:
    serving = asyncio.create_task(self._uvicorn.serve([self._listener]))
    grpc_server = await self._start_grpc()
    loading = asyncio.create_task(asyncio.to_thread(self._pool.load))
    stopping = asyncio.create_task(stop.wait())
    try:
      await asyncio.wait(
        (loading, stopping), return_when=asyncio.FIRST_COMPLETED
      )
      if loading.done():
        await loading
        logging.info("ready at http://%s:%d/", self._settings.host, self.port)
        await stopping
      self._app.is_draining = True
    finally:
      await self._drain(serving, grpc_server)
    # A second signal does not wait for this.
    await loading
    await asyncio.to_thread(self._pool.close)

  async def _drain(
    self, serving: "asyncio.Task[None]", grpc_server: Any
  ) -> None:
    settings = self._settings
    if self._app.is_draining:
      await self._uvicorn.take_waiting(self._listener)
    ending = [grpc_server.stop(settings.request_timeout)] if grpc_server else []
    if self._app.is_draining:
      ending.append(asyncio.sleep(settings.drain_seconds))
    await asyncio.gather(*ending)
    self._uvicorn.should_exit = True
    await serving

  async def _start_grpc(self) -> Any:
    """Starts gRPC; gives None if it is not wanted."""
    settings = self._settings
    if settings.grpc_port < 0:
      return None
    server = aio.server(
      maximum_concurrent_rpcs=_MOST_CONNECTIONS,
      options=[
        ("grpc.max_receive_message_length", settings.max_request_bytes),
        ("grpc.so_reuseport", 0),
      ],
    )
    grpc_service.start(server, *self._told)
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    try:
      port = server.add_insecure_port(f"{host}:{settings.grpc_port}")
    except RuntimeError as error:
      raise OSError(
        f"--grpc_port={settings.grpc_port}: cannot listen at {host}: another "
        "program may do so; name another port, 0 for any, -1 for no gRPC"
      ) from error
    await server.start()
    logging.info("gRPC at %s:%d", host, port)
    return server


def _listen(host: str, port: int) -> socket.socket:
  family = socket.AF_INET6 if ":" in host else socket.AF_INET
  listener = socket.socket(family, socket.SOCK_STREAM)
  listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
  try:
    listener.bind((host, port))
  except OSError as error:
    listener.close()
    raise OSError(
      error.errno,
      f"--port={port}: cannot listen at {host}: {error.strerror}; name another "
      "port, 0 for any that is free",
    ) from error
  listener.listen(_BACKLOG)
  listener.setblocking(False)
  return listener
