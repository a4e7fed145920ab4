#!/usr/bin/env bash
# Trains the model that is compiled into the program, which predict uses where there is no other: the
# recipe accurate as it is, with seed 1. It takes some minutes, and makes the same bytes again on any
# x86-64 processor with AVX2 and on any 64-bit ARM.
#   scripts/make-model.sh [FILE]     (default data/model.safetensors)
set -eu -o pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"
file=${1:-$root/data/model.safetensors}

provide compiler cmake make
build "$root/build" -DCMAKE_BUILD_TYPE=Release -DSANITIZE= --target mnist-cnn
"$root/build/mnist-cnn" train --recipe accurate --seed 1 --data "$root/data" \
	--model "$scratch/model.safetensors" --curves "$scratch/curves.csv"
cp "$scratch/model.safetensors" "$file"
say "Written to $file"
