"""The flags that several commands have: kind, default and help."""

from typing import Any

from bert_tf.commands import span_flag_table
from bert_tf.tables import table_form

# Kind or choices, default, help; by name.
SHARED: dict[str, tuple[type | tuple[str, ...], Any, str]] = {
  "bert_config_file": (
    str,
    None,
    "Path to the model's bert_config.json. Default: the one beside "
    "--init_checkpoint.",
  ),
  "vocab_file": (
    str,
    None,
    "Path to the model's vocabulary file. Default: the one beside "
    "--init_checkpoint.",
  ),
  "init_checkpoint": (
    str,
    None,
    "Checkpoint to start from, usually a pre-trained model: its path, or a "
    "name that `bert_tf models` lists, or hf:ORG/NAME.",
  ),
  "output_dir": (
    str,
    None,
    "Output directory for checkpoints, logs and results.",
  ),
  "allow_new_layers": (
    bool,
    False,
    "Allow training to start from a checkpoint that lacks variables of the "
    "encoder, which are then initialized randomly.",
  ),
  "init_from_layers": (
    list,
    None,
    "Keep these encoder layers of the checkpoint only, such as 0,3,6,9.",
  ),
  "do_lower_case": (
    bool,
    True,
    "True for uncased models, false for cased ones. Default: what the model's "
    "files say, else true.",
  ),
  "max_seq_length": (
    int,
    128,
    "Maximum sequence length in tokens; longer texts are truncated.",
  ),
  "encoding": (
    str,
    None,
    "Encoding of the input files, such as cp949 or utf-16. Default: UTF-8, or "
    "what a byte order mark says.",
  ),
  "quoting": (
    table_form.QUOTINGS,
    table_form.AUTO,
    "tsv: whether quotation marks enclose cells (standard) or are characters "
    "like all others (none). auto: standard in .csv, none in .tsv.",
  ),
  "do_train": (bool, False, "Train the model."),
  "do_eval": (bool, False, "Evaluate the model."),
  "do_predict": (bool, False, "Predict on the test data."),
  "train_batch_size": (int, 32, "Training batch size, over all devices."),
  "eval_batch_size": (int, 8, "Evaluation batch size."),
  "predict_batch_size": (int, 8, "Prediction batch size."),
  "batch_size": (int, 32, "Batch size, in sequences."),
  "learning_rate": (float, 5e-5, "Peak learning rate."),
  "num_train_epochs": (float, 3.0, "Number of training epochs."),
  "warmup_proportion": (
    float,
    0.1,
    "Fraction of the training steps used for linear learning-rate warm-up.",
  ),
  "class_weights": (
    str,
    None,
    "Weights of labels in the training loss: balanced, or LABEL:WEIGHT,... "
    "where labels that are not named weigh 1.",
  ),
  "label_smoothing": (
    float,
    0.0,
    "Fraction of the target that is spread over all labels during training.",
  ),
  "num_trials": (
    int,
    1,
    "Number of trainings with consecutive seeds, in output_dir/trial_1 and so "
    "on; trials.tsv reports their mean and standard deviation.",
  ),
  "num_folds": (
    int,
    1,
    "Cross-validation: split the training data into this many parts and train "
    "a model without each, in output_dir/fold_1 and so on. out_of_fold.tsv "
    "has the predictions, folds.tsv mean and standard deviation of the scores.",
  ),
  "seed": (
    int,
    12345,
    "Random seed for data order, dropout and weight initialization.",
  ),
  # Of pre-training and its data.
  "num_train_steps": (int, 100000, "Number of training steps."),
  "max_predictions_per_seq": (
    int,
    20,
    "Maximum number of masked tokens per sequence.",
  ),
  "masked_lm_prob": (float, 0.15, "Fraction of the tokens to mask."),
  "do_whole_word_mask": (
    bool,
    False,
    "Mask all word pieces of a word, or none.",
  ),
  "dupe_factor": (
    int,
    10,
    "Number of passes over the text, each with different masks.",
  ),
  "top_k": (int, 5, "Number of words to return for each [MASK]."),
  **span_flag_table.SPAN,
}
