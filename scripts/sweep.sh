#!/usr/bin/env bash
# Trains configurations with several seeds, side by side, and compares them: see usage below.
set -eu -o pipefail
export LC_ALL=C

usage()
{
	cat <<'END'
Usage: scripts/sweep.sh [OPTION]... [CONFIGURATION]...
       scripts/sweep.sh [OPTION]... recipes

Trains each CONFIGURATION with each seed, measures the models, and compares. A CONFIGURATION is one
argument, the options of mnist-cnn train in quotes, such as "--epochs 5 --batch-size 32". "plain
--epochs 5" is short for "--recipe plain --epochs 5". A network needs no quotes within these.

A second table has the differences to the first configuration, seed by seed, with their interval.

"recipes" makes the README's table of recipes: all of them, each with seeds that nobody used to choose
it, one training at a time with all threads, so that the seconds are right.

  --seeds LIST         such as 1-10 or 1,3,7-9 (default 1-5; recipes have their own)
  --on test|val        measure on the test images, too (default), or on validation images alone: to
                       choose among configurations without a look at the test
  --out DIR            where everything goes (default sweep, or sweep-recipes)
  --jobs N             trainings at a time (default: what fills the processors; recipes 1)
  --threads N          of each training (default 1; recipes all); it changes nothing but the time
  --sshloginfile FILE  the machines, as GNU parallel reads them (":" is this one). They need rsync
                       and the same kind of system; program and data are copied there
  --program FILE       an mnist-cnn that is built already

DIR gets runs.csv (a row for each training), summary.csv (a row for each configuration: mean,
standard deviation, Student's 95% interval of the mean, difference), summary.png, and curves/ of each
training by its number. Models are not kept: same options and seed, same model.

Interrupted, by Ctrl-C or worse? Call it again in the same way, or with --out DIR alone: what is
finished is not done again. With more seeds or configurations it adds to what is there; --seeds alone
is for all configurations there. Trainings that fail are reported, the others go on, and the exit
status is 1.

  scripts/sweep.sh --seeds 1-3 --on val "plain" "plain --learning-rate 2e-3"
  scripts/sweep.sh "plain" "plain --network conv:8,3 relu maxpool:2 flatten dense:10 softmax"
  scripts/sweep.sh --out batches "--batch-size 32" "--batch-size 64" "--batch-size 128"

It works with GNU parallel (Tange 2018, doi:10.5281/zenodo.1146014), which wishes to be cited where
it helped with a publication.
END
}

misused()
{
	printf 'scripts/sweep.sh: %s\nTry scripts/sweep.sh --help.\n' "$*" >&2
	exit 2
}

# Options come first, because a configuration may look like one.
seeds=
on=
out=
jobs=
threads=
sshloginfile=
program=
while [ $# -gt 0 ]; do
	case $1 in
	--seeds | --on | --out | --jobs | --threads | --sshloginfile | --program)
		[ $# -gt 1 ] || misused "$1 wants a value"
		declare "${1#--}=$2"
		shift 2
		;;
	--seeds=* | --on=* | --out=* | --jobs=* | --threads=* | --sshloginfile=* | --program=*)
		argument=${1#--}
		declare "${argument%%=*}=${argument#*=}"
		shift
		;;
	-h | --help) usage && exit ;;
	--) shift && break ;;
	*) break ;;
	esac
