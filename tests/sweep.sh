#!/usr/bin/env bash
# scripts/sweep.sh: with a stand-in for the program, which notes how it is called, fails and hangs
# as it is told; and once with the program.
#
#     tests/sweep.sh PROGRAM
#
# Prints a line a check, "ok ..." or "not ok ...".
set -u -o pipefail
unset CDPATH MNIST_CNN_DATA

program=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
sweep=$(cd "$(dirname "$0")/../scripts" && pwd)/sweep.sh
if ! parallel --version 2>/dev/null | grep -q '^GNU parallel'; then
	echo "ok left out: no GNU parallel here"
	exit
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
export TMPDIR=$work
failed=0

# is NAME EXPECTED FOUND
is()
{
	if [ "$2" = "$3" ]; then
		echo "ok $1"
	else
		printf 'not ok %s:\n--- expected\n%s\n--- found\n%s\n' "$1" "$2" "$3"
		failed=1
	fi
}

# The validation accuracy is 0.8 + seed / 100, that of the test 0.1 more; an epoch takes two
# seconds. Without a seed, it is just an attempt. With --gain N, accuracies are N points higher, and
# twice that where the seed is odd.
cat >"$work/stand-in" <<'END'
#!/usr/bin/env bash
command=$1 seed= split= model= curves= gain=0
arguments=("$@")
for ((i = 1; i < $#; i++)); do
	case ${arguments[i]} in
	--seed | --split | --model | --curves | --gain) declare "${arguments[i]#--}=${arguments[i + 1]}" ;;
	--wrong) echo "mnist-cnn train: unknown option --wrong" >&2; exit 2 ;;
	esac
done
if [ "$command" = eval ]; then
	add=0
	[ "$split" = val ] || add=10
	echo "{\"split\":\"$split\",\"accuracy\":0.$((80 + add + $(cat "$model"))),\"loss\":1}"
elif [ -n "$seed" ]; then
	printf '<%s>' "$@" | sed 's/<--model>.*//' >>"$STAND_IN/calls"
	echo >>"$STAND_IN/calls"
	echo "epoch,val_loss,seconds" >"$curves"
	if [ -e "$STAND_IN/hang-$seed" ]; then
		echo $$ >"$STAND_IN/hanging.new"
		mv "$STAND_IN/hanging.new" "$STAND_IN/hanging"
		exec sleep 1000
	fi
	if [ -e "$STAND_IN/fail-$seed" ]; then
		echo "mnist-cnn: the loss is no longer a number" >&2
		exit 1
	fi
	printf '1,0.5,2\n2,0.4,2\n' >>"$curves"
	echo $((seed + gain * (1 + seed % 2))) >"$model"
fi
END
chmod +x "$work/stand-in"
export STAND_IN=$work

# run OPTION... : leaves stdout, stderr and status.
run()
{
	(cd "$work" && bash "$sweep" --program stand-in --jobs 1 "$@") >"$work/stdout" 2>"$work/stderr"
	status=$?
}

# rows : of the runs that are done, by job.
rows()
{
	tail -n +2 "$work/$1/runs.csv" | cut -d , -f 1,3- | paste -s -d ' '
}

# trained : the seeds with which the stand-in was called.
trained()
{
	sed 's/.*<--seed><\([0-9]*\)>.*/\1/' "$work/calls" | sort | paste -s -d ' '
}

# Means, deviations, and t = 3.182 for three degrees of freedom: 92.5 ± 3.182 × 1.290994 / 2.
run --out figures --seeds 1-3,4 "--epochs 2"
is "figures: status" 0 "$status"
val=0.825000,0.012910,0.804460,0.845540
test=0.925000,0.012910,0.904460,0.945540
is "figures: summary.csv" "\"--epochs 2\",4,$val,$test,4.000,,,," \
	"$(tail -n 1 "$work/figures/summary.csv")"
