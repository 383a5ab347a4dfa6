"""Where a run computes: one device, several, several machines, a TPU."""

import json
import os
from collections.abc import Callable
from typing import Any

import tensorflow as tf
from absl import logging

from bert_tf.training import device_settings

DeviceSettings = device_settings.DeviceSettings

# XLA's own matmuls on a GPU, fused with the dropout before them, gave NaN in
# bfloat16 and failed to compile in float16 (TensorFlow 2.21.0, NVIDIA H200,
# CUDA 13's ptxas); cuBLAS's are right. docs/platforms.md has the runs.
_TRITON = "--xla_gpu_enable_triton_gemm"


def worker_count() -> int:
  """Number of workers that TF_CONFIG names; 1 without it.

  Raises:
    ValueError: TF_CONFIG is not as TensorFlow has it.
  """
  text = os.environ.get("TF_CONFIG", "")
  if not text:
    return 1
  try:
    cluster = json.loads(text).get("cluster", {})
    count = sum(len(cluster.get(job, ())) for job in ("chief", "worker"))
  except (ValueError, AttributeError, TypeError) as error:
    raise ValueError(
      "the environment variable TF_CONFIG is not a JSON object with a cluster, "
      f'{{"cluster": {{"worker": ["host:port", ...]}}, ...}}: {error}'
    ) from error
  return max(1, count)


def has_workers(settings: DeviceSettings) -> bool:
  """Whether the strategy is multi_worker, told or chosen by TF_CONFIG."""
  told = settings.kind
  return told == "multi_worker" or (told == "auto" and worker_count() > 1)


def create(settings: DeviceSettings) -> Any:
  """Makes the strategy; call it before any other use of TensorFlow.

  On a GPU adds to the environment variable XLA_FLAGS that matmuls are cuBLAS's,
  unless it says something of that.
  """
  _choose_matmuls()
  kind = settings.kind
  if kind == "auto":
    kind = _choose()
  strategy = _MAKERS[kind](settings)
  logging.info(
    "strategy %s: %d replicas, precision %s",
    kind,
    strategy.num_replicas_in_sync,
    settings.precision,
  )
  return strategy


def _choose_matmuls() -> None:
  flags = os.environ.get("XLA_FLAGS", "")
  if _TRITON not in flags and tf.config.list_physical_devices("GPU"):
    os.environ["XLA_FLAGS"] = f"{flags} {_TRITON}=false".strip()
    logging.info(
      "added %s=false to XLA_FLAGS: XLA's own matmuls can give NaN on a GPU",
      _TRITON,
    )


def _choose() -> str:
  if worker_count() > 1:
    return "multi_worker"
  several = len(tf.config.list_logical_devices("GPU")) > 1
  return "mirrored" if several else "one_device"


def _one_device(settings: DeviceSettings) -> Any:
  del settings
  gpus = tf.config.list_logical_devices("GPU")
  return tf.distribute.OneDeviceStrategy("GPU:0" if gpus else "CPU:0")


def _mirrored(settings: DeviceSettings) -> Any:
  """All GPUs there are; without any, all logical CPU devices."""
  del settings
  kind = "GPU" if tf.config.list_logical_devices("GPU") else "CPU"
  devices = [device.name for device in tf.config.list_logical_devices(kind)]
  return tf.distribute.MirroredStrategy(devices)


def _multi_worker(settings: DeviceSettings) -> Any:
  del settings
  if not os.environ.get("TF_CONFIG"):
    raise ValueError(
      "strategy=multi_worker needs the environment variable TF_CONFIG, "
      '{"cluster": {"worker": ["host:port", ...]}, '
      '"task": {"type": "worker", "index": 0}}'
    )
  own, others = _addresses()
  if others:
    logging.info(
      "%s waits for the %d other workers of TF_CONFIG: %s",
      own,
      len(others),
      ", ".join(others),
    )
  strategy = tf.distribute.MultiWorkerMirroredStrategy()
  if others:
    logging.info("all %d workers are here", len(others) + 1)
  return strategy


def _addresses() -> tuple[str, list[str]]:
  """This worker of TF_CONFIG and the others, each with its address."""
  resolver = tf.distribute.cluster_resolver.TFConfigClusterResolver()
  spec = resolver.cluster_spec()
  named = {
    (job, index): f"{job} {index} at {spec.task_address(job, index)}"
    for job in ("chief", "worker")
    if job in spec.jobs
    for index in spec.task_indices(job)
  }
  own = named.pop((resolver.task_type, resolver.task_id), "this worker")
  return own, list(named.values())


def _tpu(settings: DeviceSettings) -> Any:
  name = settings.tpu_name or ""
  try:
    resolver = tf.distribute.cluster_resolver.TPUClusterResolver(
      tpu=name, zone=settings.tpu_zone, project=settings.gcp_project
    )
    tf.config.experimental_connect_to_cluster(resolver)
    tf.tpu.experimental.initialize_tpu_system(resolver)
  except Exception as error:
    raise RuntimeError(
      f"no TPU could be reached (tpu_name={name!r}, "
      f"tpu_zone={settings.tpu_zone!r}, gcp_project={settings.gcp_project!r}); "
      f"on a TPU VM use --tpu_name=local: {error}"
    ) from error
  return tf.distribute.TPUStrategy(resolver)


_MAKERS: dict[str, Callable[[DeviceSettings], Any]] = {
  "one_device": _one_device,
  "mirrored": _mirrored,
  "multi_worker": _multi_worker,
  "tpu": _tpu,
}


def replica_batch_size(
  strategy: Any, batch_size: int, parts: int = 1, flag: str = "train_batch_size"
) -> int:
  """Examples of a batch on one replica; `flag` is what errors call it.

  Raises:
    ValueError: The batch cannot be cut evenly.
  """
  replicas = strategy.num_replicas_in_sync
  if batch_size % (replicas * parts):
    raise ValueError(
      f"{flag}={batch_size} examples cannot be cut evenly over {replicas} "
      f"replicas and {parts} micro-batches; use a multiple of "
      f"{replicas * parts}"
    )
  return batch_size // replicas


def is_chief(strategy: Any) -> bool:
  """Whether this process writes the files of the run."""
  if not isinstance(strategy, tf.distribute.MultiWorkerMirroredStrategy):
    return True
  resolver = strategy.cluster_resolver
  has_chief = "chief" in resolver.cluster_spec().jobs
  if has_chief:
    return bool(resolver.task_type == "chief")
  return resolver.task_type == "worker" and resolver.task_id == 0