done
recipes=false
if [ "${1-}" = recipes ]; then
	[ $# = 1 ] || misused "recipes stands for all of them, and nothing can stand beside it"
	recipes=true
	shift
fi
more_seeds=$seeds
$recipes || : "${seeds:=1-5}" "${threads:=1}" "${out:=sweep}"
: "${out:=sweep-recipes}"
number='^[1-9][0-9]{0,3}$'
[[ -z $threads || $threads =~ $number ]] || misused "--threads wants a number from 1 on, not $threads"
[[ -z $jobs || $jobs =~ $number ]] || misused "--jobs wants a number from 1 on, not $jobs"
[[ -z $on || $on = test || $on = val ]] || misused "--on wants test or val, not $on"
if [ -n "$sshloginfile" ] && ! [ -r "$sshloginfile" ]; then
	misused "--sshloginfile: $sshloginfile cannot be read"
fi

# seed_list LIST : the numbers, a line each.
seed_list()
{
	local part

	for part in ${1//,/ }; do
		[[ $part =~ ^([0-9]{1,18})(-([0-9]{1,18}))?$ ]] || return
		seq "${BASH_REMATCH[1]}" "${BASH_REMATCH[3]:-${BASH_REMATCH[1]}}"
	done
}
all_seeds=$(seed_list "$seeds") || all_seeds=
if [ -z "$all_seeds" ] && { ! $recipes || [ -n "$seeds" ]; }; then
	misused "--seeds wants numbers and ranges such as 1-5,8, not $seeds"
fi

absolute()
{
	case $1 in
	/*) printf '%s\n' "$1" ;;
	*) printf '%s\n' "$PWD/$1" ;;
	esac
}
out=$(absolute "$out")
if [ $# -eq 0 ] && ! $recipes && ! [ -s "$out/jobs" ]; then
	misused "no configuration, and no sweep in $out to go on with"
fi
if [ $# -eq 0 ] && ! $recipes && [ -n "$more_seeds" ]; then
	mapfile -t names < <(cut -f 2- "$out/jobs" | awk '!seen[$0]++')
	set -- "${names[@]}"
fi

# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

data=${MNIST_CNN_DATA:-$root/data}
MNIST_CNN_DATA=$(absolute "$data")
export MNIST_CNN_DATA
if [ -n "$sshloginfile" ]; then
	sshloginfile=$(absolute "$sshloginfile")
fi
if [ -n "$program" ]; then
	program=$(absolute "$program")
	provide parallel gnuplot:optional
else
	provide compiler cmake make parallel gnuplot:optional
	say "Building in $root/build"
	build "$root/build" -DCMAKE_BUILD_TYPE=Release -DSANITIZE= --target mnist-cnn
	program=$root/build/mnist-cnn
fi

# check CONFIGURATION : will train take it? A few images tell before hours have gone.
check()
{
	local options=()

	[[ $1 != *[$'\t\n']* ]] || misused "a tab or the end of a line in: $1"
	"$root/scripts/sweep-job.sh" options "$1" >"$scratch/options" 2>/dev/null ||
		misused "quotes that do not close in: $1"
	mapfile -t options <"$scratch/options"
	"$program" train ${options+"${options[@]}"} --quiet --limit 100 --epochs 1 --threads 1 \
		--model "$scratch/model" --curves "$scratch/csv" 2>"$scratch/messages" ||
		misused "$1: $(head -n 1 "$scratch/messages")"
}
if $recipes; then
	: "${threads:=$(cores)}" "${jobs:=1}"
	mapfile -t names < <("$program" train --recipe list | grep '^[a-z]')
	set -- "${names[@]}"
fi
for configuration; do
	check "$configuration"
done

# seeds_of CONFIGURATION : for a recipe those that are kept for its figures.
seeds_of()
{
	if [ -n "$all_seeds" ]; then
		echo "$all_seeds"
		return
	fi
	case $1 in
	default | plain) seq 201 210 ;;
	fast) seq 201 220 ;;
	*) seq 201 205 ;;
	esac
}

mkdir -p "$out/curves"
touch "$out/jobs" "$out/rows" "$out/on" "$out/program"
old_on=$(cat "$out/on")
: "${on:=${old_on:-test}}"
if [ -n "$old_on" ] && [ "$on" != "$old_on" ]; then
	misused "the sweep in $out was begun with --on $old_on"
fi
echo "$on" >"$out/on"
cksum <"$program" >"$scratch/program"
if [ -s "$out/program" ] && ! cmp -s "$out/program" "$scratch/program"; then
	say "Careful: the program has changed since the sweep in $out was begun."
fi
cp "$scratch/program" "$out/program"

# The list of jobs only ever grows, so that a job's number, its line, stays the same: a seed and a
# configuration, with a tab between them.
for configuration; do
	for seed in $(seeds_of "$configuration"); do
		grep -qxF "$seed"$'\t'"$configuration" "$out/jobs" ||
			printf '%s\t%s\n' "$seed" "$configuration" >>"$out/jobs"
	done
done

# GNU parallel resumes by the log: what counts there is what has a row, too.
if [ -f "$out/joblog" ]; then
	awk -F '\t' 'NR == FNR { done[$1]; next } FNR == 1 || ($7 == "0" && $8 == "0" && $1 in done)' \
		"$out/rows" "$out/joblog" >"$scratch/joblog"
	cp "$scratch/joblog" "$out/joblog"
fi

percent()
{
	[ -z "$1" ] || awk "BEGIN { printf \"%.2f%%  \", 100 * $1 }"
}

# collect < LINES : of all jobs, to where they belong; tells of each job that is done.
collect()
{
	local total kind number value val test seconds

	trap '' INT TERM HUP # what is finished is to be written down
	total=$(wc -l <"$out/jobs")
	rm -f "$out"/curves/*.part
	while IFS=$'\t' read -r kind number value; do
		if [ "$kind" = curves ]; then
			printf '%s\n' "$value" >>"$out/curves/$number.part"
		elif [ "$kind" = row ]; then
			mv "$out/curves/$number.part" "$out/curves/$number.csv"
			printf '%s\t%s\n' "$number" "$value" >>"$out/rows"
			IFS=, read -r val test seconds <<<"$value"
			say "[$(cut -f 1 "$out/rows" | sort -u | wc -l)/$total]  $(percent "$val")$(
				percent "$test")$seconds s  seed $(sed -n "${number}s/\t/  /p" "$out/jobs")"
		fi
	done
}

# kit: what a job needs, as it is now, whatever is built meanwhile.
kit=$scratch/kit
mkdir "$kit"
cp "$program" "$kit/mnist-cnn"
cp "$root/scripts/sweep-job.sh" "$kit"

arguments=(--plain --colsep '\t' --trim n --arg-file "$out/jobs" --joblog "$out/joblog" --resume)
if [ -n "$jobs" ]; then
	arguments+=(--jobs "$jobs")
else
	arguments+=(--jobs "$((100 / threads > 0 ? 100 / threads : 1))%")
fi
command="$(printf %q "$kit")/sweep-job.sh $(printf %q "$kit")/mnist-cnn"
if [ -n "$sshloginfile" ]; then
	# Elsewhere a job runs in a folder with a copy of the kit; here it has to be found.
	for file in "$MNIST_CNN_DATA"/{train,t10k}-{images,labels}[-.]idx?-ubyte{,.gz}; do
		[ ! -f "$file" ] || cp "$file" "$kit"
	done
	for file in "$kit"/*; do
		arguments+=(--basefile "$kit/./${file##*/}")
	done
	arguments+=(--sshloginfile "$sshloginfile" --workdir ... --cleanup)
	command="test -f sweep-job.sh || cd $(printf %q "$kit");"
	command+=" MNIST_CNN_DATA=. ./sweep-job.sh ./mnist-cnn"
fi

# Parallel's own messages, and those of jobs, go through a pipe: to a terminal it would add its
# request for citation, which the usage passes on.
interrupted=false
trap 'interrupted=true' INT TERM HUP
{ PARALLEL_SHELL=$BASH parallel "${arguments[@]}" "$command $on $threads {#} {1} {2}" 2>&1 >&3 |
	(trap '' INT && cat >&2); } 3>&1 | collect || true
trap - INT TERM HUP

awk -F '\t' -v out="$out" -v on="$on" -v scratch="$scratch" -v recipes="$recipes" \
	-f "$root/scripts/sweep-report.awk" "$out/jobs" "$out/rows"
if $recipes; then
	printf '\n%s; %s; threads: %s, trainings at a time: %s\n' "$(date -u +%Y-%m-%d)" \
		"$(processor)" "$threads" "$jobs"
fi
if has gnuplot && [ -s "$scratch/means" ]; then
	gnuplot -c "$root/scripts/plot-sweep.gp" "$scratch/means" "$scratch/points" \
		"$out/summary.png" "$on"
fi
if $interrupted; then
	! $recipes || again=' recipes'
	say "Interrupted. To go on: scripts/sweep.sh --out $(printf %q "$out")${again-}"
	exit 130
fi
left=$(($(wc -l <"$out/jobs") - $(cut -f 1 "$out/rows" | sort -u | wc -l)))
if [ "$left" != 0 ]; then
	say "$left not done. Call it again to try them again."
	exit 1
fi
say "In $out: runs.csv, summary.csv, summary.png, curves/"
