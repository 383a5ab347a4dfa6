"""What `--help` prints: purpose, example, flags in groups."""

import re
import textwrap
from collections.abc import Iterable, Sequence
from typing import Any

from absl import flags

_WIDTH = 80
NEEDED = "must have a value other than None"
_OTHERS = "Other flags"
# In this order. A flag that stands nowhere comes under "Other flags".
GROUPS = {
  "Data": """
    corpus text text_pair input_file sample_file data_dir task_name train_file
    dev_file test_file predict_file predict_articles text_column
    text_pair_column word_column label_column task_type labels label_separator
    label_scheme encoding quoting skip_bad_lines max_seq_length
    doc_stride max_query_length do_whole_word_mask masked_lm_prob short_seq_prob
    max_predictions_per_seq dupe_factor random_seed logdir scalars mode
    """,
  "Vocabulary": """
    do_lower_case vocab_size reserved_tokens num_unused_tokens learner
    character_coverage max_unique_chars max_input_tokens max_token_length
    num_iterations lower_thresh slack_ratio add_tokens resize_vocab
    """,
  "Model": """
    model_type bert_config_file vocab_file init_checkpoint saved_model
    checkpoint compare_with input from download verify hidden_act labels_of
    use_one_hot_embeddings layers pooling normalize word_vectors
    """,
  "Training": """
    do_train allow_new_layers train_batch_size learning_rate num_train_epochs
    num_train_steps num_warmup_steps warmup_proportion optimizer
    gradient_accumulation_steps freeze_layers layer_decay class_weights
    label_smoothing seed num_trials num_folds eval_steps best_metric
    early_stopping_patience save_checkpoints_steps keep_checkpoint_max
    require_latest log_steps profile_steps
    """,
  "Evaluation and prediction": """
    do_eval do_predict eval_batch_size predict_batch_size batch_size
    max_eval_steps top_k n_best_size max_answer_length version_2_with_negative
    null_score_diff_threshold answer_alignment score_by batch_by_length
    pad_windows
    """,
  "Devices": """
    precision strategy jit_compile pack use_tpu tpu_name tpu_zone gcp_project
    iterations_per_loop num_shards num_workers runner beam_options
    """,
  "Server": """
    host port grpc_port max_batch_size max_batch_tokens max_batch_delay_ms
    max_queue max_request_bytes max_request_texts max_text_tokens
    request_timeout poll_seconds drain_seconds
    """,
  "Load": "url clients seconds texts rate allow_remote",
  "Output": """
    output_dir output_file export_dir output_format projector_dir to json
    allow_loss strip_optimizer test_results_header verbose_logging tmp_dir
    """,
  _OTHERS: "",
  "Without effect": "master num_tpu_cores",
}
_GROUP_OF = {
  name: group for group, names in GROUPS.items() for name in names.split()
}


def text(doc: str, defined: Iterable[Any]) -> str:
  """The whole text.

  Args:
    doc: The command's docstring: a line, then text and an example.
    defined: Its flags.
  """
  parts = [doc.strip(), "Flags; those marked * are required."]
  by_group: dict[str, list[Any]] = {group: [] for group in GROUPS}
  for flag in defined:
    by_group[_GROUP_OF.get(flag.name, _OTHERS)].append(flag)
  for group, members in by_group.items():
    if members:
      order = GROUPS[group].split()
      members.sort(
        key=lambda flag, order=order: (  # type: ignore[misc]
          not is_required(flag),
          order.index(flag.name) if flag.name in order else 0,
        )
      )
      parts.append("\n".join([f"{group}:", *map(_described, members)]))
  parts.append(
    "--verbosity=-1 prints only warnings and errors, --verbosity=1 everything."
    " --helpfull lists the flags of absl as well."
  )
  return "\n\n".join(parts)


def is_required(flag: Any) -> bool:
  """Whether a flag must be given."""
  return any(NEEDED in each.message for each in flag.validators)


def missing() -> list[str]:
  """The required flags that have no value."""
  known = flags.FLAGS
  return [
    name
    for name in sorted(known)
    if known[name].value is None and is_required(known[name])
  ]


def choices(flag: Any) -> Sequence[str]:
  """What may follow the = of a flag, where that is a short list."""
  return getattr(flag.parser, "enum_values", None) or ()


def _described(flag: Any) -> str:
  mark = "*" if is_required(flag) else " "
  name = f"--[no]{flag.name}" if flag.boolean else f"--{flag.name}"
  if choices(flag):
    name += f"=<{'|'.join(choices(flag))}>"
  elif not flag.boolean:
    name += f"={_kind(flag)}"
  about = re.sub(r"\s+", " ", flag.help)
  about = about.removeprefix(f"<{'|'.join(choices(flag))}>: ")
  if flag.default not in (None, "", []) and not flag.boolean:
    about += f" (default: {_shown(flag.default)})"
  elif flag.boolean and flag.default is not None and "Default:" not in about:
    about += f" (default: {str(flag.default).lower()})"
  body = textwrap.fill(
    about,
    _WIDTH,
    initial_indent=" " * 6,
    subsequent_indent=" " * 6,
    break_on_hyphens=False,
    break_long_words=False,
  )
  return f"{mark} {name}\n{body}"


def _kind(flag: Any) -> str:
  kind = flag.flag_type()
  names = {"int": "N", "float": "X", "comma separated list of strings": "A,B"}
  return names.get(kind, "TEXT")


def _shown(default: Any) -> str:
  if isinstance(default, list):
    return ",".join(default)
  return str(default)
