#!/usr/bin/env bash
# How fast mnist-cnn is, side by side with PyTorch and Keras: see usage below.
set -eu -o pipefail
export LC_ALL=C

usage()
{
	cat <<'END'
Usage: scripts/bench.sh [--quick] [--rounds N] [--no-peers] [--python PYTHON]

Measures in turn, in every round anew, and prints the minimum and the median of the rounds:
  - the reference job: 48,000 images, batch 64, 3 epochs, the seconds of training alone; with
    mnist-cnn (every kernel table that runs here), PyTorch and Keras, with 1, 2 and all threads
  - the peak of this machine: 32-bit multiply-adds that wait for no memory
  - five other networks, with one thread
  - loading, validating, predicting; memory
All of it goes to build/bench.csv, too. Leave the machine alone meanwhile.

  --quick          a tenth of the images (the job's seconds times 10), two rounds
  --rounds N       3 without it
  --no-peers       leave out PyTorch and Keras
  --python PYTHON  use PyTorch and Keras as this Python has them. Without it pip installs them into
                   build/peers, which takes a few GB.
END
}

misused()
{
	printf 'scripts/bench.sh: %s\n\n' "$*" >&2
	usage >&2
	exit 2
}

fraction=1 # of the images: 1 / fraction
rounds=
peers=(torch-eager torch-channels_last keras)
python=
while [ $# -gt 0 ]; do
	case $1 in
	--quick) fraction=10 ;;
	--no-peers) peers=() ;;
	--rounds | --python)
		[ $# -gt 1 ] || misused "$1 wants a value"
		declare "${1#--}=$2"
		shift
		;;
	-h | --help) usage && exit ;;
	*) misused "unknown option: $1" ;;
	esac
	shift
done
: "${rounds:=$((fraction > 1 ? 2 : 3))}"
[[ $rounds =~ ^[1-9][0-9]{0,3}$ ]] || misused "--rounds wants a number from 1 on, not $rounds"

# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

program=$root/build/mnist-cnn
bench=$root/build/bench
data=${MNIST_CNN_DATA:-$root/data}
export MNIST_CNN_DATA=$data
samples=$scratch/samples

job_images=48000 # and 12,000 to validate
job_epochs=3
reference='conv:32,3 relu maxpool:2 conv:64,3 relu maxpool:2'
reference+=' flatten dense:128 relu dropout:0.5 dense:10 softmax'

# The batch size, and what the reference job does not have: convolutions that follow upon each
# other, padding, larger filters, strides, numbers of filters that are no multiple of a vector.
networks=(
	'64 conv:32,3,same relu conv:32,3,same relu maxpool:2 conv:64,3 relu maxpool:2 flatten'
	'64 conv:16,5,same relu maxpool:2 conv:24,5 relu maxpool:2 flatten dense:84 relu'
	'100 conv:32,3,2,same relu conv:64,3,2,same relu flatten dense:128 relu'
	'7 conv:20,3 relu conv:20,3 relu conv:40,3,2 relu flatten dense:100 relu'
	'64 conv:8,7 relu maxpool:3,2 conv:50,3,same relu maxpool:2 flatten dense:200 relu'
)
networks=("${networks[@]/%/ dense:10 softmax}") # at the end of each
network_images=$((fraction > 1 ? 6000 : 24000))

calculate()
{
	awk "BEGIN { printf \"%.6g\", $1 }"
}

# record WHAT SETTING THREADS KERNELS UNIT VALUE
record()
{
	local IFS=$'\t'

	printf '%s\n' "$*" >>"$samples"
}

# sample WHAT SETTING THREADS KERNELS UNIT VALUE : record a measurement, and tell of it.
sample()
{
	record "$@"
	say "  $1${2:+, $2}${4:+, $4}${3:+, threads: $3}: $6 $5"
}

# can_import MODULE PACKAGE... : a peer is there, or is brought by pip into our own environment.
can_import()
{
	local module=$1

	shift
	"$python" -c "import $module" 2>/dev/null && return
	if [ "$python" = "$root/build/peers/bin/python" ]; then
		say "Installing with pip: $*"
		"$python" -m pip install --quiet "$@" >"$scratch/pip.log" 2>&1 ||
			tail -n 3 "$scratch/pip.log" >&2
	fi
	"$python" -c "import $module" 2>/dev/null
}

prepare_peers()
{
	local ready=()

	if [ -z "$python" ]; then
		python=$root/build/peers/bin/python
		[ -x "$python" ] || python3 -m venv "$root/build/peers" >&2 || true
	fi
	if can_import torch torch==2.13.0 numpy; then
		ready+=(torch-eager torch-channels_last)
	else
		say "Going on without PyTorch."
	fi
	if can_import tensorflow,keras tensorflow keras; then
		ready+=(keras)
	else
		say "Going on without Keras."
	fi
	peers=(${ready+"${ready[@]}"})
}

# run COMMAND... : sets wall, in seconds, and kib.
run()
{
	"$bench" run "$@" >"$scratch/run"
	read -r wall kib <"$scratch/run"
}

