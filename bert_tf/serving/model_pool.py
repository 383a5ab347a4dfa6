"""The models of a server: their versions come, are served, and go.

The newest version of each model is served. Another is loaded and warmed up
beside it before it takes its place; the old one answers what it has taken.
"""

import dataclasses
import gc
import threading
from collections.abc import Callable, Sequence

from absl import logging

from bert_tf.serving import (
  model_sources,
  row_batcher,
  served_version,
  server_settings,
  service_errors,
)
from bert_tf.system import error_text

# TensorFlow Serving's names of states.
LOADING, AVAILABLE, UNLOADING, END = (
  "LOADING",
  "AVAILABLE",
  "UNLOADING",
  "END",
)


@dataclasses.dataclass(frozen=True)
class VersionState:
  """What is known of a version.

  Attributes:
    version: Its number.
    state: One of TensorFlow Serving's states.
    error: Why it could not be loaded; "" if it could.
  """

  version: int
  state: str
  error: str = ""


@dataclasses.dataclass
class _Model:
  """A model: where it is from, what is served, what is known."""

  source: model_sources.ModelSource
  current: served_version.ServedVersion | None = None
  states: dict[int, VersionState] = dataclasses.field(default_factory=dict)
  failed: dict[int, object] = dataclasses.field(default_factory=dict)

  def note(self, version: int, state: str, error: str = "") -> None:
    self.states[version] = VersionState(version, state, error)


class ModelPool:
  """The models that are served.

  Args:
    sources: Where they are from.
    settings: Of the server.
    observer: Makes what is told of each batch of a model.
  """

  def __init__(
    self,
    sources: Sequence[model_sources.ModelSource],
    settings: server_settings.ServerSettings,
    observer: Callable[[str], row_batcher.Observe],
  ):
    self._settings = settings
    self._observer = observer
    self._models = {source.name: _Model(source) for source in sources}
    self._stop = threading.Event()
    self._watcher = threading.Thread(target=self._watch, daemon=True)

  @property
  def is_ready(self) -> bool:
    """Whether each model has a version that answers."""
    return all(model.current for model in self._models.values())

  def load(self) -> None:
    """Loads the newest version of each model, then watches for new ones.

    Raises:
      OSError: There is none, or a file is missing.
      ValueError: A version cannot be loaded; the message names it.
    """
    for model in self._models.values():
      self._refresh(model, is_first=True)
    self._watcher.start()

  def close(self) -> None:
    """Answers what has been taken, and ends."""
    self._stop.set()
    if self._watcher.ident is not None:
      self._watcher.join()
    for model in self._models.values():
      if model.current:
        model.current.close()

  def current(self) -> list[served_version.ServedVersion]:
    """The versions that answer, one a model."""
    return [x.current for x in self._models.values() if x.current]

  def find(
    self, name: str, version: int | None = None
  ) -> served_version.ServedVersion:
    """The version that answers.

    Args:
      name: The model's.
      version: Its number; None for the newest.

    Raises:
      ServiceError: There is no such model or version, or not yet.
    """
    model = self._model(name)
    if model.current is None:
      raise service_errors.ServiceError(
        "unavailable", f"model {name!r} is still being loaded"
      )
    if version not in (None, model.current.version):
      raise service_errors.ServiceError(
        "not_found",
        f"model {name!r} has no version {version}; version "
        f"{model.current.version} is served",
      )
    return model.current

  def states(self, name: str, version: int | None = None) -> list[VersionState]:
    """What is known of a model's versions, or one, the newest first.

    Raises:
      ServiceError: There is no such model or version.
    """
    known = self._model(name).states.copy()
    if version is not None and version not in known:
      raise service_errors.ServiceError(
        "not_found", f"model {name!r} has no version {version}"
      )
    chosen = known if version is None else [version]
    return [known[number] for number in sorted(chosen, reverse=True)]

  def _model(self, name: str) -> _Model:
    if name not in self._models:
      raise service_errors.ServiceError(
        "not_found", f"there is no model {name[:100]!r}"
      )
    return self._models[name]

  def _watch(self) -> None:
    while not self._stop.wait(self._settings.poll_seconds):
      for model in self._models.values():
        try:
          self._refresh(model)
        except Exception as error:  # of file systems and of graphs: any
          logging.warning(
            "%s: cannot look for new versions: %s",
            model.source.folder,
            error_text.plain(error),
          )

  def _refresh(self, model: _Model, is_first: bool = False) -> None:
    """Takes up the newest version, if it is another than that served."""
    source, old = model.source, model.current
    versions = source.versions()
    if not versions:
      if is_first:
        raise FileNotFoundError(
          f"{source.folder}: expected a SavedModel (saved_model.pb), or a "
          "folder with versions of one (1, 2, ...), found neither"
        )
      return
    newest = max(versions)
    if old and old.version == newest:
      return
    fingerprint = source.fingerprint(newest)
    if model.failed.get(newest) == fingerprint and not is_first:
      return
    model.note(newest, LOADING)
    try:
      made = self._load(source, newest, versions[newest])
    except Exception as error:
      model.failed[newest] = fingerprint
      model.note(newest, END, error_text.plain(error))
      if is_first:
        raise
      logging.warning(
        "%s: version %d cannot be loaded and version %s stays: %s",
        source.name,
        newest,
        old.version if old else "none",
        error_text.plain(error),
      )
      return
    model.current = made
    model.note(newest, AVAILABLE)
    logging.info(
      "%s: version %d is served%s",
      source.name,
      newest,
      f" ({made.kind})" if made.kind else "",
    )
    if old:
      self._unload(model, old)

  def _load(
    self, source: model_sources.ModelSource, version: int, folder: str
  ) -> served_version.ServedVersion:
    made = served_version.ServedVersion(
      source.name, version, folder, self._settings, self._observer(source.name)
    )
    try:
      made.warm_up()
    except Exception:
      made.close()
      raise
    return made

  def _unload(self, model: _Model, old: served_version.ServedVersion) -> None:
    model.note(old.version, UNLOADING)
    old.close()
    model.note(old.version, END)
    del old
    gc.collect()
