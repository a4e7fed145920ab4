#!/usr/bin/env bash
# The style of the C code, as far as a script can see it. Each offence is printed as FILE:LINE: WHY,
# and the exit status is 1 if there is any. The rules:
#   format    clang-format 14 would change nothing; other versions format differently, so where that
#             one is not installed this rule is left out
#   length    no line has more than 100 columns; a tab goes to the next multiple of 4
#   head      a file begins with a comment
#   dialect   a status, which is 0 or -1, and a comparison of strings are tested as `if (f())` and
#             `if (!strcmp(a, b))`, never with == 0 or != 0
#   comments  no comment begins with What, Whether or How: a sentence begins with its subject
#   options   no string names an option, as "--epochs" does, except in room cli: the other rooms
#             report facts, and know nothing of a command line
# All hold for src and include, the first four also for tests, but its fixtures, and scripts. And:
#   top level visible are CMakeLists.txt, README.md, LICENSE, and the folders src, include, tests,
#             scripts and data alone; git says what belongs to the project
#   scripts/check-style.sh [PROJECT]
set -eu -o pipefail
unset CDPATH
cd "${1:-$(dirname "$0")/..}"

files=()
while IFS= read -r file; do
	files+=("$file")
done < <(find src include tests scripts -path tests/fixtures -prune -o -name '*.[ch]' -print | sort)
bad=0

if git rev-parse --git-dir >/dev/null 2>&1 && ! git ls-files | sed '/^\./d; s|/.*||' | sort -u |
	cmp -s - <(printf '%s\n' CMakeLists.txt LICENSE README.md data include scripts src tests | LC_ALL=C sort)
then
	echo "the top level of the project has something else than it should"
	bad=1
fi

for clang_format in clang-format-14 clang-format none; do
	if "$clang_format" --version 2>&1 | grep -q ' version 14\.'; then
		break
	fi
done
if [ "$clang_format" = none ]; then
	echo "left out: the format, which needs clang-format 14"
else
	"$clang_format" --dry-run -Werror "${files[@]}" 2>&1 || bad=1
fi

# In locale C a character is a byte, for every awk; columns() counts UTF-8 itself.
LC_ALL=C awk '
	function refuse(why)
	{
		printf "%s:%d: %s\n", FILENAME, FNR, why
		bad = 1
	}
	function columns(line,    pieces, count, i, width)
	{
		gsub(/[\200-\277]/, "", line) # all bytes of a character but its first
		count = split(line, pieces, "\t")
		for (i = 1; i < count; i++) {
			width += length(pieces[i])
			width += 4 - width % 4
		}
		return width + length(pieces[count])
	}
	# The line without comments; in_comment is 1 while one goes on in the next line.
	function code(line,    result, at)
	{
		for (;;) {
			if (in_comment) {
				at = index(line, "*/")
				if (!at)
					return result
				line = substr(line, at + 2)
				in_comment = 0
			}
			at = index(line, "/*")
			if (!at)
				return result line
			result = result substr(line, 1, at - 1)
			line = substr(line, at + 2)
			in_comment = 1
		}
	}
	function names_an_option(text)
	{
		gsub(/\047\\?.\047/, "", text) # characters: one may be a quotation mark
		while (match(text, /"([^"\\]|\\.)*"/)) {
			if (substr(text, RSTART, RLENGTH) ~ /--[a-z]/)
				return 1
			text = substr(text, RSTART + RLENGTH)
		}
		return 0
	}
	BEGIN {
		zero = " *[!=]= 0([^.x0-9]|$)"
		call = "\\(([^()]|\\([^()]*\\))*\\)"
		compares = "(strcmp|strncmp|memcmp)" call zero
		tests_status = "[(, &]error\\)" zero
	}
	FNR == 1 {
		split(FILENAME, folders, "/")
		is_program = folders[1] == "src" || folders[1] == "include"
		room = folders[2]
		in_comment = 0
		if (!/^\/\*/)
			refuse("no comment at the beginning")
	}
	columns($0) > 100 { refuse("more than 100 columns") }
	/\/\* *([Ww]hat|[Ww]hether|[Hh]ow)([^a-z]|$)/ {
		if (is_program)
			refuse("a comment that begins with What, Whether or How")
	}
	{ plain = code($0) }
	plain ~ compares { refuse("write !strcmp(a, b), or strcmp(a, b), without a zero") }
	plain ~ tests_status { refuse("write if (f()), without a zero, where f returns 0 or -1") }
	names_an_option(plain) {
		if (is_program && room != "cli")
			refuse("a string that names an option, outside of room cli")
	}
	END { exit bad }
' "${files[@]}" || bad=1
exit "$bad"