# train NAME OPTION... : makes NAME.safetensors; sets seconds, of training alone, accuracy of the
# validation images, wall, and kib.
train()
{
	local model=$scratch/$1.safetensors curves=$scratch/$1.csv

	shift
	run "$program" train --recipe plain --quiet --model "$model" --curves "$curves" "$@"
	read -r seconds accuracy < <(awk -F , '
		NR == 1 { for (i = 1; i <= NF; i++) column[$i] = i }
		NR > 1 { seconds += $column["seconds"]; accuracy = $column["val_accuracy"] }
		END { print seconds, accuracy * 100 }' "$curves")
}

measure_peak()
{
	local threads=$1 name seconds

	"$bench" peak "$threads" >"$scratch/peak"
	read -r name seconds <"$scratch/peak"
	sample 'FMA peak' '' "$threads" "$name" s/TFLOP "$seconds"
}

# measure_job KERNELS THREADS SHARE : on 1 / SHARE of the images, as far as time goes.
measure_job()
{
	local kernels=$1 threads=$2 share=$3 setting=mnist-cnn
	local images=$((job_images / fraction / share))

	if [ "$share" != 1 ]; then
		setting="mnist-cnn, from 1/$share of its images"
	fi
	train "$kernels" --kernels "$kernels" --threads "$threads" --epochs $job_epochs \
		--limit $((images * 5 / 4))
	sample 'reference job' "$setting" "$threads" "$kernels" s \
		"$(calculate "$seconds * $job_images / $images")"
	if [ "$share" = 1 ]; then
		sample 'validation accuracy' "$setting" "$threads" "$kernels" % "$accuracy"
		sample 'peak memory of train' "$setting" "$threads" "$kernels" MiB \
			"$(calculate "$kib / 1024")"
	fi
}

measure_peer()
{
	local peer=$1 threads=$2 setting seconds accuracy

	if ! "$python" "$root/scripts/bench-peers.py" "$peer" "$data" $((job_images / fraction)) \
		"$threads" >"$scratch/peer" 2>"$scratch/peer.log"
	then
		tail -n 3 "$scratch/peer.log" >&2
		say "  $peer failed."
		return
	fi
	while IFS=$'\t' read -r setting seconds accuracy; do
		sample 'reference job' "$setting" "$threads" '' s "$(calculate "$seconds * $fraction")"
		sample 'validation accuracy' "$setting" "$threads" '' % "$accuracy"
	done <"$scratch/peer"
}

measure_network()
{
	local batch=${1%% *} spec=${1#* }

	train other --network "$spec" --batch-size "$batch" --threads 1 --epochs 1 --val-split 0 \
		--limit "$network_images"
	sample "network, batch $batch" "$spec" 1 "$fastest" us/image \
		"$(calculate "$seconds * 1e6 / $network_images")"
}

# The model is the one of the reference job.
measure_use()
{
	local threads model=$scratch/$fastest.safetensors

	for threads in "${thread_counts[@]}"; do
		sample 'validate 12,000 images' in-process "$threads" "$fastest" ms \
			"$(calculate "1000 * $("$bench" validate "$model" "$data" "$threads")")"
	done
	for _ in 1 2 3 4 5; do
		run "$program" predict --model "$model" "$root/data/samples/7.pgm"
		sample 'predict one digit' 'whole process' '' "$fastest" ms "$(calculate "$wall * 1000")"
	done
	for _ in 1 2 3 4 5; do
		train other --limit 100 --epochs 1 --val-split 0
		sample 'start, load, save' 'train --limit 100, less its training' '' "$fastest" ms \
			"$(calculate "($wall - $seconds) * 1000")"
	done
}

measure_round()
{
	local threads kernels network peer share

	for threads in "${thread_counts[@]}"; do
		measure_peak "$threads"
		for peer in ${peers+"${peers[@]}"}; do
			measure_peer "$peer" "$threads"
		done
		for kernels in $tables; do
			case $kernels in
			reference) share=40 ;;
			portable) share=4 ;;
			*) share=1 ;;
			esac
			measure_job "$kernels" "$threads" "$share"
		done
	done
	for network in "${networks[@]}"; do
		measure_network "$network"
	done
	measure_use
}

provide compiler cmake make
say "Building in $root/build"
build "$root/build" -DCMAKE_BUILD_TYPE=Release -DSANITIZE= --target mnist-cnn bench
if [ ${#peers[@]} -gt 0 ]; then
	prepare_peers
fi

case $(cores) in
1) thread_counts=(1) ;;
2) thread_counts=(1 2) ;;
*) thread_counts=(1 2 "$(cores)") ;;
esac
tables=$("$bench" kernels)
fastest=${tables%%$'\n'*}
cc=$(sed -n 's/^CMAKE_C_COMPILER:[A-Z]*=//p' "$root/build/CMakeCache.txt")

record processor "$(processor)" '' '' cores "$(cores)"
record compiler "$("$cc" --version | head -n 1)" '' '' '' ''
record date "$(date -u '+%Y-%m-%d %H:%M UTC')" '' '' '' ''
record 'load before' "$(uptime | sed 's/.*load average[s]*: *//')" '' '' '' ''
record 'images of the job' "1/$fraction" '' '' images $((job_images / fraction))
record 'dense arithmetic' 'reference job' '' '' MFLOP/image "$("$bench" flops "$reference")"
for network in "${networks[@]}"; do
	record 'dense arithmetic' "${network#* }" '' '' MFLOP/image "$("$bench" flops "${network#* }")"
done
for ((round = 1; round <= rounds; round++)); do
	say "Round $round of $rounds"
	measure_round
done

awk -v images=$((job_images * job_epochs)) -v csv="$root/build/bench.csv" \
	-f "$root/scripts/bench-report.awk" "$samples"
say "Written to $root/build/bench.csv"
