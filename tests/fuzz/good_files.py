"""Good files for every reader, and how they are read."""

import json
import shutil

import tensorflow as tf

from bert_tf.checkpoints import formats, run_metadata
from bert_tf.export import (
  export_settings,
  exporter,
  saved_model_predictor,
)
from bert_tf.inputs import record_files
from bert_tf.tasks.classification import known_tasks, task_definition
from bert_tf.tasks.classification import reader as classification_reader
from bert_tf.tasks.multiple_choice import (
  reader as multiple_choice_reader,
)
from bert_tf.tasks.multiple_choice import (
  settings as multiple_choice_settings,
)
from bert_tf.text import vocabulary_file
from bert_tf.training import best_checkpoint, run_checkpoints
from tests.checkpoints import made_up


def fill(folder, files):
  """Writes files by name into a folder."""
  for name, data in files.items():
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def checkpoint(form):
  def make(folder):
    heads = ["masked_lm"] if form != "model_garden" else []
    made = made_up.model(heads)
    formats.write(made, form, str(folder / "model"))

  return make


def export(folder):
  made = made_up.model(["masked_lm"])
  checkpoint = str(folder / "model")
  formats.write(made, "google", checkpoint)
  exporter.export(
    made.config,
    checkpoint,
    str(folder / "model" / "vocab.txt"),
    export_settings.ExportSettings("masked_lm", max_seq_length=9, top_k=3),
    str(folder / "export"),
  )
  shutil.rmtree(checkpoint)


def read_export(folder):
  path = folder / "export"
  answers = saved_model_predictor.Predictor(str(path)).answer(["a [MASK] ."])
  return answers, formats.read(str(path)).tensors


def export_unchecked(folder):
  export(folder)
  shutil.rmtree(folder / "export" / "1" / "assets.extra")


def read_checkpoint(folder):
  found = formats.read(str(folder / "model"))
  return {
    "tensors": found.tensors,
    "config": found.config.to_dict(),
    "vocabulary": found.vocabulary,
  }


def tensors(folder):
  return formats.read(str(folder / "model")).tensors


def config(folder):
  made_up_config = made_up.CONFIG.to_json_string()
  (folder / "bert_config.json").write_text(made_up_config)


def vocabulary(folder):
  vocabulary_file.save_vocab(folder / "vocab.txt", made_up.VOCABULARY)


def records(folder):
  with tf.io.TFRecordWriter(str(folder / "train.tf_record")) as writer:
    for row in range(12):
      ids = tf.train.Int64List(value=[row] * 4)
      feature = {"input_ids": tf.train.Feature(int64_list=ids)}
      example = tf.train.Example(features=tf.train.Features(feature=feature))
      writer.write(example.SerializeToString())


def read_records(folder):
  found = record_files.find(str(folder / "*.tf_record"))
  record_files.check_lengths(found, {"input_ids": 4})
  rows = []
  with record_files.reading(found):
    dataset = tf.data.TFRecordDataset(list(found.paths)).map(
      lambda x: tf.io.parse_single_example(
        x, {"input_ids": tf.io.FixedLenFeature([4], tf.int64)}
      )
    )
    rows.extend(row["input_ids"].numpy().tolist() for row in dataset)
  return rows


def some_rows(found, good):
  return all(row in good for row in found)


def best(folder):
  best = {"step": 4, "metric": "loss", "value": 0.5, "checkpoint": "m.ckpt-4"}
  (folder / "best.json").write_text(json.dumps(best))


def read_best(folder):
  best = best_checkpoint.Best(str(folder), "loss")
  return (
    best.path(),
    best.is_stale(10, 3),
    best_checkpoint.is_better("loss", 0.4, best._read()["value"]),
  )


def run(folder):
  run_metadata.claim(
    str(folder),
    run_metadata.RunMetadata(
      "classification",
      "single_label",
      ("no", "yes"),
      text={"do_lower_case": True, "max_seq_length": 16},
      settings={"learning_rate": 1e-4, "train_batch_size": 8},
    ),
  )


def latest(folder):
  formats.write(made_up.model(["masked_lm"]), "google", str(folder / "out"))
  names = "\n".join(
    f'all_model_checkpoint_paths: "{name}"' for name in ("bert_model.ckpt",)
  )
  (folder / "out" / "checkpoint").write_text(
    f'model_checkpoint_path: "bert_model.ckpt"\n{names}\n'
  )


def read_latest(folder):
  return run_checkpoints.latest(str(folder / "out"))


def events(folder):
  with tf.summary.create_file_writer(str(folder)).as_default():
    for step in range(30):
      tf.summary.scalar("loss", 1 / (step + 1), step)


SQUAD = {
  "version": "v2.0",
  "data": [
    {
      "title": "Weather",
      "paragraphs": [
        {
          "context": "Snow fell on the mill all night.",
          "qas": [
            {
              "id": "1",
              "question": "What fell?",
              "is_impossible": False,
              "answers": [{"text": "Snow", "answer_start": 0}],
            },
            {
              "id": "2",
              "question": "Who fell?",
              "is_impossible": True,
              "answers": [],
            },
          ],
        }
      ],
    }
  ],
}


def write_squad(folder):
  (folder / "train.json").write_text(json.dumps(SQUAD))


QUESTION = {"context": "It rained on Monday.", "question": "When?"}


def question_lines(folder):
  answers = {"text": ["Monday"], "answer_start": [13]}
  line = json.dumps(QUESTION | {"answers": answers}) + "\n"
  (folder / "train.jsonl").write_text(line * 2)


def question_table(folder):
  (folder / "train.csv").write_text(
    "context,question,answer,answer_start\n"
    '"It rained, on Monday.",When?,Monday,\nFog.,What?,Fog,0\n'
  )


def table(folder):
  (folder / "train.tsv").write_text(
    "text\tlabel\nSnow fell.\tgood\nIt rained.\tbad\nFog.\tbad\n"
  )


def read_table(folder):
  task = known_tasks.tsv(
    "text", None, "label", task_definition.SINGLE_LABEL, ("good", "bad")
  )
  return classification_reader.read(task, task.train, str(folder))


def choices(folder):
  question = {
    "article": "The mill was old. Nobody came.",
    "question": "The mill was _ .",
    "options": ["new", "old", "red"],
    "answer": "B",
  }
  (folder / "train.jsonl").write_text((json.dumps(question) + "\n") * 2)


def choice_table(folder):
  (folder / "train.csv").write_text(
    "context,ending_0,ending_1,ending_2,label\n"
    '"It rained, on Monday.",wet,dry,,0\nFog.,a,b,c,2\n'
  )


def read_choices(folder, task):
  told = multiple_choice_settings.MultipleChoiceSettings(
    task, "v", str(folder), do_train=True
  )
  return multiple_choice_reader.read(told, "train", True)


def words(folder):
  (folder / "train.txt").write_text(
    "Ada B-per\nsaw O\nSnow O\n\nat O\nWren B-loc\nPoint I-loc\n"
  )


def lines(folder):
  (folder / "lines.txt").write_text("Snow fell.\nIs it cold? ||| It is.\n")
