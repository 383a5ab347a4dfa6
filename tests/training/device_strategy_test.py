"""The choice of devices."""

import json
import os

import pytest
import tensorflow as tf

from bert_tf.training import device_settings, device_strategy


@pytest.mark.parametrize(
  "settings, message",
  [
    ({"strategy": "cluster"}, "strategy='cluster' is not known"),
    ({"precision": "float8"}, "precision='float8' is not known"),
    ({"use_tpu": True, "strategy": "mirrored"}, "use_tpu is set and"),
    ({"use_tpu": True, "precision": "mixed_float16"}, "use mixed_bfloat16"),
  ],
)
def test_errors(settings, message):
  with pytest.raises(ValueError, match=message):
    device_strategy.DeviceSettings(**settings)


def test_auto_on_one_cpu():
  found = device_strategy.create(device_strategy.DeviceSettings())
  assert found.num_replicas_in_sync == 1
  assert device_strategy.is_chief(found)


def test_multi_worker_needs_its_environment(monkeypatch):
  monkeypatch.delenv("TF_CONFIG", raising=False)
  with pytest.raises(ValueError, match="needs the environment variable TF_CON"):
    device_strategy.create(
      device_strategy.DeviceSettings(strategy="multi_worker")
    )


@pytest.mark.parametrize(
  "cluster, count",
  [
    ({"worker": ["a:1"]}, 1),
    ({"chief": ["a:1"], "worker": ["b:1", "c:1"]}, 3),
    ({}, 1),
  ],
)
def test_workers_of_tf_config(monkeypatch, cluster, count):
  monkeypatch.setenv("TF_CONFIG", json.dumps({"cluster": cluster}))
  assert device_strategy.worker_count() == count
  for kind, expected in (("auto", count > 1), ("one_device", False)):
    told = device_strategy.DeviceSettings(strategy=kind)
    assert device_strategy.has_workers(told) == expected


@pytest.mark.parametrize(
  "text", ["{", "[]", '{"cluster": []}', '{"cluster": {"worker": 2}}']
)
def test_broken_tf_config(monkeypatch, text):
  monkeypatch.setenv("TF_CONFIG", text)
  with pytest.raises(ValueError, match="TF_CONFIG is not a JSON object"):
    device_strategy.worker_count()


def test_no_tpu_is_said_plainly():
  settings = device_strategy.DeviceSettings(use_tpu=True, tpu_name="local")
  with pytest.raises(RuntimeError, match="no TPU could be reached"):
    device_strategy.create(settings)


def test_uneven_batch():
  found = device_strategy.create(device_strategy.DeviceSettings())
  assert device_strategy.replica_batch_size(found, 8, 4) == 8
  with pytest.raises(ValueError, match=r"10 examples.*4 micro.*multiple of 4"):
    device_strategy.replica_batch_size(found, 10, 4)


def test_workers_are_named_before_they_are_waited_for(monkeypatch):
  said = []
  cluster = {"chief": ["a:1"], "worker": ["b:1", "c:1"]}
  task = {"type": "worker", "index": 0}
  monkeypatch.setenv(
    "TF_CONFIG", json.dumps({"cluster": cluster, "task": task})
  )
  monkeypatch.setattr(
    device_strategy.logging, "info", lambda text, *a: said.append(text % a)
  )

  def begin():
    assert said == [
      "worker 0 at b:1 waits for the 2 other workers of TF_CONFIG: chief 0 at "
      "a:1, worker 1 at c:1"
    ]
    raise RuntimeError("waited")

  monkeypatch.setattr(
    device_strategy.tf.distribute, "MultiWorkerMirroredStrategy", begin
  )
  with pytest.raises(RuntimeError, match="waited"):
    device_strategy.create(device_strategy.DeviceSettings())


@pytest.mark.parametrize(
  "before,after",
  [
    ("", "--xla_gpu_enable_triton_gemm=false"),
    ("--xla_x=1", "--xla_x=1 --xla_gpu_enable_triton_gemm=false"),
    ("--xla_gpu_enable_triton_gemm=true",) * 2,
  ],
)
def test_a_gpu_s_matmuls_are_cublas_s(monkeypatch, before, after):
  monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: [kind])
  monkeypatch.setenv("XLA_FLAGS", before)
  told = []
  monkeypatch.setattr(
    device_strategy.logging, "info", lambda text, *args: told.append(text)
  )
  device_strategy.create(device_settings.DeviceSettings())
  assert os.environ["XLA_FLAGS"] == after
  assert told[0].startswith("added %s=false to XLA_FLAGS") == (before != after)


def test_without_a_gpu_xla_s_flags_stay(monkeypatch):
  monkeypatch.delenv("XLA_FLAGS", raising=False)
  device_strategy.create(device_settings.DeviceSettings())
  assert "XLA_FLAGS" not in os.environ
