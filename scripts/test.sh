#!/usr/bin/env bash
# Builds every test, with warnings as errors, and runs them all: see usage below.
set -eu -o pipefail

usage()
{
	cat <<'END'
Usage: scripts/test.sh [--long]

Builds the tests in the project's build-test/, with warnings as errors, and runs them all. What is
missing (C compiler, CMake, cmocka) is installed with apt where that is possible; otherwise you are
told what to install. The last line is "N passed, N failed": each test counts once, and passes if
it does in every build. The exit status is 0 if all did.

Always:
  release     as it is meant to be used
  sanitize    address and undefined-behaviour sanitizers, assertions on

With --long, also, where the tool is there:
  clang           release, by clang
  clang-sanitize  the sanitizers, by clang
  valgrind        every test under memcheck
END
}

long=false
for argument; do
	case $argument in
	--long) long=true ;;
	-h | --help) usage && exit ;;
	*) printf 'scripts/test.sh: unknown option: %s\n\n' "$argument" >&2 && usage >&2 && exit 2 ;;
	esac
done

# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"
results=$scratch/results
touch "$results"

# From CTest's log, a line for each test: passed or failed, a tab, its name. Where a program reports
# its tests singly (cmocka, or "ok ..." and "not ok ..." lines), they are the ones that count. A
# test that began and did not end has failed, and so has a program that failed without saying where.
read_log()
{
	awk '
		function finish(    key, failures)
		{
			for (key in outcome) {
				if (outcome[key] != "skipped")
					print outcome[key] "\t" program ": " key
				failures += outcome[key] == "failed"
			}
			if (program != "" && (passed ? !cases : !failures))
				print (passed ? "passed" : "failed") "\t" program
			split("", outcome)
			cases = passed = 0
		}
		function note(result, name)
		{
			sub(/.*\[[A-Z ]+\] /, "", name)
			outcome[name] = result
			cases++
		}
		/^[0-9]+\/[0-9]+ Testing: / { finish(); program = $3 }
		/\[ RUN      \] / { note("failed", $0) }
		/\[       OK \] / { note("passed", $0) }
		/\[  SKIPPED \] / { note("skipped", $0) }
		/^ok / { note("passed", substr($0, 4)) }
		/^not ok / { note("failed", substr($0, 8)) }
		/^Test Passed\.$/ { passed = 1 }
		END { finish() }
	' "$1"
}

# count < RESULTS: "N passed, N failed".
count()
{
	sort -u | awk -F '\t' '
		{ outcome[$2] = $1 == "failed" || outcome[$2] == "failed" ? "failed" : "passed" }
		END {
			for (key in outcome)
				n[outcome[key]]++
			printf "%d passed, %d failed\n", n["passed"], n["failed"]
		}
	'
}

# try NAME [CMAKE OPTION]... : build in build-test/NAME, run all tests, keep their results.
try()
{
	local name=$1 folder=$root/build-test/$1 log status=0

	shift
	log=$folder/Testing/Temporary/LastTest.log
	say
	say "== $name: building in $folder"
	if ! build "$folder" -DWARNINGS_AS_ERRORS=ON "$@"; then
		printf 'failed\tbuilding %s\n' "$name" >>"$results"
		return
	fi
	rm -f "$log"
	(cd "$folder" && ctest --output-on-failure --no-tests=error --parallel 2) >&2 || status=$?
	read_log "$log" >"$scratch/log" || status=1
	if [ "$status" != 0 ] && ! grep -q '^failed' "$scratch/log"; then
		printf 'failed\trunning %s\n' "$name" >>"$scratch/log"
	fi
	say "== $name: $(count <"$scratch/log")"
	cat "$scratch/log" >>"$results"
}

# The sanitizers need the compiler's own libraries; -O1 keeps assertions, yet is not slow.
sanitize()
{
	local name=$1 cc=$2

	if ! echo 'int main(void) { return 0; }' | CC=$cc compiles -fsanitize=address,undefined; then
		say "== $name: left out, $cc has no sanitizers here"
		return
	fi
	try "$name" -DCMAKE_C_COMPILER="$cc" -DCMAKE_BUILD_TYPE=Debug -DCMAKE_C_FLAGS=-O1 \
		-DSANITIZE=address,undefined
}

provide compiler cmake make cmocka
cc=$(compiler)
try release -DCMAKE_C_COMPILER="$cc" -DCMAKE_BUILD_TYPE=Release
sanitize sanitize "$cc"

if $long; then
	if command -v clang >/dev/null; then
		try clang -DCMAKE_C_COMPILER=clang -DCMAKE_BUILD_TYPE=Release
		sanitize clang-sanitize clang
	else
		say "== clang: left out, not installed"
	fi
	if command -v valgrind >/dev/null; then
		try valgrind -DCMAKE_C_COMPILER="$cc" -DCMAKE_BUILD_TYPE=Debug -DCMAKE_C_FLAGS=-O1 \
			"-DCMAKE_CROSSCOMPILING_EMULATOR=valgrind;-q;--leak-check=full;--error-exitcode=9"
	else
		say "== valgrind: left out, not installed"
	fi
fi

say
awk -F '\t' '$1 == "failed" { print "failed: " $2 }' "$results" | sort -u >&2
verdict=$(count <"$results")
echo "$verdict"
[[ $verdict =~ ^[1-9][0-9]*\ passed,\ 0\ failed$ ]]
