#!/usr/bin/env bash
# A walk through the whole work with a network, in ten minutes: see usage below.
set -eu -o pipefail

usage()
{
	cat <<'END'
Usage: scripts/tour.sh [--no-pause] [--program FILE] [FOLDER]

Look at the images, train, read the curves, provoke overfitting and repair it, look into the network
and at its mistakes, have it read a digit, and take it home as a web page. These are chapters of the
lesson, data/lesson/README.md, which explains them. The tour stops after each until you press Enter;
--no-pause goes through, and so does a tour without a terminal.
--program FILE is an mnist-cnn that is built already. Everything the tour makes ends up in FOLDER
(default tour).
END
}

pause=true
folder=tour
program=
while [ $# -gt 0 ]; do
	case $1 in
	-h | --help) usage && exit ;;
	--no-pause) pause=false ;;
	--program)
		program=$(realpath "${2-}") || exit 2
		shift
		;;
	-*) usage >&2 && exit 2 ;;
	*) folder=$1 ;;
	esac
	shift
done

# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

# comment SENTENCE... : in lines that are not too long.
comment()
{
	printf '%s\n' "$*" | fold -s -w 78 | sed 's/ $//' >&2
}

# step CHAPTER TITLE SENTENCE... : says what comes. Chapter and title are the lesson's.
step()
{
	say
	say "== $1. $2"
	shift 2
	comment "$@"
	say
}

# typed WORD... : a command as one would type it.
typed()
{
	local line='$ mnist-cnn' word

	for word; do
		case $word in
		*[!A-Za-z0-9_./:,=-]*) line+=" '$word'" ;;
		*) line+=" $word" ;;
		esac
	done
	printf '%s' "$line"
}

# The command, and its output; tests/docs.sh compares both with the lesson.
run()
{
	say "$(typed "$@")"
	"$program" "$@"
}

# Likewise, but the table that it prints was there before.
run_silently()
{
	say "$(typed "$@") >/dev/null"
	"$program" "$@" >/dev/null
}

# look WHAT... : what to see in it, behind a line, and time to see it.
look()
{
	say "--"
	comment "$@"
	if $pause; then
		read -r -p "(Enter) " _ || pause=false
	fi
}

# draw CURVES PICTURE
draw()
{
	if has gnuplot; then
		gnuplot -c "$root/scripts/plot-curves.gp" "$1" "$2"
	fi
}

if [ -z "$program" ]; then
	provide compiler cmake make gnuplot:optional
	say "Building in $root/build"
	build "$root/build" -DCMAKE_BUILD_TYPE=Release -DSANITIZE= --target mnist-cnn
	program=$root/build/mnist-cnn
fi
# Results and comments are one text, also in a file.
exec 2>&1
[ -t 0 ] || pause=false
export MNIST_CNN_DATA=${MNIST_CNN_DATA:-$root/data}
samples=$root/data/samples
mkdir -p "$folder"
cd "$folder"

say "The lesson, with all explanations: $root/data/lesson/README.md"

step 1 "The images" "28 by 28 pixels of grey, and for each the digit it is meant to be. Before they" \
	"enter the network, bytes from 0 to 255 become numbers from 0 to 1."
run inspect data --count 10
run_silently inspect data --count 100 --sheet samples.png
look "samples.png shows a hundred. Which would you misread yourself?"

step 3 "Training" "The plain recipe: three times through 48,000 images. The other 12,000 are only" \
	"looked at, to see whether what was learned holds for images that were not."
run train --recipe plain --model plain.safetensors --curves plain.csv
draw plain.csv plain.png
look "plain.png: loss falls and accuracy rises, and the validation's curves go with those of the" \
	"training: what is learned holds for new images, and there is still more to learn. Validation" \
	"is even better, since dropout hinders training alone."

step 5 "Overfitting" "Few images, many rounds, and no dropout: 2,000 images, 30 epochs. The network" \
	"can learn them by heart."
run train --recipe plain --limit 2000 --epochs 30 --model overfit.safetensors --curves overfit.csv \
	--network "conv:32,3 relu maxpool:2 conv:64,3 relu maxpool:2 flatten dense:128 relu dense:10 softmax"
draw overfit.csv overfit.png
look "overfit.png: the training's loss goes to nothing, the validation's turns and rises. The" \
	"network gets surer of itself, even where it is wrong."

step 6 "The repair" "The same images, one remedy at a time. First dropout: in each step, half of the" \
	"numbers behind the first dense layer are left out."
run train --recipe plain --limit 2000 --epochs 30 --model dropout.safetensors --curves dropout.csv
draw dropout.csv dropout.png
look "dropout.png: the validation's loss no longer rises, but stays where it is. Still overfitting:" \
	"the training's falls on."

say
comment "Then the images, too, changed a little each time they are seen (augmentation): so there is" \
	"nothing to learn by heart."
say
run_silently inspect data --count 5 --augment shift:2,rotate:12,scale:0.12 --sheet augmented.png
run train --recipe plain --limit 2000 --epochs 30 --augment shift:2,rotate:12,scale:0.12 \
	--model repaired.safetensors --curves repaired.csv
draw repaired.csv repaired.png
look "repaired.png: the validation's loss goes on falling, and stays below the training's, which" \
	"has the harder images. augmented.png shows what the network was given."

step 8 "Inside" "A network so small that all of it fits on one page: what its first layer looks for," \
	"and what each layer makes of one digit."
run train --epochs 1 --label-smoothing 0 --model small.safetensors --curves small.csv \
	--network "conv:8,5 relu maxpool:2 conv:16,5 relu maxpool:2 flatten dense:10 softmax"
run_silently inspect model --model small.safetensors --filters filters.png
run inspect image "$samples/2.pgm" --model small.safetensors --activations activations.png \
	--occlusion occlusion.png
look "filters.png: edges and strokes. activations.png: from strokes to features to one digit." \
	"occlusion.png: where covering the 2 costs the most."

step 9 "Mistakes" "On the 10,000 test images, which were kept away from all of this. ECE, the expected" \
	"calibration error, is by how much its probabilities are off: of the digits that it calls 90%" \
	"sure, nine in ten should be right."
run eval --model plain.safetensors --mistakes mistakes.png --confusion confusion.csv \
	--predictions predictions.csv
if has gnuplot; then
	gnuplot -c "$root/scripts/plot-confusion.gp" confusion.csv confusion.png
fi
look "mistakes.png has the worst first: some are the network's fault, some the writer's."

step 12 "Your own digit" "Any picture will do, a photograph, too. Without a model file, predict takes" \
	"the one that the program carries, the most accurate."
run predict --show "$samples/7.pgm"
look "Write one on paper, photograph it, and: mnist-cnn predict --show photo.jpg"

step 13 "On a page" "The network that you trained, in one file that needs no other: draw a digit with" \
	"mouse or finger, and see what each layer makes of it."
run export --model plain.safetensors digits.html
look "Open digits.html in a browser, or send it to a phone. It is yours: take it home."
say
say "All of it is in $PWD."
