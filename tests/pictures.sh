#!/usr/bin/env bash
# Scores the program on pictures that tests/pictures.c draws: see usage below.
set -eu -o pipefail
unset CDPATH MNIST_CNN_DATA

usage()
{
	cat <<'END'
Usage: tests/pictures.sh [OPTION ...] BUILD [KIND ...]

Draws pictures with BUILD/pictures, reads them with BUILD/mnist-cnn predict, and prints for each kind
of picture how many answers were right, how many wrong, how many digits were refused, and of how
many. A picture without a digit is right where 'no digit found' is said. BUILD/pictures --list names
the kinds.

  --program FILE  score this program
  --model FILE    with this model
  --seed N        other pictures (default 1)
  --count N       so many of each kind (default 10)
  --held-out      kinds and pictures that nothing was tuned on, for a final figure
  --keep FOLDER   draw them there, and leave them, with answers.txt and readings.txt; if these are
                  there, score the pictures that are there
  --wrong         print each picture that is not right: file, answer, reading
  --floors FILE   lines of KIND LEAST: print "ok" or "not ok" for each kind instead of the table, and
                  fail where less than LEAST are right
END
}

program='' seed=1 count=10 held_out='' folder='' wrong=0 floors='' build='' model='' kinds=()
while [ $# -gt 0 ]; do
	case $1 in
	--program) program=$(realpath "$2") && shift ;;
	--model) model=$(realpath "$2") && shift ;;
	--seed) seed=$2 && shift ;;
	--count) count=$2 && shift ;;
	--held-out) held_out=--held-out ;;
	--keep) mkdir -p "$2" && folder=$(realpath "$2") && shift ;;
	--wrong) wrong=1 ;;
	--floors) floors=$(realpath "$2") && shift ;;
	-h | --help) usage && exit ;;
	-*) usage >&2 && exit 2 ;;
	*) if [ "$build" ]; then kinds+=("$1"); else build=$(realpath "$1"); fi ;;
	esac
	shift
done
[ "$build" ] || { usage >&2 && exit 2; }
program=${program:-$build/mnist-cnn}
if [ ! "$folder" ]; then
	folder=$(mktemp -d)
	trap 'rm -rf "$folder"' EXIT
	trap 'exit 1' HUP INT TERM
fi
cd "$folder"

if [ ! -e answers.txt ]; then
	"$build/pictures" ${held_out:+"$held_out"} . "$seed" "$count" ${kinds[@]+"${kinds[@]}"} >answers.new
	mv answers.new answers.txt
fi

# FILE, tab, the digits read; "none" is no digit found, and "error" another error or a crash.
cut -f 1 answers.txt |
	{ xargs -n 100 -P "$(getconf _NPROCESSORS_ONLN)" "$program" predict ${model:+--model "$model"} 2>&1 || true; } |
	awk 'BEGIN { OFS = "\t" }
		/^[0-9 ]+  [01]\.[0-9]+  / { split($0, part, "  "); print part[3], part[1]; next }
		match($0, /[a-z0-9-]+_[0-9]+\.pgm/) {
			print substr($0, RSTART, RLENGTH), /no digit found/ ? "none" : "error"
		}' >readings.txt

awk -F '\t' -v wrong="$wrong" -v floors="$floors" '
	function row(name, right, wrong, refused, count)
	{
		printf "%-16s %6d %6d %8d %6d\n", name, right, wrong, refused, count
	}
	FILENAME == "readings.txt" { reading[$1] = $2; next }
	FILENAME == floors { split($0, word, " "); least[word[1]] = word[2]; next }
	{
		found = $1 in reading ? reading[$1] : "error"
		outcome = found == $3 ? "right" : $3 != "none" && found ~ /none|error/ ? "refused" : "wrong"
		if (!($2 in count))
			order[++kinds] = $2
		set = $3 == "none" ? "none" : "digits"
		n[$2, outcome]++
		n[set, outcome]++
		count[$2]++
		count[set]++
		if (wrong && outcome != "right")
			printf "%s\t%s\t%s\n", $1, $3, found
	}
	END {
		order[kinds + 1] = "digits"
		order[kinds + 2] = "none"
		if (!floors)
			printf "%-16s %6s %6s %8s %6s\n", "kind", "right", "wrong", "refused", "of"
		for (i = 1; i <= kinds + 2; i++) {
			name = order[i]
			if (!floors)
				row(name, n[name, "right"], n[name, "wrong"], n[name, "refused"], count[name])
			else if (name in least) {
				bad = n[name, "right"] < least[name]
				printf "%s %s: %d right of %d, at least %d\n", bad ? "not ok" : "ok", name,
					n[name, "right"], count[name], least[name]
				failed = failed || bad
			}
		}
		exit failed
	}' readings.txt ${floors:+"$floors"} answers.txt
