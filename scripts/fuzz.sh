#!/usr/bin/env bash
# Feeds hostile bytes to everything that reads what others wrote: see usage below.
set -eu -o pipefail

usage()
{
	cat <<'END'
Usage: scripts/fuzz.sh [--minutes N | --seconds N] [--seed N] [TARGET ...]
       scripts/fuzz.sh --seeds PROGRAM

Builds tests/fuzz.c in the project's build-test/fuzz/ by clang, with libFuzzer and the address and
undefined-behaviour sanitizers, and fuzzes each target for so long (one minute), as many at once as
there are processors. Inputs that reached new code are kept in build-test/fuzz/corpus/, and the next
run goes on with them; what is tried is left to chance, unless --seed gives where chance begins.
An input that crashes, hangs, leaks or is read differently by another library is kept in
build-test/fuzz/found/, and printed in base64. A line "ok TARGET" or "not ok TARGET" for each; the
exit status is 1 if one is not ok.

With --seeds, PROGRAM, which may be a build of tests/fuzz.c by any compiler, reads every seed once.

Targets, and where fuzzing begins, besides tests/fuzz/TARGET/:
END
	targets
}

# Where a target has no files of its own in tests/fuzz/, a pattern for fixtures stands beside it.
targets()
{
	cat <<'END'
  augment
  checkpoint
  csv
  export
  gzip         tests/fixtures/gzip/small-*.gz
  idx
  inflate      tests/fixtures/gzip/small-*.gz
  jpeg         tests/fixtures/jpeg/*.jpg
  json
  line
  model
  network
  picture
  png
  pnm
  safetensors  tests/fixtures/safetensors-corpus/*
END
}

seconds=60
seed=0 # libFuzzer chooses
names=()
program=
while [ $# -gt 0 ]; do
	case $1 in
	--minutes) seconds=$((60 * $2)) && shift ;;
	--seconds) seconds=$2 && shift ;;
	--seed) seed=$2 && shift ;;
	--seeds) program=$(realpath "$2") && shift ;;
	-h | --help) usage && exit ;;
	-*) printf 'scripts/fuzz.sh: unknown option: %s\n\n' "$1" >&2 && usage >&2 && exit 2 ;;
	*) names+=("$1") ;;
	esac
	shift
done

# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"
cd "$root"
if [ ${#names[@]} = 0 ]; then
	while read -r name _; do
		names+=("$name")
	done < <(targets)
fi

# seeds TARGET : its files, a line each.
seeds()
{
	compgen -G "$root/tests/fuzz/$1/*" || true
	targets | while read -r name pattern; do
		[ "$name" != "$1" ] || [ -z "$pattern" ] || compgen -G "$root/$pattern"
	done
}

verdict()
{
	if [ "$2" = 0 ]; then
		echo "ok $1"
	else
		echo "not ok $1"
		return 1
	fi
}

# fuzz TARGET
fuzz()
{
	local target=$1 corpus=$folder/corpus/$1 begin=$scratch/$1 options=() status=0 found

	[ ! -e "tests/fuzz/$target.dict" ] || options=(-dict="$root/tests/fuzz/$target.dict")
	mkdir -p "$corpus" "$begin" "$folder/found"
	seeds "$target" | while IFS= read -r file; do
		cp "$file" "$begin/"
	done
	# Memory beyond the bound is refused, as it would be by a small computer.
	(cd "$begin" && FUZZ_TARGET=$target \
		ASAN_OPTIONS=max_allocation_size_mb=256:allocator_may_return_null=1 \
		"$folder/fuzz" -max_total_time="$seconds" -max_len=8192 -timeout=20 -close_fd_mask=1 \
		-seed="$seed" -artifact_prefix="$folder/found/$target-" -print_final_stats=1 "${options[@]}" \
		"$corpus" "$begin") >"$folder/$target.log" 2>&1 || status=$?
	if [ $status != 0 ]; then
		grep -aE -m 20 'ERROR|runtime error|Assert|^ +#|ALARM' "$folder/$target.log" >&2 || true
		found=$(sed -n 's/.*Test unit written to //p' "$folder/$target.log")
		[ -z "$found" ] || { say "$found:" && base64 "$found" >&2; }
	fi
	say "$target: $(awk '/number_of_executed_units/ { print $2 }' "$folder/$target.log") runs"
	verdict "$target" $status
}

status=0
if [ -n "$program" ]; then
	cd "$scratch"
	for name in "${names[@]}"; do
		failed=0
		if ! seeds "$name" | tr '\n' '\0' | FUZZ_TARGET=$name xargs -0 "$program" >log 2>&1; then
			failed=1
			cat log >&2
		fi
		verdict "$name" $failed || status=1
	done
	exit $status
fi

folder=$root/build-test/fuzz
if ! has_libfuzzer; then
	say "scripts/fuzz.sh needs clang with libFuzzer."
	exit 1
fi
build "$folder" -DCMAKE_C_COMPILER=clang -DCMAKE_BUILD_TYPE=Debug -DCMAKE_C_FLAGS=-O1 -DCMOCKA=OFF \
	-DWARNINGS_AS_ERRORS=ON -DSANITIZE=address,undefined,fuzzer-no-link --target fuzz
running=0
for name in "${names[@]}"; do
	if [ $running -ge "$(cores)" ]; then
		wait -n || status=1
		running=$((running - 1))
	fi
	fuzz "$name" &
	running=$((running + 1))
done
while [ $running -gt 0 ]; do
	wait -n || status=1
	running=$((running - 1))
done
exit $status
