#!/usr/bin/env bash
# Each command runs within the memory that stands here, and 1 MB of stack.
#
#     tests/limits.sh PROGRAM
#
# The memory is all that a process with one thread maps (`ulimit -v`), its program and C library
# included. The images of MNIST take 47 MB of it, and as much again while they are unpacked.
# Prints a line a command, "ok ..." or "not ok ...".
set -u

program=$(realpath "$1")
root=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0
export MNIST_CNN_THREADS=1 # the C library maps 64 MB for each of the others

# within MEGABYTES COMMAND...
within()
{
	local megabytes=$1

	shift
	if (ulimit -s 1024 -v $((megabytes * 1024)) && cd "$work" && "$program" "$@") \
		>"$work/output" 2>&1; then
		echo "ok $1${2:+ $2} in $megabytes MB"
	else
		echo "not ok $1${2:+ $2} in $megabytes MB: $(tail -n 1 "$work/output")"
		failed=1
	fi
}

# refused MEGABYTES MESSAGE COMMAND... : with status 1
refused()
{
	local megabytes=$1 message=$2 status=0

	shift 2
	(ulimit -v $((megabytes * 1024)) && cd "$work" && "$program" "$@") >"$work/output" 2>&1 || status=$?
	if [ $status = 1 ] && grep -q "$message" "$work/output"; then
		echo "ok $1 says: $message"
	else
		echo "not ok $1 does not say \"$message\", status $status: $(tail -n 1 "$work/output")"
		failed=1
	fi
}

within 32 predict "$root/data/samples/7.pgm"
within 32 inspect image "$root/data/samples/7.pgm"
within 32 inspect model
within 128 inspect data --data "$root/data"
within 48 eval --data "$root/data" --threads 1
within 128 train -q --data "$root/data" --threads 1 --limit 640 --epochs 1
refused 64 'not enough memory for' train -q --data "$root/data" --threads 1 --epochs 1
refused 256 'needs [0-9]* MB, and there are [0-9]* MB for it; a smaller --batch-size' \
	train -q --data "$root/data" --threads 1 --network 'conv:64,3 batchnorm relu flatten dense:10 softmax' \
	--batch-size 1024
exit $failed