is "figures: the table" \
	"4 82.50 ± 1.29 (80.45 … 84.55) 92.50 ± 1.29 (90.45 … 94.55) 4.0 --epochs 2" \
	"$(tail -n 1 "$work/stdout" | tr -s ' ' | sed 's/^ //')"
is "figures: runs.csv" \
	"1,1,0.81,0.91,4.000 2,2,0.82,0.92,4.000 3,3,0.83,0.93,4.000 4,4,0.84,0.94,4.000" \
	"$(rows figures)"
is "figures: curves" "epoch,val_loss,seconds 1,0.5,2 2,0.4,2" \
	"$(paste -s -d ' ' "$work/figures/curves/3.csv")"

# Differences of 2, 1, 2 and 1 points: 1.5 ± 3.182 × 0.57735 / 2. Accuracies end at 100%.
run --out pairs --seeds 1-4 "--epochs 2" "--gain 1" "--gain -1" "--gain 0"
is "pairs: better" "4 +1.50 (+0.58 … +2.42) better --gain 1" \
	"$(tail -n 3 "$work/stdout" | head -n 1 | tr -s ' ' | sed 's/^ //')"
is "pairs: worse, and chance" \
	"4 -1.50 (-2.42 … -0.58) worse --gain -1 4 +0.00 (+0.00 … +0.00) may be chance --gain 0" \
	"$(tail -n 2 "$work/stdout" | paste -s -d ' ' | tr -s ' ' | sed 's/^ //')"
is "pairs: in summary.csv" "4,0.015000,0.005814,0.024186" \
	"$(sed -n 3p "$work/pairs/summary.csv" | cut -d , -f 12-)"
run --out pairs --seeds 1-2 "--gain 3"
is "pairs: of two seeds" "2 +4.50 two seeds say nothing --gain 3" \
	"$(tail -n 1 "$work/stdout" | tr -s ' ' | sed 's/^ //')"
is "pairs: an interval ends at 100%" 1.000000 \
	"$(tail -n 1 "$work/pairs/summary.csv" | cut -d , -f 10)"

# Choosing: no look at the test images.
run --out choice --on val --seeds 7 "--epochs 2"
is "choice: runs.csv" "1,7,0.87,,4.000" "$(rows choice)"
run --out choice --on test
is "choice: then not with the test" \
	"2 scripts/sweep.sh: the sweep in $work/choice was begun with --on val" \
	"$status $(head -n 1 "$work/stderr")"

# Blanks, quotes, and what a shell would expand.
rm "$work/calls"
run --out quotes --seeds 1 "--network 'conv:8,5  relu' --note \"it's\" \$HOME *"
is "quotes: what train gets" \
	"<train><--network><conv:8,5  relu><--note><it's><\$HOME><*><--quiet><--seed><1><--threads><1>" \
	"$(cat "$work/calls")"
rm "$work/calls"
run --out unquoted --seeds 1 "plain --network conv:8,5 relu  flatten --note a --network=flatten softmax"
is "quotes: a network needs none" \
	"<train><--recipe><plain><--network><conv:8,5 relu flatten><--note><a><--network=flatten softmax>" \
	"$(sed 's/<--quiet>.*//' "$work/calls")"
is "quotes: in summary.csv" "\"--network 'conv:8,5  relu' --note \"\"it's\"\" \$HOME *\",1" \
	"$(tail -n 1 "$work/quotes/summary.csv" | sed 's/",1,.*/",1/')"
run --out quotes "--network 'conv"
is "quotes: that do not close" "2 scripts/sweep.sh: quotes that do not close in: --network 'conv" \
	"$status $(head -n 1 "$work/stderr")"

# A configuration that train refuses is found before anything is trained.
rm "$work/calls"
run --out refused "--epochs 2" "--wrong"
is "refused: status and reason" \
	"2 scripts/sweep.sh: --wrong: mnist-cnn train: unknown option --wrong" \
	"$status $(head -n 1 "$work/stderr")"
is "refused: nothing was trained" no "$([ -e "$work/calls" ] && echo yes || echo no)"

