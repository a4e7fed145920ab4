#!/usr/bin/env bash
# Each command runs within the memory that stands here, and 96 KB of stack for each thread.
#
#     tests/limits.sh PROGRAM
#
# The memory is all that a process maps (`ulimit -v`), its program and C library included. The images
# of MNIST take 47 MB of it, and as much again while they are unpacked. Threads have the stack of the
# process with glibc, and allocate nothing but for pictures of a folder: it maps 64 MB for each that
# does, where there is room.
# Prints a line a command, "ok ..." or "not ok ...".
set -u

program=$(realpath "$1")
root=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0

# within MEGABYTES COMMAND...
within()
{
	local megabytes=$1 command

	shift
	command=${*//"$root/"/}
	if (ulimit -s 96 -v $((megabytes * 1024)) && cd "$work" &&
		env -i MNIST_CNN_THREADS=4 "$program" "$@") \
		>"$work/output" 2>&1; then
		echo "ok $command in $megabytes MB"
	else
		echo "not ok $command in $megabytes MB: $(tail -n 1 "$work/output")"
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
mkdir -p "$work/pictures/0" "$work/pictures/1"
cp "$root/data/samples/canvas.png" "$work/pictures/0"
cp "$root/data/samples/7.pgm" "$root/data/samples/scan.png" "$root/data/samples/phone.jpg" \
	"$work/pictures/1"
within 128 inspect data --data pictures --pictures digit --skip-broken
within 48 eval --data "$root/data" --threads 1
within 128 train -q --data "$root/data" --limit 640 --epochs 1 --augment others,drawn,elastic
refused 64 'not enough memory for' train -q --data "$root/data" --threads 1 --epochs 1
refused 256 'needs [0-9]* MB, and there are [0-9]* MB for it; a smaller --batch-size' \
	train -q --data "$root/data" --threads 1 --network 'conv:64,3 batchnorm relu flatten dense:10 softmax' \
	--batch-size 1024
exit $failed
