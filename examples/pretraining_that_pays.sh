#!/usr/bin/env bash
# Does pre-training pay? A BERT of 4 layers of 256 and a vocabulary of its own is
# pre-trained on a corpus, about an hour on two cores. Three GLUE tasks are then
# fine-tuned from it, from its first half, and from random weights.
#
#   examples/pretraining_that_pays.sh CORPUS HELD_OUT GLUE OUT [STEPS [FLAG...]]
#
# Pre-training goes without dropout: an hour is too short to learn the corpus by
# heart. Fine-tuning has the usual 0.1.
#
# CORPUS and HELD_OUT have one sentence a line and blank lines between documents;
# GLUE has the folders SST-2_8k, CoLA and MRPC; STEPS is a multiple of 8; each FLAG
# is one more of pre-training's. Killed, it goes on where it was. With a GPU:
#
#   examples/pretraining_that_pays.sh ... 10000 --train_batch_size=128 \
#     --precision=mixed_bfloat16
set -euo pipefail
corpus=$1 held_out=$2 glue=$3 out=$4 steps=${5:-8000}
mkdir -p "$out"

[ -e "$out/vocab.txt" ] || bert_tf build_vocab --input_file="$corpus" \
  --output_file="$out/vocab.txt" --vocab_size=8000
size=$(wc -l <"$out/vocab.txt")
write_config() { # file, dropout
  cat >"$out/$1" <<JSON
{"vocab_size": $size, "hidden_size": 256, "num_hidden_layers": 4,
 "num_attention_heads": 4, "intermediate_size": 1024,
 "max_position_embeddings": 128, "type_vocab_size": 2, "hidden_act": "gelu",
 "hidden_dropout_prob": $2, "attention_probs_dropout_prob": $2,
 "initializer_range": 0.02}
JSON
}
write_config pretraining_config.json 0.0
write_config bert_config.json 0.1

# Four copies with other neighbours and cuts, each masked anew whenever it is
# read; evaluation has fixed masks.
for part in train held_out; do
  text=$corpus && [ $part = train ] || text=$held_out
  [ -e "$out/$part.tfrecord" ] || bert_tf create_pretraining_data \
    --input_file="$text" --output_file="$out/$part.tfrecord" \
    --vocab_file="$out/vocab.txt" --max_seq_length=64 \
    --max_predictions_per_seq=10 --dupe_factor=4
done

bert_tf run_pretraining --input_file="$out/train.tfrecord" \
  --output_dir="$out/whole" --bert_config_file="$out/pretraining_config.json" \
  --do_train --dynamic_masking --vocab_file="$out/vocab.txt" \
  --max_seq_length=64 --max_predictions_per_seq=10 \
  --train_batch_size=32 --learning_rate=1e-3 \
  --num_train_steps="$steps" --num_warmup_steps=$((steps / 10)) \
  --save_checkpoints_steps=$((steps / 8)) --keep_checkpoint_max=0 \
  --optimizer=adamw_bias_corrected --nopack "${@:6}"
bert_tf run_pretraining --input_file="$out/held_out.tfrecord" \
  --output_dir="$out/whole" --bert_config_file="$out/pretraining_config.json" \
  --do_eval --max_seq_length=64 --max_predictions_per_seq=10 \
  --eval_batch_size=64 --max_eval_steps=200
cat "$out/whole/eval_results.txt"

fine_tune() { # name, flags of the start
  for task in SST-2 CoLA MRPC; do
    data=$glue/$task && [ -d "$data" ] || data=$glue/${task}_8k
    rate=1e-4 && [ $task != SST-2 ] || rate=3e-4
    bert_tf run_classifier --task_name=$task --data_dir="$data" \
      --output_dir="$out/$task-$1" --bert_config_file="$out/bert_config.json" \
      --vocab_file="$out/vocab.txt" --do_train --do_eval --num_trials=3 \
      --max_seq_length=64 --train_batch_size=32 --learning_rate="$rate" \
      --num_train_epochs=3 --optimizer=adamw_bias_corrected "${@:2}"
    echo "$task, $1:" && cat "$out/$task-$1/trials.tsv"
  done
}
fine_tune whole --init_checkpoint="$out/whole"
fine_tune half --init_checkpoint="$out/whole/model.ckpt-$((steps / 2))"
fine_tune random
