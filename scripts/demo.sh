#!/usr/bin/env bash
# From a bare Debian or Ubuntu to a small language model that was trained here and talks: installs, builds, writes a
# corpus, trains for two to three minutes on two cores, and lets the model go on with a few words.
#   scripts/demo.sh          stopped and started again, it goes on where it was
#   scripts/demo.sh --fresh  from the beginning
set -euo pipefail
cd "$(dirname "$0")/.."

usage() { sed -n '2,5s/^# //p' "$0"; }

out=out/demo
for argument in "$@"; do
  case "$argument" in
    --fresh) rm -rf "$out" ;;
    -h | --help) usage; exit 0 ;;
    *) echo "demo.sh: unknown option $argument" >&2; usage >&2; exit 2 ;;
  esac
done

scripts/install_dependencies.sh
cmake --preset release
cmake --build --preset release -j "$(nproc)" --target corpus train eval
programs=build/release/examples
export OMP_WAIT_POLICY="${OMP_WAIT_POLICY:-passive}"  # other programs may be at work too (docs/performance.md)

echo
"$programs/corpus" --out "$out/data"
echo
"$programs/train" --resume auto --out_dir "$out" \
  --data_path "$out/data/pretrain.jsonl" --val_path "$out/data/pretrain_val.jsonl" \
  --dim 128 --n_layers 4 --n_heads 4 --max_seq_len 256 --dropout 0 --flash_attn --packed --dtype float32 \
  --epochs 2 --batch_size 8 --accumulation_steps 1 --learning_rate 4e-3 --warmup_iters 50 --log_interval 100 --save_interval 400
echo
"$programs/eval" --out_dir "$out" --temperature 0.6 --max_new_tokens 200

cat <<END

What to try next:
  $programs/eval --out_dir $out --interactive                     your own beginnings, a line each
  $programs/eval --out_dir $out --prompt "The cat" --temperature 0
  $programs/train --help                                          your own texts, larger models
  $programs/pretrain_minimal examples/tokenizer $out/data/pretrain.jsonl
                                                                  the same as a program of 25 lines (build it by:
                                                                  cmake --build --preset release --target pretrain_minimal)
END
