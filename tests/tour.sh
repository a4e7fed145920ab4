#!/bin/sh
# The tour, without its pauses, leaves what it tells of.
#
#     tests/tour.sh PROGRAM
#
# Prints a line a check, "ok ..." or "not ok ...".
set -u

program=$1
root=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
failed=0

# check WHAT COMMAND...
check()
{
	what=$1
	shift
	if "$@"; then
		echo "ok $what"
	else
		echo "not ok $what"
		failed=1
	fi
}

is_png()
{
	[ "$(head -c 4 "$1" | tr -cd '[:alpha:]')" = PNG ]
}

# verdict NUMBER TEXT: does that training's verdict begin with the text?
verdict()
{
	grep '^verdict' "$work/log" | sed -n "$1p" | grep "^verdict  $2" >/dev/null
}

tour()
{
	"$root/scripts/tour.sh" --no-pause --program "$program" "$work/tour" >"$work/log" 2>&1 </dev/null
}

unset MNIST_CNN_DATA
check "it goes through" tour
pictures='samples augmented filters activations occlusion mistakes'
if command -v gnuplot >/dev/null; then
	pictures="$pictures plain overfit repaired confusion"
fi
for picture in $pictures; do
	check "$picture.png is a picture" is_png "$work/tour/$picture.png"
done
check "few images, many epochs: overfitting" verdict 2 overfitting
check "dropout and augmentation: no overfitting" sh -c "! sed -n '/^== 4/,\$p' '$work/log' | grep '^verdict  overfitting'"
[ $failed = 0 ] || cat "$work/log"
exit $failed
