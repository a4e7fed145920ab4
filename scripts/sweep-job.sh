#!/usr/bin/env bash
# One job of sweep.sh, on whatever machine: train, then measure. Not meant to be called by hand.
#   sweep-job.sh PROGRAM test|val THREADS NUMBER SEED CONFIGURATION
#   sweep-job.sh options CONFIGURATION     just its options, a line each
# Prints each line of the curves after "curves" and NUMBER, with tabs between them; and at last,
# after "row" and NUMBER, validation accuracy, test accuracy (either may be empty) and seconds of
# training, with commas.
set -eu -o pipefail
export LC_ALL=C

# options CONFIGURATION : what it says to train. Quotes are understood, but nothing is expanded; a
# first word without dashes names a recipe; the words behind --network are one argument, also without
# quotes.
options()
{
	[[ $1 == *[![:blank:]]* ]] || return 0
	[[ $1 =~ ^[[:blank:]]*- ]] || echo --recipe
	printf '%s\n' "$1" | xargs printf '%s\n' | awk '
		function end_network() { if (network != "") print network; in_network = 0; network = "" }
		/^--/ { end_network() }
		in_network { network = network (network == "" ? "" : " ") $0; next }
		/^--network=/ { in_network = 1; network = $0; next }
		/^--network$/ { in_network = 1 }
		{ print }
		END { end_network() }'
}

if [ "$1" = options ]; then
	options "$2"
	exit
fi
program=$1 on=$2 threads=$3 number=$4 seed=$5 configuration=$6
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# run WHAT ARGUMENT... : with the last line of its messages as the reason where it fails.
run()
{
	if ! "$program" "$@" >"$scratch/out" 2>"$scratch/messages"; then
		printf '%s, seed %s: %s failed: %s\n' "${configuration:-(default)}" "$seed" "$1" \
			"$(grep '^mnist-cnn' "$scratch/messages" | tail -n 1)" >&2
		exit 1
	fi
}

# accuracy SPLIT : of the model, on those images.
accuracy()
{
	run eval --json --model "$scratch/model" --split "$1" --threads "$threads" \
		${data+--data "$data"}
	sed 's/.*"accuracy":\([0-9.e-]*\).*/\1/' "$scratch/out"
}

mapfile -t options < <(options "$configuration")
for ((i = 0; i < ${#options[@]}; i++)); do
	case ${options[i]} in
	--data=*) data=${options[i]#*=} ;;
	--data) data=${options[i + 1]-} ;;
	esac
done

run train ${options+"${options[@]}"} --quiet --seed "$seed" --threads "$threads" \
	--model "$scratch/model" --curves "$scratch/curves"
read -r validates seconds < <(awk -F , '
	NR == 1 { for (i = 1; i <= NF; i++) column[$i] = i }
	NR > 1 { seconds += $column["seconds"]; validates = $column["val_loss"] != "" }
	END { printf "%d %.3f\n", validates, seconds }' "$scratch/curves")
val=
test=
if [ "$validates" = 1 ]; then
	val=$(accuracy val)
fi
if [ "$on" = test ]; then
	test=$(accuracy test)
fi
awk -v number="$number" '{ print "curves\t" number "\t" $0 }' "$scratch/curves"
printf 'row\t%s\t%s,%s,%s\n' "$number" "$val" "$test" "$seconds"
