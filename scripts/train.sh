#!/usr/bin/env bash
# From a fresh clone to a trained network: see usage below.
set -eu -o pipefail

usage()
{
	cat <<'END'
Usage: scripts/train.sh [OPTION of mnist-cnn train]...

Builds mnist-cnn in the project's build/, trains a network on MNIST, draws its learning curves,
evaluates it on the test images (without any, on those that validated it), and has it read a
digit. What is missing (C compiler, CMake, gnuplot) is installed with apt where that is possible;
otherwise you are told what to install.

Leaves model.safetensors, curves.csv and curves.png in the current folder. Examples:
  scripts/train.sh
  scripts/train.sh --epochs 1 --limit 2000      a quick look
  scripts/train.sh --seed 2 --model second.safetensors --curves second.csv
All the options: build/mnist-cnn train --help
END
}

for argument; do
	case $argument in
	-h | --help) usage && exit ;;
	esac
done

# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

# What train is told to write, and to read, matters to the steps after it.
model=model.safetensors
curves=curves.csv
data=${MNIST_CNN_DATA:-$root/data}
given= # --data, where it was given
skip=
list=false
previous=
for argument; do
	option=$previous$argument
	case $option in
	--resume | --resume=* | --model=- | --curves=-)
		printf 'scripts/train.sh: %s: that is for build/mnist-cnn train itself\n' "${option%%=*}" >&2
		exit 2
		;;
	--recipe=list) list=true ;;
	--skip-broken) skip=$option ;;
	--model=*) model=${option#*=} ;;
	--curves=*) curves=${option#*=} ;;
	--data=*)
		data=${option#*=}
		given=" --data $(printf %q "$data")"
		;;
	esac
	case $argument in
	--model | --curves | --data | --recipe) previous=$argument= ;;
	*) previous= ;;
	esac
done
picture=${curves%.csv}.png
program=$root/build/mnist-cnn

provide compiler cmake make gnuplot:optional
say "Building in $root/build"
build "$root/build" -DCMAKE_BUILD_TYPE=Release -DSANITIZE= --target mnist-cnn

if $list; then
	exec "$program" train --recipe list
fi
"$program" train --data "$data" "$@"

if ! has gnuplot; then
	picture="(no picture of the curves without gnuplot)"
elif ! gnuplot -c "$root/scripts/plot-curves.gp" "$curves" "$picture"; then
	picture="(no picture of the curves: gnuplot failed)"
fi

measure()
{
	"$program" eval --data "$data" ${skip:+"$skip"} --model "$model" --split "$1"
}

say
say "On the test images, which training never saw:"
if ! measure test; then
	say
	say "On the images that validated it:"
	measure val || say "So nothing says how well it reads."
fi

say
say "A digit from data/samples:"
"$program" predict --model "$model" --show "$root/data/samples/7.pgm"

say
say "In $PWD: $model, $curves, $picture"
say "Next, try:"
here=$(printf %q "$root")/
if [ . -ef "$root" ]; then
	here=
fi
say "  ${here}build/mnist-cnn inspect data --data $(printf %q "$data")"
say "  ${here}build/mnist-cnn predict --model $(printf %q "$model") ${here}data/samples/*.pgm"
say "  ${here}scripts/train.sh$given --epochs 10 --eval-train"
