#!/bin/sh
# The verdict on real trainings: too few images, too small a network, too few epochs.
#
#     tests/verdicts.sh PROGRAM
#
# Prints a line a verdict, "ok ..." or "not ok ...".
set -u

program=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
data=$(cd "$(dirname "$0")/../data" && pwd)
failed=0

# expect VERDICT OPTION...: what train says at the end begins with that.
expect()
{
	expected=$1
	shift
	"$program" train --recipe plain --data "$data" --model "$work/model" --curves "$work/curves" "$@" \
		>"$work/rows" 2>"$work/messages"
	said=$(sed -n 's/^verdict  //p' "$work/messages")
	case $said in
	"$expected "* | "$expected:"*) echo "ok $expected ($*)" ;;
	*)
		echo "not ok $expected ($*): ${said:-$(tail -n 1 "$work/messages")}"
		failed=1
		;;
	esac
}

one_unit="flatten dense:1 relu dense:10 softmax"
expect "overfitting since epoch" --limit 2000 --epochs 30
expect "underfitting" --limit 20000 --network "$one_unit" --epochs 4
expect "not learning" --limit 2000 --network "$one_unit" --learning-rate 10
expect "too early to tell after one epoch" --limit 2000 --epochs 1
expect "still improving" --limit 5000
exit $failed
