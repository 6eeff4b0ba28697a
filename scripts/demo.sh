#!/usr/bin/env bash
# From a bare Debian or Ubuntu to a small language model that was trained here and answers: installs, builds, writes a
# corpus, pretrains, fine-tunes on questions and trains on preferences (scripts/demo_steps.sh), measures each, and asks.
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

scripts/install_dependencies.sh --programs
cmake --preset release
cmake --build --preset release -j "$(nproc)" --target corpus train eval
programs=build/release/examples

mkdir -p "$out"
scripts/demo_steps.sh "$programs" "$out" measure

cat <<END

What to try next:
  $programs/eval --out_dir $out --model_mode 1 --interactive       ask it yourself, a line each
  $programs/eval --out_dir $out --prompt "The cat" --temperature 0  the pretrained model goes on with a text
  $programs/train --help                                          your own texts, larger models
  $programs/pretrain_minimal examples/tokenizer $out/data/pretrain.jsonl
                                                                  the same as a program of 25 lines (build it by:
                                                                  cmake --build --preset release --target pretrain_minimal)
END
