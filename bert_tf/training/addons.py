"""The one door to tensorflow-addons, which is at its end of life.

It imports `keras.src.engine`, a module that Keras 3 no longer has. Where only
the module of that name is registered, all that this project needs works.
"""

import importlib
import sys
import types
import warnings
from typing import Any

from bert_tf import keras

_ENGINE = "keras.src.engine"


def load() -> Any:
  """Imports tensorflow_addons.

  Raises:
    ImportError: It is not installed (it has no release for Python 3.12), or
      TensorFlow was imported before this package and took Keras 3.
  """
  if not keras.is_tensorflow_s():
    raise ImportError(
      "TensorFlow was imported before bert_tf and took Keras 3, which "
      "tensorflow-addons (--optimizer=lamb) cannot use: import bert_tf first, "
      "or set TF_USE_LEGACY_KERAS=1 in the environment"
    )
  if _ENGINE not in sys.modules:
    engine = types.ModuleType(_ENGINE)
    engine.keras_tensor = keras.keras_tensor  # type: ignore[attr-defined]
    sys.modules[_ENGINE] = engine
  try:
    with warnings.catch_warnings():
      warnings.simplefilter("ignore")  # its notice that it has ended
      return importlib.import_module("tensorflow_addons")
  except ImportError as error:
    raise ImportError(
      "tensorflow-addons is needed here (--optimizer=lamb) and is not "
      "installed; it exists for Python 3.11 and older: "
      f"pip install tensorflow-addons==0.23.0 ({error})"
    ) from error
