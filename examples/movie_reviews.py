"""Movie reviews with a BERT of TensorFlow Hub: is a review positive?

The flow of the original's notebook predicting_movie_reviews, with its settings:
5,000 reviews to train on and 5,000 to evaluate, three epochs, sentences to try.

  python examples/movie_reviews.py REVIEWS MODULE OUTPUT [COUNT]

REVIEWS is the unpacked Large Movie Review Dataset (aclImdb), MODULE an unpacked
module of TensorFlow Hub, OUTPUT a folder; COUNT is the number of reviews.
"""

import json
import pathlib
import random
import subprocess
import sys

import bert_tf

LABELS = {"neg": "Negative", "pos": "Positive"}
TRIED = (
  "That movie was absolutely awful",
  "The acting was a bit lacking",
  "The film was creative and surprising",
  "Absolutely fantastic!",
)
SETTINGS = {
  "max_seq_length": 128,
  "train_batch_size": 32,
  "learning_rate": 2e-5,
  "num_train_epochs": 3.0,
  "warmup_proportion": 0.1,
}


def write_table(reviews: pathlib.Path, path: pathlib.Path, count: int) -> None:
  """Writes a table of a sample of reviews, a JSON object a line.

  Args:
    reviews: Holds neg/*.txt and pos/*.txt.
    path: The table.
    count: Reviews of the sample.
  """
  found = [
    {"text": file.read_text("utf-8"), "label": label}
    for folder, label in LABELS.items()
    for file in sorted((reviews / folder).glob("*.txt"))
  ]
  if not found:
    sys.exit(f"{reviews}: found no neg/*.txt and pos/*.txt")
  sample = random.Random(0).sample(found, min(count, len(found)))
  lines = (json.dumps(row, ensure_ascii=False) for row in sample)
  path.write_text("".join(f"{line}\n" for line in lines), "utf-8")


def main(reviews: str, module: str, output: str, count: str = "5000") -> None:
  """Prepares the tables, fine-tunes and evaluates, then tries sentences."""
  tables = pathlib.Path(output) / "tables"
  tables.mkdir(parents=True, exist_ok=True)
  for folder, name in (("train", "train"), ("test", "dev")):
    table = tables / f"{name}.jsonl"
    write_table(pathlib.Path(reviews) / folder, table, int(count))
  trained = str(pathlib.Path(output) / "model")
  flags = SETTINGS | {
    "task_name": "tsv",
    "data_dir": tables,
    "bert_hub_module_handle": module,
    "output_dir": trained,
  }
  command = [sys.executable, "-m", "bert_tf", "run_classifier_with_tfhub"]
  command += [f"--{name}={value}" for name, value in flags.items()]
  subprocess.run([*command, "--do_train", "--do_eval"], check=True)
  print((pathlib.Path(trained) / "eval_metrics.txt").read_text())
  classify = bert_tf.TextClassifier.from_checkpoint(trained)
  for text, found in zip(TRIED, classify(TRIED), strict=True):
    shares = ", ".join(f"{k} {v:.2f}" for k, v in found.scores.items())
    print(f"{found.labels[0]}: {text} ({shares})")


if __name__ == "__main__":
  main(*sys.argv[1:])
