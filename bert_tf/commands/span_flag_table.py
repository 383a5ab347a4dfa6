"""The flags of questions and answers that several commands have."""

from typing import Any

# As of `flag_table.SHARED`.
SPAN: dict[str, tuple[type | tuple[str, ...], Any, str]] = {
  "doc_stride": (
    int,
    128,
    "Stride, in tokens, between the windows of a long text.",
  ),
  "max_query_length": (
    int,
    64,
    "Maximum question length in tokens; longer questions are truncated.",
  ),
  "n_best_size": (
    int,
    20,
    "Number of start and end positions to consider, and of answers to list.",
  ),
  "max_answer_length": (int, 30, "Maximum answer length in tokens."),
  "version_2_with_negative": (
    bool,
    False,
    "Allow questions without an answer (SQuAD 2.0).",
  ),
  "null_score_diff_threshold": (
    float,
    0.0,
    "Leave a question unanswered if the score of no answer exceeds that of the "
    "best answer by more than this. run_squad writes the best value into "
    "eval_results.txt.",
  ),
  "answer_alignment": (
    ("original", "offsets"),
    None,
    "How answers in tokens are matched with the text: by the original's rule, "
    "or by character offsets, which are exact in every language (recommended "
    "for new models). Default: as the model was trained, else original.",
  ),
}
