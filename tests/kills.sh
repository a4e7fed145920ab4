#!/usr/bin/env bash
# A training that is killed at random moments, and goes on each time from its checkpoint: model,
# curves and checkpoint are whole at every moment, and the end is that of a training in one piece.
#
#     tests/kills.sh [--count N] PROGRAM
#
# Prints a line a check, "ok ..." or "not ok ...". N is 50: so many kills, of which two of three are
# by SIGKILL, the others by a signal that a training answers. How far it comes between two kills
# depends on the computer, the result does not.
set -u -o pipefail
unset CDPATH MNIST_CNN_DATA MNIST_CNN_THREADS

count=50
if [ "${1-}" = --count ]; then
	count=$2
	shift 2
fi
program=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
data=$(cd "$(dirname "$0")/../data" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
cd "$work" || exit
failed=0
RANDOM=1

check()
{
	if "${@:2}"; then
		echo "ok $1"
	else
		echo "not ok $1"
		failed=1
	fi
}

# 300 images in a folder of their own, so that a training begins at once.
small_data()
{
	mkdir data
	{
		printf '\0\0\10\3\0\0\1\54\0\0\0\34\0\0\0\34'
		gzip -dc "$data/t10k-images-idx3-ubyte.gz" | tail -c +17 | head -c $((300 * 784))
	} >data/train-images-idx3-ubyte
	{
		printf '\0\0\10\1\0\0\1\54'
		gzip -dc "$data/t10k-labels-idx1-ubyte.gz" | tail -c +9 | head -c 300
	} >data/train-labels-idx1-ubyte
}
small_data 2>/dev/null

options=(--data data --network 'conv:2,5,2 batchnorm relu maxpool:2 flatten dropout:0.2 dense:10 softmax'
	--epochs 12 --batch-size 8 --patience 5 --augment shift,others --schedule cosine --quiet)

# The curves without the seconds.
curves()
{
	cut -d, -f1-6,8- "$1"
}

# True unless the process is left with a status that it must not have.
fine_status()
{
	case $1 in
	0 | 129 | 130 | 137 | 143) ;;
	*) false ;;
	esac
}

# How it ends that is not killed.
"$program" train "${options[@]}" --model whole.safetensors --curves whole.csv || exit

# begin : start the training in the background, anew or from its checkpoint.
begin()
{
	local from=("${options[@]}" --checkpoint run.checkpoint --checkpoint-every 0
		--model run.safetensors --curves run.csv)

	[ ! -e run.checkpoint ] || from=(--resume run.checkpoint --quiet)
	"$program" train "${from[@]}" --threads $((1 + RANDOM % 3)) 2>>errors &
	process=$!
}

signals=(KILL KILL TERM KILL KILL INT KILL KILL HUP)

kill_and_go_on()
{
	set -m # so that programs in the background get SIGINT, too
	ends=0 wrong=0 changed=0 left=0
	for ((kill = 0; kill < count; kill++)); do
		signal=${signals[kill % ${#signals[@]}]}
		# One that a signal ends at once cannot clear up behind one that was killed.
		[ "$signal" = KILL ] || find . -name '.*.tmp' -delete
		begin
		sleep "0.$((RANDOM % 4))$((RANDOM % 10))"
		kill -"$signal" "$process" 2>/dev/null
		# Now and then somebody is impatient.
		[ "$signal" = KILL ] || ((RANDOM % 2)) || kill -"$signal" "$process" 2>/dev/null
		wait "$process" 2>/dev/null
		status=$?
		fine_status "$status" || wrong=$((wrong + 1))
		[ "$signal" = KILL ] || [ -z "$(find . -name '.*.tmp')" ] || left=$((left + 1))
		if [ "$status" = 0 ] || [ -e run.safetensors ]; then # it was faster; begin anew
			cmp -s run.safetensors whole.safetensors || changed=$((changed + 1))
			rm -f run.*
			ends=$((ends + 1))
		fi
	done
	begin
	wait "$process"
	status=$?
	echo "# $count kills, of which $ends came after the end"
	check "the training comes to its end" [ $status = 0 ]
	check "every one was killed, stopped, or done" [ $wrong = 0 ]
	check "a model that is there is a finished one" [ $changed = 0 ]
	check "a signal leaves no temporary file" [ $left = 0 ]
	check "nothing else is left of those that were killed" [ -z "$(find . -name '.*.tmp')" ]
	check "no checkpoint was torn" [ ! -s errors ]
	check "the model is that of a training in one piece" cmp run.safetensors whole.safetensors
	check "so are the curves" [ "$(curves run.csv)" = "$(curves whole.csv)" ]
	[ ! -s errors ] || cat errors
	exit $failed
}

# In a subshell, which has no traps: what is killed before it has become the program is a copy of the
# shell that began it, and would remove the folder.
(kill_and_go_on)
