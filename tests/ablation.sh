#!/usr/bin/env bash
# Which constants of the room picture matter? See usage below.
set -eu -o pipefail
unset CDPATH

usage()
{
	cat <<'END'
Usage: tests/ablation.sh [--values "V ..."] BUILD FOLDER [CONSTANT ...]

Sets each number that src/picture names (of all, or of those given) to 0, half and double in turn,
or to the values given ("0 0.5x 2x" are 0, half and double), compiles it, reads the pictures in
FOLDER, and prints how many more and fewer are right than with the number as it is, and how many
answers are others. What changes nothing can be deleted. BUILD is a release build of the project as
it is now; FOLDER is what tests/pictures.sh --keep FOLDER has left.
END
}

root=$(cd "$(dirname "$0")/.." && pwd) values='0 0.5x 2x'
case ${1-} in
--values) values=$2 && shift 2 ;;
-h | --help) usage && exit ;;
esac
[[ $# -ge 2 && $1 != -* ]] || { usage >&2 && exit 2; }
build=$(realpath "$1") folder=$(realpath "$2") only=" ${*:3} "
[ -e "$folder/answers.txt" ] || { usage >&2 && exit 2; }
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
trap 'exit 1' HUP INT TERM
cp -r "$root/src" "$root/include" "$scratch"
cp -r "$scratch/src" "$scratch/original" # the project may change meanwhile
cd "$scratch"

flags=(-std=c11 -O2 -DNDEBUG -ffp-contract=off -fno-math-errno -fno-trapping-math -Iinclude -Isrc -w)

# compile [FILE]: the room, or the one file of it that has changed, in front of the library's own.
compile()
{
	local sources=(src/picture/*.c)

	case ${1-} in *.c) sources=("$1") ;; esac
	printf '%s\n' "${sources[@]}" | xargs -P "$(getconf _NPROCESSORS_ONLN)" -I{} cc "${flags[@]}" -c {} &&
		cc "${flags[@]}" -o mnist-cnn src/cli/main.c ./*.o "$build/libmnist_cnn_core.a" -lm -lpthread
}

# score FILE: FILE, tab, reading, tab, "right" or "" of each picture; fails where that takes too long.
score()
{
	timeout 300 "$root/tests/pictures.sh" --program "$scratch/mnist-cnn" --keep "$folder" "$build" \
		>/dev/null || return
	awk -F '\t' 'NR == FNR { reading[$1] = $2; next }
		{ print $1 "\t" reading[$1] "\t" (reading[$1] == $3 ? "right" : "") }' \
		"$folder/readings.txt" "$folder/answers.txt" >"$1"
}

# constants: FILE LINE NAME VALUE of each, "#define NAME 0.5f" or "static const float name = 0.5f;".
constants()
{
	awk '{
		sub(/[ \t]*\/\*.*/, "")
		if ($1 == "#define" && NF == 3)
			print FILENAME, FNR, $2, $3
		else if (match($0, /static const (int|float|double) [a-zA-Z_0-9]+ = [-0-9.f]+;/))
			print FILENAME, FNR, $4, substr($6, 1, length($6) - 1)
	}' src/picture/*.[ch] | awk '$4 ~ /^-?[0-9]*\.?[0-9]+f?$/'
}

# other NAME VALUE: the values to try.
other()
{
	echo "$1 $2" | awk -v values="$values" '{
		float = $2 ~ /\./
		suffix = $2 ~ /f$/ ? "f" : ""
		number = $2 + 0
		count = split(values, try, " ")
		for (i = 1; i <= count; i++) {
			if (sub(/x$/, "", try[i]))
				try[i] *= number
			text = float ? sprintf("%.7g", try[i]) : int(try[i])
			if (float && text !~ /\./)
				text = text ".0"
			if (text + 0 != number && !(text in seen))
				print text suffix
			seen[text] = 1
		}
	}'
}

compile
score base
printf '%-16s %-24s %9s %9s %7s %7s %8s\n' source constant value tried more fewer others
constants | while read -r file line name value; do
	[[ $only == "  " || $only == *" $name "* ]] || continue
	for try in $(other "$name" "$value"); do
		cp "original/${file#src/}" "$file"
		sed -i "${line}s/$name\\([ =]*\\)[-0-9.f]*/$name\\1$try/" "$file"
		printf '%-16s %-24s %9s %9s ' "$(basename "$file")" "$name" "$value" "$try"
		if ! compile "$file" 2>/dev/null; then
			echo "does not compile"
		elif ! score now; then
			echo "takes too long"
		else
			paste base now | awk -F '\t' '
				{ more += $3 == "" && $6 != ""; fewer += $3 != "" && $6 == ""; others += $2 != $5 }
				END { printf "%7d %7d %8d\n", more, fewer, others }'
		fi
	done
	cp "original/${file#src/}" "$file"
	compile "$file"
done | tee table
echo
echo "No answer changes with: $(awk '
	{ name = $1 ":" $2; seen[name]; if ($NF != 0 || NF != 7) matters[name] }
	END { for (name in seen) if (!(name in matters)) print name }' table | sort | tr '\n' ' ')"
