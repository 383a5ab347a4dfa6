"""A functional model on two devices: trained, saved, loaded, served."""

import numpy as np
import tensorflow as tf

import bert_tf
from bert_tf import keras
from tests import processes
from tests.models import saving


def make():
  encoder = bert_tf.BertModel(saving.CONFIG)
  inputs = saving.symbolic(saving.inputs_of(encoder))
  x = keras.layers.Dense(3)(encoder(inputs).pooled_output)
  model = saving.randomize(keras.Model(inputs, x))
  model.compile(
    bert_tf.create_optimizer(1e-2, 8, 2),
    keras.losses.SparseCategoricalCrossentropy(from_logits=True),
  )
  return encoder, model


def fit(model, arrays):
  labels = np.array([0, 2, 1, 0])
  data = tf.data.Dataset.from_tensor_slices((arrays, labels)).batch(4)
  model.fit(data, epochs=4, verbose=0)


def on_two_devices(folder):
  cpu = tf.config.list_physical_devices("CPU")[0]
  tf.config.set_logical_device_configuration(
    cpu, [tf.config.LogicalDeviceConfiguration()] * 2
  )
  strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
  assert strategy.num_replicas_in_sync == 2
  with strategy.scope():
    encoder, model = make()
  arrays = saving.inputs_of(encoder)
  fit(model, arrays)
  np.save(f"{folder}/want.npy", model.predict(arrays, verbose=0))
  model.save(f"{folder}/m.keras")
  model.save(f"{folder}/served")
  encoder.save_checkpoint(f"{folder}/encoder")
  with strategy.scope():
    compiled = bert_tf.BertClassifier(saving.CONFIG, 2)
    compiled.compile(bert_tf.create_optimizer(1e-2, 8))
  compiled.save_checkpoint(f"{folder}/compiled")  # its step is mirrored, too
  with strategy.scope():
    found = keras.models.load_model(f"{folder}/m.keras")
  assert found.optimizer.iterations.numpy() == 4
  fit(found, arrays)
  fit(model, arrays)
  np.testing.assert_allclose(
    found.predict(arrays, verbose=0), model.predict(arrays, verbose=0), 1e-6
  )


def test_trains_saves_loads_serves(tmp_path):
  processes.finish(processes.start(__file__, {"folder": str(tmp_path)}))
  want = np.load(tmp_path / "want.npy")
  encoder, alone = make()
  arrays = saving.inputs_of(encoder)
  fit(alone, arrays)
  # One device comes to the same: gradients are summed before they are clipped.
  np.testing.assert_allclose(alone.predict(arrays, verbose=0), want, atol=1e-4)
  loaded = keras.models.load_model(tmp_path / "m.keras")
  np.testing.assert_allclose(loaded.predict(arrays, verbose=0), want, atol=1e-6)
  served = tf.saved_model.load(str(tmp_path / "served"))
  tensors = {name: tf.constant(array) for name, array in arrays.items()}
  (got,) = served.signatures["serving_default"](**tensors).values()
  np.testing.assert_allclose(got, want, atol=1e-6)
  part = bert_tf.BertModel.from_checkpoint(tmp_path / "encoder")
  np.testing.assert_allclose(
    part(arrays).pooled_output,
    loaded.get_layer("bert")(arrays).pooled_output,
    atol=1e-6,
  )


if __name__ == "__main__":
  import json
  import sys

  on_two_devices(**json.loads(sys.argv[1]))
