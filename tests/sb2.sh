#!/bin/sh
# The same training gives the same bytes: with every number of threads, with every set of kernels that
# has a fused multiply-add, and with every program given. The portable kernels, which have none, are
# compared with each other.
#
#     tests/same-bytes.sh PROGRAM ...
#
# A program may be a command with arguments, such as "qemu-aarch64 build-arm/mnist-cnn". Compared are
# the whole model file, and the curves without the seconds. Prints a line a comparison, "ok ..."
# or "not ok ...".
set -u

here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
unset MNIST_CNN_THREADS
pooled="conv:8,3 relu maxpool:2 conv:12,3 relu maxpool:2 flatten dense:32 relu dropout:0.5 dense:10 softmax"
augment=shift:2,rotate:12,scale:0.12,shear:0.2,elastic:30,sigma:4,others:0.3,drawn:0.2,until:0.5
plain="conv:5,5,2,same relu conv:19,3,same batchnorm tanh maxpool:2 flatten dense:10 softmax"

# The first 500 training images of MNIST, as IDX files: unpacking all of them takes longer than to train.
data=$here/../data/train
{
	printf '\0\0\10\3\0\0\0\62\0\0\0\34\0\0\0\34'
	gzip -dc "$data-images-idx3-ubyte.gz" | tail -c +17 | head -c 39200
} >"$work/train-images-idx3-ubyte" 2>"$work/error"
{
	printf '\0\0\10\1\0\0\0\62'
	gzip -dc "$data-labels-idx1-ubyte.gz" | tail -c +9 | head -c 50
} >"$work/train-labels-idx1-ubyte" 2>"$work/error"

# train KERNELS THREADS COMMAND...: leaves $work/result. The status is 2 where the program or the
# processor has no such kernels.
train()
{
	kernels=$1 threads=$2
	shift 2
	: >"$work/result"
	train_one "$@" train --network "$pooled" --epochs 1.4 --augment "$augment" --schedule cosine \
		--warmup 0.2 --weight-decay 0.01 --label-smoothing 0.1 --patience 1 &&
		train_one "$@" train --network "$plain" --epochs 1 --optimizer sgd --schedule linear
}

train_one()
{
	"$@" -q --data "$work" --kernels "$kernels" --threads "$threads" --model "$work/model" \
		--curves "$work/curves" 2>"$work/error" || return
	cat "$work/model" >>"$work/result"
	cut -d , -f 1-6 "$work/curves" >>"$work/result"
}

failed=0
for program; do
	for kernels in portable; do
		first=$work/fused
		[ $kernels = portable ] && first=$work/portable
		for threads in 1; do
			name="$program: $kernels, threads: $threads"
			status=0
			# shellcheck disable=SC2086 # a command with arguments
			train $kernels $threads $program || status=$?
			[ $status = 2 ] && break
			if [ $status != 0 ]; then
				echo "not ok $name: $(cat "$work/error")"
				failed=1
			elif [ ! -f "$first" ]; then
				cp "$work/result" "$first"
			elif cmp -s "$work/result" "$first"; then
				echo "ok $name"
			else
				echo "not ok $name: other bytes"
				failed=1
			fi
		done
	done
done
exit $failed