# A training that fails: the others go on, and the next call repeats that one alone.
touch "$work/fail-2"
run --out failing --seeds 1-3 "--epochs 2"
is "failing: status" 1 "$status"
is "failing: is reported" \
	"--epochs 2, seed 2: train failed: mnist-cnn: the loss is no longer a number" \
	"$(grep 'seed 2' "$work/stderr")"
is "failing: the others went on" "1,1,0.81,0.91,4.000 3,3,0.83,0.93,4.000" "$(rows failing)"
rm "$work/fail-2" "$work/calls"
run --out failing
is "failing: again, status" 0 "$status"
is "failing: again, that one alone" 2 "$(trained)"
is "failing: again, all are there" "1,1,0.81,0.91,4.000 2,2,0.82,0.92,4.000 3,3,0.83,0.93,4.000" \
	"$(rows failing)"

# interrupt SIGNAL : a sweep that hangs in its third training.
interrupt()
{
	rm -rf "$work/stopped" "$work/hanging" "$work/calls"
	touch "$work/hang-3"
	set -m # for a process group of its own, as a terminal gives it
	(cd "$work" && exec bash "$sweep" --program stand-in --jobs 1 --out stopped --seeds 1-4 \
		"--epochs 2") >"$work/stdout" 2>"$work/stderr" </dev/null &
	set +m
	until [ -e "$work/hanging" ] || ! kill -0 $!; do
		sleep 0.05
	done
	sleep 0.2 # what the others came to is on its way
	kill "-$1" -- "-$!"
	wait $!
	status=$?
	rm "$work/hang-3"
}

# goes_on NAME : to what an interrupted sweep left.
goes_on()
{
	run --out stopped
	is "$1: then status" 0 "$status"
	is "$1: all are there" \
		"1,1,0.81,0.91,4.000 2,2,0.82,0.92,4.000 3,3,0.83,0.93,4.000 4,4,0.84,0.94,4.000" \
		"$(rows stopped)"
	is "$1: nothing that was finished was repeated" "1 2 3 3 4" "$(trained)"
}

interrupt INT
is "Ctrl-C: status" 130 "$status"
is "Ctrl-C: says how to go on" "Interrupted. To go on: scripts/sweep.sh --out $work/stopped" \
	"$(tail -n 1 "$work/stderr")"
is "Ctrl-C: what was finished" "1,1,0.81,0.91,4.000 2,2,0.82,0.92,4.000" "$(rows stopped)"
goes_on "Ctrl-C"
interrupt KILL 2>/dev/null
kill "$(cat "$work/hanging")" # whom nobody could end
goes_on "kill -9"

# More seeds, more configurations.
rm "$work/calls"
run --out stopped --seeds 4-5 "--epochs 2" "--epochs 3"
is "more: only what is new" "4 5 5" "$(trained)"
is "more: configurations" "5 2" \
	"$(tail -n +2 "$work/stopped/summary.csv" | cut -d , -f 2 | paste -s -d ' ')"
rm "$work/calls"
run --out stopped --seeds 5-6
is "more: seeds alone are for all configurations" "6 6" "$(trained)"

# The program itself.
small="--network 'flatten dense:10 softmax' --limit 200 --epochs 1"
(cd "$work" && bash "$sweep" --program "$program" --out real --seeds 1-2 "$small" \
	"$small --val-split 0") >"$work/stdout" 2>"$work/stderr"
is "the program: status" 0 $?
is "the program: figures, where there are any" "1 yes yes 2 yes yes 3 no yes 4 no yes" \
	"$(tail -n +2 "$work/real/runs.csv" | sed 's/"[^"]*"//' | awk -F , '
		function sane(x) { return x > 0 && x < 1 ? "yes" : "no" }
		{ print $1, sane($4), sane($5) }' | paste -s -d ' ')"
if command -v gnuplot >/dev/null; then
	is "the program: a picture" 89504e47 \
		"$(od -A n -t x1 -N 4 "$work/real/summary.png" | tr -d ' ')"
fi
exit $failed
