#!/usr/bin/env bash
# The whole road with programs that are built: a corpus, a model that is pretrained on it, fine-tuned on questions, trained
# on preferences, measured after each step on what it has not seen, and asked.
#   scripts/demo_steps.sh PROGRAMS OUT [SIZE]    PROGRAMS: the folder of train, eval and corpus. OUT: where all is written.
#       SIZE: full (the default), half or small; measure: what trains in under five minutes at the speed of this machine
# Stopped and started again, it goes on where it was, at the size it began with.
set -euo pipefail
cd "$(dirname "$0")/.."

if [[ $# != 2 && $# != 3 ]]; then
  sed -n '2,6s/^# //p' "$0" >&2
  exit 2
fi
programs=$1
out=$2
size=${3:-full}
export OMP_WAIT_POLICY="${OMP_WAIT_POLICY:-passive}"  # other programs may be at work too (docs/performance.md)

title() { printf '\n== %s\n' "$1"; }
train() { "$programs/train" --resume auto --out_dir "$out" --dtype float32 --device cpu --max_seq_len 256 --dropout 0 --flash_attn --packed \
  --accumulation_steps 1 --log_interval 100 "$@"; }
evaluate() { "$programs/eval" --out_dir "$out" --device cpu "$@" 2> "$out/eval.log" || { cat "$out/eval.log" >&2; exit 1; }; }

title "a corpus: texts, questions with answers, preferences among answers"
"$programs/corpus" --out "$out/data"

# Sets `speed`: tokens a second of the full size, of a few seconds of training.
measure() {
  rm -rf "$out/speed"
  out="$out/speed" train --mode pretrain --data_path "$out/data/pretrain.jsonl" --dim 128 --n_layers 4 --n_heads 4 \
    --batch_size 8 --max_steps 30 --save_interval 0 > "$out/speed.log" 2>&1 || { cat "$out/speed.log" >&2; exit 1; }
  speed=$(tr -d ',' < "$out/speed.log" | sed -nE 's/^done.*\(([0-9]+) tokens\/s\).*/\1/p')
  rm -rf "$out/speed" "$out/speed.log"
}
if [[ -s "$out/size" ]]; then
  size=$(cat "$out/size")
elif [[ "$size" == measure ]]; then
  measure
  # The full size trains on 4.4 million tokens, half and small on 2.2, and small takes less than half as long for each.
  size=small
  if ((speed > 7500)); then size=half; fi
  if ((speed > 15000)); then size=full; fi
  echo "this machine trains $speed tokens a second: the demo takes its $size size"
fi
dim=128 epochs=2
case "$size" in
  full) ;;
  half) epochs=1 ;;
  small) dim=64 epochs=1 ;;
  *) echo "demo_steps.sh: size is \"$size\"; it is full, half, small or measure" >&2; exit 2 ;;
esac
echo "$size" > "$out/size"

title "pretraining on texts"
train --mode pretrain --data_path "$out/data/pretrain.jsonl" --dim $dim --n_layers 4 --n_heads 4 \
  --epochs $epochs --batch_size 8 --learning_rate 4e-3 --warmup_iters 50 --save_interval 0
evaluate --ppl "$out/data/pretrain_val.jsonl"
evaluate --temperature 0.6 --max_new_tokens 60 --prompt "One morning" --prompt "从前，"

title "fine-tuning on questions; the test asks about combinations of things that training never has"
train --mode sft --data_path "$out/data/sft.jsonl" --dim $dim \
  --epochs $epochs --batch_size 4 --learning_rate 2e-3 --warmup_iters 20 --save_interval 0
evaluate --model_mode 1 --checkpoint "$out/sft_$dim/last" --accuracy "$out/data/sft_test.jsonl" --preferences "$out/data/dpo_test.jsonl"

title "preferences: kind answers rather than rude ones"
train --mode dpo --data_path "$out/data/dpo.jsonl" --dim $dim \
  --epochs 1 --batch_size 8 --learning_rate 5e-5 --warmup_iters 10 --save_interval 0
evaluate --model_mode 1 --accuracy "$out/data/sft_test.jsonl" --preferences "$out/data/dpo_test.jsonl"

title "three questions"
"$programs/eval" --out_dir "$out" --device cpu --model_mode 1 --temperature 0
