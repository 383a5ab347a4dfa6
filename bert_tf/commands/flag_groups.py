"""The groups of flags that `--help` shows."""

OTHERS = "Other flags"
# In this order. A flag that stands nowhere comes under "Other flags".
GROUPS = {
  "Data": """
    corpus text text_pair input_file sample_file data_dir task_name train_file
    dev_file test_file predict_file predict_articles text_column
    text_pair_column context_column question_column ending_prefix word_column
    label_column max_score task_type labels label_separator label_scheme
    encoding quoting skip_bad_lines max_seq_length doc_stride max_query_length
    do_whole_word_mask masked_lm_prob short_seq_prob max_predictions_per_seq
    dupe_factor dynamic_masking random_seed logdir scalars mode
    """,
  "Vocabulary": """
    do_lower_case vocab_size reserved_tokens num_unused_tokens learner
    character_coverage max_unique_chars max_input_tokens max_token_length
    num_iterations lower_thresh slack_ratio add_tokens resize_vocab
    """,
  "Model": """
    model_type bert_hub_module_handle bert_config_file vocab_file
    init_checkpoint init_from_layers saved_model checkpoint compare_with input
    from download verify hidden_act labels_of use_one_hot_embeddings layers
    pooling normalize word_vectors
    """,
  "Training": """
    do_train objective scale allow_new_layers train_batch_size learning_rate
    num_train_epochs num_train_steps num_warmup_steps warmup_proportion
    optimizer gradient_accumulation_steps teacher_checkpoint
    distillation_temperature distillation_weight freeze_layers layer_decay
    class_weights label_smoothing seed num_trials num_folds eval_steps
    best_metric early_stopping_patience save_checkpoints_steps
    keep_checkpoint_max require_latest log_steps profile_steps
    """,
  "Evaluation and prediction": """
    do_eval do_predict eval_batch_size predict_batch_size batch_size
    max_eval_steps top_k n_best_size max_answer_length version_2_with_negative
    null_score_diff_threshold answer_alignment score_by batch_by_length
    pad_windows
    """,
  "Devices": """
    format quantize litert_lengths calibration_file
    precision strategy jit_compile pack length_buckets use_tpu tpu_name
    tpu_zone gcp_project
    iterations_per_loop num_shards num_workers runner beam_options
    spark_master spark_options max_restarts backoff_seconds max_backoff_seconds
    stable_seconds stop_seconds
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
  OTHERS: "",
  "Without effect": "master num_tpu_cores",
}
