#!/usr/bin/env bash
# Asks whether the tests would notice a mistake: see usage below.
set -eu -o pipefail

usage()
{
	cat <<'END'
Usage: scripts/mutate.sh [--count N] [--seed S] [--jobs J] [FILE ...]

Changes one operator or constant of the source at a time (a mutant), and runs the tests of that file
until one of them fails. Mutants are drawn at random: 300 where --count says nothing else, from the
readers and writers of formats, the layers, the loss, the optimizers and the checkpoint, or from the
FILEs alone. Those that do not compile, or compile to the same code, do not count. Prints a line for
each mutant that no test noticed:

  survived  src/formats/png.c:142:31  " + " -> " - "  size + 4

and in the end how many were noticed. The exit status is 1 if fewer than 90% were. It builds in
build-test/mutate/, with the address and undefined-behaviour sanitizers.
END
}

count=300
seed=1
jobs=
files=()
while [ $# -gt 0 ]; do
	case $1 in
	--count) count=$2 && shift ;;
	--seed) seed=$2 && shift ;;
	--jobs) jobs=$2 && shift ;;
	-h | --help) usage && exit ;;
	-*) printf 'scripts/mutate.sh: unknown option: %s\n\n' "$1" >&2 && usage >&2 && exit 2 ;;
	*) files+=("$1") ;;
	esac
	shift
done

# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"
cd "$root"
if [ ${#files[@]} = 0 ]; then
	for file in src/formats/*.c src/nn/{avgpool,batchnorm,conv,conv_pool,dense,dropout,flatten}.c \
		src/nn/{layer,loss,maxpool,optimizer,relu,schedule,sigmoid,softmax,spec,tanh}.c \
		src/app/checkpoint.c
	do
		files+=("$file")
	done
fi

# tests_of FILE : the tests that know it best, a line each. Besides test_NAME*, those of its callers.
tests_of()
{
	local name

	name=$(basename "$1" .c)
	{
		compgen -G "tests/test_$name*.c"
		case $1 in
		src/formats/adler32.c) echo test_png ;;
		src/formats/inflate.c) echo test_gzip ;;
		src/formats/jpeg*) echo test_jpeg ;;
		src/formats/pixels.c) printf '%s\n' test_csv test_idx ;;
		src/formats/png*) printf '%s\n' test_png test_png_read ;;
		src/formats/raster*) printf '%s\n' test_pnm test_raster test_png_read ;;
		src/formats/safetensors.c) echo test_model ;;
		src/nn/conv*) printf '%s\n' test_conv test_executor test_network ;;
		src/nn/loss.c | src/nn/optimizer.c | src/nn/schedule.c) echo test_trainer ;;
		src/nn/layer.c | src/nn/spec.c) printf '%s\n' test_network_errors test_param test_network ;;
		src/nn/*) printf '%s\n' test_activations test_network_errors test_executor test_network ;;
		esac
	} | sed 's/.*\///; s/\.c$//' | awk '!seen[$0]++'
}

# candidates FILE... : a line for each mutant: file, line, column, what stands there, what will.
candidates()
{
	awk '
		BEGIN {
			other["<"] = "<="; other["<="] = "<"; other[">"] = ">="; other[">="] = ">"
			other["=="] = "!="; other["!="] = "=="; other["&&"] = "||"; other["||"] = "&&"
			other["+"] = "-"; other["-"] = "+"; other["*"] = "+"; other["/"] = "*"
			other["%"] = "/"; other["<<"] = ">>"; other[">>"] = "<<"; other["&"] = "|"
			other["|"] = "&"; other["^"] = "|"; other["+="] = "-="; other["-="] = "+="
		}
		# The line with comments, strings and characters as blanks; its columns stay.
		function plain(line,    result, at, c, two)
		{
			for (at = 1; at <= length(line); at++) {
				c = substr(line, at, 1)
				two = substr(line, at, 2)
				if (in_comment) {
					if (two == "*/") {
						in_comment = 0
						at++
						c = " "
					}
					result = result (at > length(result) + 1 ? "  " : " ")
				} else if (two == "/*") {
					in_comment = 1
					at++
					result = result "  "
				} else if (quote) {
					if (c == "\\") {
						at++
						result = result " "
					} else if (c == quote) {
						quote = ""
					}
					result = result "~"
				} else if (c == "\"" || c == "\047") {
					quote = c
					result = result "~"
				} else {
					result = result c
				}
			}
			quote = ""
			return result
		}
		function offer(column, old, new)
		{
			printf "%s\t%d\t%d\t%s\t%s\n", FILENAME, FNR, column, old, new
		}
		function next_number(text)
		{
			if (text ~ /^0[xX]/)
				return "(" text " + 1)"
			if (text ~ /[.eE]/)
				return text ~ /^0*\.0*f?$/ ? "1.0f" : "(" text " * 1.5f)"
			return "(" text " + 1)"
		}
		FNR == 1 { in_comment = 0 }
		{
			line = plain($0)
			# Messages, assertions, includes; how much room there is.
			if (line ~ /error_(set|prefix|append|scarce)\(|assert\(|^[ \t]*#[ \t]*(include|if|e|undef)/)
				next
			if (line ~ /^[ \t]*(static |const )*(char|uint8_t|float|struct [a-z_]+) .*\[.*\];/)
				next
			rest = line
			for (at = 0; match(rest, / (<=?|>=?|==|!=|&&|\|\||[-+*\/%&|^]|<<|>>|[-+]=) /); ) {
				operator = substr(rest, RSTART + 1, RLENGTH - 2)
				offer(at + RSTART + 1, operator, other[operator])
				at += RSTART
				rest = substr(rest, RSTART + 1)
			}
			rest = line
			for (at = 0; match(rest, /\+\+|--/); ) {
				offer(at + RSTART, substr(rest, RSTART, 2), substr(rest, RSTART, 1) == "+" ? "--" : "++")
				at += RSTART + 1
				rest = substr(rest, RSTART + 2)
			}
			rest = line
			for (at = 0; match(rest, /(^|[^A-Za-z0-9_.])[0-9]+(\.[0-9]*)?([eE][-+]?[0-9]+)?[A-Za-z0-9]*/); ) {
				first = RSTART + (substr(rest, RSTART, 1) !~ /[0-9]/)
				number = substr(rest, first, RSTART + RLENGTH - first)
				# Not {0}, which zeroes what is there all the same, nor a status of -1.
				if (substr(rest, first - 1, 3) != "{0}" && substr(rest, first - 1, 2) != "-1")
					offer(at + first, number, next_number(number))
				at += RSTART + RLENGTH - 1
				rest = substr(rest, RSTART + RLENGTH)
			}
			if (match(line, /return -1;/))
				offer(RSTART, "return -1", "return 0")
			if (match(line, /[( ]![a-z(*]/))
				offer(RSTART + 1, "!", "")
			if (match(line, /[^a-z_]true[^a-z_]/))
				offer(RSTART + 1, "true", "false")
			if (match(line, /[^a-z_]false[^a-z_]/))
				offer(RSTART + 1, "false", "true")
		}
	' "$@"
}

# shuffle < LINES : in an order that the seed determines.
shuffle()
{
	awk -v seed="$seed" 'BEGIN { srand(seed) } { printf "%.9f\t%s\n", rand(), $0 }' | sort |
		cut -f 2-
}

# compile SOURCE OBJECT : with the flags of the build, but no debugging information.
compile()
{
	# shellcheck disable=SC2086 # a list of plain words
	"$cc" $flags -g0 -w -c -x c "$1" -o "$2" 2>/dev/null
}

# The line of link.txt, with the mutant in front of the library, whose own object is then left out.
link_with()
{
	local command

	command=$(sed "s| -o $1 | -o '$3/$1' |; s| libmnist_cnn_core.a| '$2'&|" \
		"CMakeFiles/$1.dir/link.txt")
	eval "$command" 2>/dev/null
}

# A test may take a minute of the processor's time: a mutant that never ends is noticed, too.
# try FILE LINE COLUMN OLD NEW : prints invalid, same, noticed or survived, and the mutant.
try()
{
	local work outcome=survived text

	work=$(mktemp -d "$scratch/mutant.XXXXXX")
	awk -v line="$2" -v column="$3" -v old="$4" -v new="$5" '
		NR == line {
			$0 = substr($0, 1, column - 1) new substr($0, column + length(old))
		}
		{ print }
	' "$1" >"$work/mutant.c"
	text=$(sed -n "${2}s/^[ 	]*//p" "$1")
	cd "$folder"
	if ! compile "$work/mutant.c" "$work/mutant.o"; then
		outcome=invalid
	elif cmp -s "$work/mutant.o" "$scratch/$(basename "$1").o"; then
		outcome=same
	else
		for test in $(cd "$root" && tests_of "$1"); do
			if ! link_with "$test" "$work/mutant.o" "$work" ||
				! (cd "$work" && ulimit -t 60 && exec "./$test") >/dev/null 2>&1; then
				outcome=noticed
				break
			fi
		done
	fi
	printf '%-9s %s:%s:%s  "%s" -> "%s"  %s\n' $outcome "$1" "$2" "$3" "$4" "$5" "$text"
	rm -rf "$work"
}

folder=${MUTATE_BUILD:-$root/build-test/mutate}
if [ -z "${MUTATE_BUILD:-}" ]; then
	build "$folder" -DCMAKE_BUILD_TYPE=Debug -DCMAKE_C_FLAGS=-O1 -DSANITIZE=address,undefined
fi
cc=$(sed -n 's/^CMAKE_C_COMPILER:[A-Z]*=//p' "$folder/CMakeCache.txt")
flags=$(sed -n 's/^C_[A-Z]* = //p' "$folder/CMakeFiles/mnist_cnn_core.dir/flags.make" | tr '\n' ' ' |
	tr -d '\\"' | sed 's/-DMNIST_CNN_[A-Z_]*=[^ ]*//g; s/-Werror//')
# Both are compiled from the same name, so that the objects of equal code are equal.
for file in "${files[@]}"; do
	mkdir -p "$scratch/original"
	cp "$file" "$scratch/original/mutant.c"
	(cd "$folder" && compile "$scratch/original/mutant.c" "$scratch/$(basename "$file").o")
done
candidates "${files[@]}" | shuffle | awk -v count="$count" 'NR <= count' >"$scratch/mutants"

export root scratch folder cc flags
export -f try compile link_with tests_of
# shellcheck disable=SC2016 # that bash expands it
tr '\n' '\0' <"$scratch/mutants" |
	xargs -0 -P "${jobs:-$(cores)}" -n 1 bash -c 'IFS=$(printf "\t") read -r a b c d e <<<"$1"
		try "$a" "$b" "$c" "$d" "$e"' mutate |
	tee "$scratch/outcomes" | grep -v -E '^(noticed|invalid|same)' || true
awk '
	{ n[$1]++ }
	END {
		all = n["noticed"] + n["survived"]
		printf "%d mutants: %d noticed, %d survived", all, n["noticed"], n["survived"]
		printf " (%.1f%% noticed)", all ? 100 * n["noticed"] / all : 0
		printf "; %d more do not compile, %d are the same code\n", n["invalid"], n["same"]
		exit n["noticed"] < 0.9 * all
	}
' "$scratch/outcomes"
