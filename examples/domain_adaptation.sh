#!/usr/bin/env bash
# Domain-adaptive pre-training: a pre-trained model goes on learning on a corpus,
# an hour at most on two cores; before and after on held-out text.
#
#   examples/domain_adaptation.sh MODEL CORPUS HELD_OUT OUT [STEPS [FLAG...]]
#
# MODEL is a folder with bert_model.ckpt, bert_config.json and vocab.txt; without
# the heads of pre-training there is no before. STEPS is a multiple of 4, at whose
# quarters it is evaluated; each FLAG is one more of pre-training's, such as
# --precision=mixed_bfloat16. Killed, it goes on where it was.
set -euo pipefail
model=$1 corpus=$2 held_out=$3 out=$4 steps=${5:-480}
mkdir -p "$out/before"

for part in train held_out; do
  text=$corpus && [ $part = train ] || text=$held_out
  [ -e "$out/$part.tfrecord" ] || bert_tf create_pretraining_data \
    --input_file="$text" --output_file="$out/$part.tfrecord" \
    --vocab_file="$model/vocab.txt" --dupe_factor=1
done

evaluate() { # folder, checkpoint
  bert_tf run_pretraining --input_file="$out/held_out.tfrecord" \
    --output_dir="$out/$1" --bert_config_file="$model/bert_config.json" \
    --do_eval --eval_batch_size=32 --max_eval_steps=25 --init_checkpoint="$2"
  echo "$1:" && cat "$out/$1/eval_results.txt"
}
evaluate before "$model" || echo "no heads in $model"

bert_tf run_pretraining --input_file="$out/train.tfrecord" \
  --output_dir="$out/after" --bert_config_file="$model/bert_config.json" \
  --init_checkpoint="$model" --do_train \
  --dynamic_masking --vocab_file="$model/vocab.txt" --train_batch_size=32 \
  --learning_rate=3e-4 --num_train_steps="$steps" --num_warmup_steps=100 \
  --save_checkpoints_steps=$((steps / 4)) --keep_checkpoint_max=0 \
  --optimizer=adamw_bias_corrected "${@:6}"
for quarter in 1 2 3 4; do
  step=$((steps / 4 * quarter))
  evaluate "after_$step" "$out/after/model.ckpt-$step"
done

for start in "$model" "$out/after"; do
  printf 'She looked at him in [MASK].\nThe carriage stopped at the [MASK].\n' |
    bert_tf fill_mask --init_checkpoint="$start" \
      --bert_config_file="$model/bert_config.json" \
      --vocab_file="$model/vocab.txt" || echo "no heads in $start"
done
