"""SavedModels of tools/export_saved_model, read as checkpoints.

Their variables have Google's names; vocab.txt, bert_config.json and
export.json, the settings of the export, are among the assets.
"""

import os

from bert_tf import bert_config
from bert_tf.checkpoints import (
  checkpoint_format,
  export_checksums,
  object_graph,
  portable_model,
  stored_rules,
  variable_names,
)
from bert_tf.system import files
from bert_tf.text import tokenizer_rules

SETTINGS = stored_rules.EXPORT
_LABELS_OF = {
  "classifier": portable_model.PER_SEQUENCE,
  "multilabel": portable_model.PER_SEQUENCE,
  "regressor": portable_model.PER_SEQUENCE,
  "tagger": portable_model.PER_TOKEN,
  "multiple_choice": portable_model.PER_CHOICE,
}


class ExportedFormat(checkpoint_format.CheckpointFormat):
  """A SavedModel that export_saved_model wrote, or a folder of versions."""

  name = "saved_model"

  def mismatch(self, path: str) -> str | None:
    """See `CheckpointFormat`."""
    folder = object_graph.find_saved_model(path)
    if folder is None:
      return f"a folder with {object_graph.SAVED_MODEL}: there is none"
    file = os.path.join(folder, "assets", SETTINGS)
    return None if files.exists(file) else f"{file}: there is none"

  def read(
    self, path: str, config: bert_config.BertConfig | None = None
  ) -> portable_model.Portable:
    """Reads the variables and the assets; the program is not run.

    Raises:
      FileNotFoundError: A file is missing.
      ValueError: A file is damaged.
    """
    del config
    folder = object_graph.find_saved_model(path) or path
    export_checksums.check(folder)
    assets = os.path.join(folder, "assets")
    settings = files.read_json(os.path.join(assets, SETTINGS))
    reader = object_graph.Reader(object_graph.variables(folder))
    state = variable_names.training_state(reader.keys)
    known = ("bert/", *portable_model.HEADS.values())
    labels = settings.get("labels") or ()
    vocabulary = portable_model.read_vocabulary(assets)
    stated = tokenizer_rules.stated(settings, os.path.join(assets, SETTINGS))
    return portable_model.Portable(
      path=folder,
      config=bert_config.BertConfig.from_json_file(
        os.path.join(assets, portable_model.CONFIG)
      ),
      tensors={
        name: reader.read(name)
        for name in sorted(reader.keys)
        if name.startswith(known) and name not in state
      },
      vocabulary=vocabulary,
      rules=portable_model.rules(stated, vocabulary),
      labels=tuple(map(str, labels)) if isinstance(labels, list) else (),
      labels_of=_LABELS_OF.get(str(settings.get("model_type"))),
    )


FORMAT = ExportedFormat()
