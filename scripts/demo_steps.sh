#!/usr/bin/env bash
# The whole road with programs that are built: a corpus, a model that is pretrained on it, fine-tuned on questions, trained
# on preferences, measured after each step on what it has not seen, and asked.
#   scripts/demo_steps.sh PROGRAMS OUT    PROGRAMS: the folder of train, eval and corpus. OUT: where all is written.
# Stopped and started again, it goes on where it was.
set -euo pipefail
cd "$(dirname "$0")/.."

if [[ $# != 2 ]]; then
  sed -n '2,5s/^# //p' "$0" >&2
  exit 2
fi
programs=$1
out=$2
export OMP_WAIT_POLICY="${OMP_WAIT_POLICY:-passive}"  # other programs may be at work too (docs/performance.md)

title() { printf '\n== %s\n' "$1"; }
train() { "$programs/train" --resume auto --out_dir "$out" --dtype float32 --device cpu --max_seq_len 256 --dropout 0 --flash_attn --packed \
  --accumulation_steps 1 --log_interval 100 "$@"; }
evaluate() { "$programs/eval" --out_dir "$out" --device cpu "$@" 2> "$out/eval.log" || { cat "$out/eval.log" >&2; exit 1; }; }

title "a corpus: texts, questions with answers, preferences among answers"
"$programs/corpus" --out "$out/data"

title "pretraining on texts"
train --mode pretrain --data_path "$out/data/pretrain.jsonl" --dim 128 --n_layers 4 --n_heads 4 \
  --epochs 2 --batch_size 8 --learning_rate 4e-3 --warmup_iters 50 --save_interval 0
evaluate --ppl "$out/data/pretrain_val.jsonl"
evaluate --temperature 0.6 --max_new_tokens 60 --prompt "One morning" --prompt "从前，"

title "fine-tuning on questions; the test asks about combinations of things that training never has"
train --mode sft --data_path "$out/data/sft.jsonl" --dim 128 \
  --epochs 2 --batch_size 4 --learning_rate 2e-3 --warmup_iters 20 --save_interval 0
evaluate --model_mode 1 --checkpoint "$out/sft_128/last" --accuracy "$out/data/sft_test.jsonl" --preferences "$out/data/dpo_test.jsonl"

title "preferences: kind answers rather than rude ones"
train --mode dpo --data_path "$out/data/dpo.jsonl" --dim 128 \
  --epochs 1 --batch_size 8 --learning_rate 5e-5 --warmup_iters 10 --save_interval 0
evaluate --model_mode 1 --accuracy "$out/data/sft_test.jsonl" --preferences "$out/data/dpo_test.jsonl"

title "three questions"
"$programs/eval" --out_dir "$out" --device cpu --model_mode 1 --temperature 0
