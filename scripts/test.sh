#!/usr/bin/env bash
# Builds every test, with warnings as errors, and runs them all: see usage below.
set -eu -o pipefail

usage()
{
	cat <<'END'
Usage: scripts/test.sh [--long | --coverage]

Builds the tests in the project's build-test/, with warnings as errors, and runs them all. What is
missing (C compiler, CMake, cmocka, GNU parallel) is installed with apt where that is possible;
otherwise you are told what to install. The last line is "N passed, N failed": each test counts
once, and passes if it does in every build. The exit status is 0 if all did.

Always:
  release     as it is meant to be used
  sanitize    address and undefined-behaviour sanitizers, assertions on
  fuzz        20 seconds of hostile bytes for each reader (scripts/fuzz.sh), where clang is there; in
              a new clone they are the same bytes each time

With --long, also, where the tool is there or can be installed:
  clang           release, by clang
  clang-sanitize  the sanitizers, by clang
  clang-19, gcc-9 release, by a newer and an older compiler
  musl            a static program with another C library
  thread          the thread sanitizer
  valgrind        every test under memcheck
  aarch64, s390x  cross-compiled for 64-bit ARM and for a big-endian machine, every test but the
                  command line's in an emulator
  i686            likewise for 32-bit x86, where this machine runs its programs
  packages        two folders make the same program and the same packages, which please lintian
  same-bytes      the same training by gcc, clang and these machines' gcc, at -O2 and -O3, gives the
                  same model
  analyse         clang-tidy, cppcheck and gcc's analyser find nothing (scripts/analyse.sh)
  kills           500 times a training is killed at a random moment, and goes on to the same bytes
  export          exported networks give the same answers in ONNX Runtime, Chromium and compiled C
  foreign         files of PyTorch, Keras and others, made safetensors as the program says, compute the same
  model           scripts/make-model.sh trains data/model.safetensors again, to the byte

With --coverage, instead of all that: which lines, and of the parsers which branches, do the tests
run? Fails where they are fewer than 98% and 95%. What no test runs is in build-test/coverage/uncovered.
END
}

long=false
coverage=false
for argument; do
	case $argument in
	--long) long=true ;;
	--coverage) coverage=true ;;
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
	local name=$1 cc=$2 kinds=$3

	if ! echo 'int main(void) { return 0; }' | CC=$cc compiles "-fsanitize=$kinds"; then
		say "== $name: left out, $cc has no such sanitizers here"
		return
	fi
	try "$name" -DCMAKE_C_COMPILER="$cc" -DCMAKE_BUILD_TYPE=Debug -DCMAKE_C_FLAGS=-O1 \
		-DSANITIZE="$kinds"
}

# runner MACHINE : the command that runs a program of that machine; a failure where there is none.
runner()
{
	local machine=$1 sysroot=/usr/$1-linux-gnu

	[ "$(uname -m)" != "$machine" ] && has "$machine-linux-gnu-gcc" || return
	if [ "$machine" = i686 ]; then
		"$sysroot/lib/ld-linux.so.2" --version >/dev/null 2>&1 &&
			echo "$sysroot/lib/ld-linux.so.2 --library-path $sysroot/lib"
	else
		has "qemu-$machine" && echo "qemu-$machine -L $sysroot"
	fi
}

# cross_cmocka MACHINE FOLDER : the machine's cmocka, unpacked in the folder: Debian's packages,
# fetched without telling apt of another architecture. Prints the library's path.
cross_cmocka()
{
	local folder=$2 architecture=$1 apt

	case $1 in
	aarch64) architecture=arm64 ;;
	i686) architecture=i386 ;;
	esac
	mkdir -p "$folder/lists/partial" "$folder/packages"
	if ! compgen -G "$folder/usr/lib/*/libcmocka.so" >/dev/null; then
		apt=(apt-get -o APT::Architectures::="$architecture" -o "Dir::State::Lists=$folder/lists"
			-o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= -o APT::Sandbox::User=root)
		(cd "$folder/packages" || exit
			"${apt[@]}" update # may fail for a part of the lists that is not needed
			"${apt[@]}" download "libcmocka0:$architecture" "libcmocka-dev:$architecture") \
			>"$folder/apt.log" 2>&1 || return
		for package in "$folder"/packages/*.deb; do
			dpkg -x "$package" "$folder"
		done
	fi
	compgen -G "$folder/usr/lib/*/libcmocka.so"
}

# cross MACHINE : the tests, cross-compiled
cross()
{
	local machine=$1 folder=$root/build-test/$1-cmocka library

	if ! runner "$machine" >/dev/null; then
		say "== $machine: left out, no cross-compiler or no emulator here"
	elif ! library=$(cross_cmocka "$machine" "$folder"); then
		say "== $machine: left out, its cmocka is not to be had"
	else
		try "$machine" -DCMAKE_TOOLCHAIN_FILE="$root/scripts/cross.cmake" -DMACHINE="$machine" \
			-DCMAKE_BUILD_TYPE=Release -DCMOCKA="$library" \
			-DCMAKE_C_FLAGS="-isystem $folder/usr/include"
	fi
}

# from_debian FOLDER KIND SUITE PACKAGE... : fetch packages (KIND deb) or their sources (deb-src) of a
# release of Debian, this system's where SUITE is -, without telling apt of it.
from_debian()
{
	local folder=$1 kind=$2 suite=$3 verb=download site codename _ apt

	shift 3
	[ "$kind" = deb ] || verb='source --download-only'
	mkdir -p "$folder/lists/partial"
	{
		# shellcheck disable=SC2016 # apt's variables
		read -r site codename _ < <(apt-get indextargets --format '$(SITE) $(CODENAME)' \
			'Created-By: Packages')
		[ "$suite" = - ] || codename=$suite
		echo "$kind [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $site $codename main" \
			>"$folder/sources.list"
		apt=(apt-get -o "Dir::Etc::sourcelist=$folder/sources.list" -o Dir::Etc::sourceparts=-
			-o "Dir::State::Lists=$folder/lists" -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache=
			-o APT::Sandbox::User=root)
		# shellcheck disable=SC2086 # two words
		(cd "$folder" && "${apt[@]}" update && "${apt[@]}" $verb "$@")
	} >"$folder/apt.log" 2>&1
}

# The oldest compiler that is supported; Debian's, unpacked, where it is not installed.
old_compiler()
{
	local folder=$root/build-test/gcc-9-compiler name=gcc-9 package

	if ! command -v gcc-9 >/dev/null; then
		name=$folder/root/usr/bin/$(uname -m)-linux-gnu-gcc-9
		if [ ! -x "$name" ] && from_debian "$folder" deb bullseye gcc-9 cpp-9 libgcc-9-dev; then
			for package in "$folder"/*.deb; do
				dpkg -x "$package" "$folder/root"
			done
		fi
	fi
	if ! echo 'int main(void) { return 0; }' | CC=$name compiles; then
		say "== gcc-9: left out, not installed, and not to be had from Debian"
		return
	fi
	# Like clang-19, it warns of what the others do not.
	try gcc-9 -DCMAKE_C_COMPILER="$name" -DCMAKE_BUILD_TYPE=Release -DWARNINGS_AS_ERRORS=OFF
}

# The static program, of another C library, whose threads have little stack unless they ask for more.
musl()
{
	local folder=$root/build-test/musl-cmocka source

	if ! command -v musl-gcc >/dev/null; then
		say "== musl: left out, musl-gcc is not installed"
		return
	fi
	[ -f "$folder/libcmocka.a" ] || from_debian "$folder" deb-src - cmocka || true
	source=$(find "$folder" -name 'cmocka_*.orig.tar.*z')
	if [ -z "$source" ]; then
		say "== musl: left out, the source of cmocka is not to be had"
		return
	fi
	tar -xf "$source" -C "$folder" --strip-components=1
	if ! (cd "$folder" && musl-gcc -O2 -Iinclude -DHAVE_SIGNAL_H -DHAVE_STRSIGNAL -DHAVE_UNISTD_H \
		-c src/cmocka.c && ar rc libcmocka.a cmocka.o) >&2; then
		printf 'failed\tbuilding cmocka for musl\n' >>"$results"
		return
	fi
	try musl -DSTATIC=ON -DCMAKE_C_COMPILER=musl-gcc -DCMAKE_BUILD_TYPE=Release \
		-DCMOCKA="$folder/libcmocka.a" -DCMAKE_C_FLAGS="-isystem $folder/include"
}

# Two copies of the source in two folders make the same program and the same packages.
packages()
{
	local folder=$root/build-test/packages copy part

	say
	say "== packages: building in $folder"
	rm -rf "$folder"
	for copy in one two/deeper; do
		mkdir -p "$folder/$copy/source"
		for part in CMakeLists.txt data include scripts src tests; do
			cp -R "$root/$part" "$folder/$copy/source/"
		done
		if ! { cmake -S "$folder/$copy/source" -B "$folder/$copy/build" -DCMAKE_C_COMPILER="$cc" \
			-DCMAKE_BUILD_TYPE=Release -DCMOCKA=OFF &&
			cmake --build "$folder/$copy/build" --parallel "$(cores)" &&
			(cd "$folder/$copy/build" && cpack -B ../packages); } >"$folder/$copy/log" 2>&1; then
			tail -n 20 "$folder/$copy/log" >&2
		fi
		rm -rf "$folder/$copy/packages/_CPack_Packages"
	done
	{
		expect "the same program in two folders" cmp "$folder/one/build/mnist-cnn" \
			"$folder/two/deeper/build/mnist-cnn"
		expect "the same packages" diff -r "$folder/one/packages" "$folder/two/deeper/packages"
		if command -v lintian >/dev/null && command -v dpkg-shlibdeps >/dev/null; then
			expect "lintian finds nothing" lintian --allow-root --fail-on error,warning \
				"$folder"/one/packages/*.deb
		else
			say "== packages: left out, lintian or dpkg-dev is not installed"
		fi
	} >"$scratch/log"
	say "== packages: $(count <"$scratch/log")"
	cat "$scratch/log" >>"$results"
}

# expect WHAT COMMAND... : a line for the results.
expect()
{
	local what=$1 outcome=passed

	shift
	"$@" >&2 || outcome=failed
	printf '%s\tpackages: %s\n' $outcome "$what"
}

# same_bytes : the program by every compiler and at two levels of optimization.
same_bytes()
{
	local folder=$root/build-test/same-bytes compiler level name programs=()

	say
	say "== same-bytes: building in $folder"
	for compiler in "$cc" clang aarch64 s390x i686; do
		for level in 2 3; do
			name=$(basename "$compiler")-O$level
			local options=(-DCMAKE_C_COMPILER="$compiler") emulator=
			if emulator=$(runner "$compiler"); then
				options=(-DCMAKE_TOOLCHAIN_FILE="$root/scripts/cross.cmake" -DMACHINE="$compiler")
			elif ! has "$compiler"; then
				continue
			fi
			# Without the tests: they need cmocka.
			if build "$folder/$name" -DCMAKE_BUILD_TYPE=Release -DCMOCKA=OFF \
				-DCMAKE_C_FLAGS_RELEASE="-O$level -DNDEBUG" "${options[@]}"
			then
				programs+=("${emulator:+$emulator }$name/mnist-cnn")
			else
				printf 'failed\tbuilding %s\n' "$name" >>"$results"
			fi
		done
	done
	(cd "$folder" && "$root/tests/same-bytes.sh" "${programs[@]}") >"$scratch/same-bytes" || true
	sed -n 's/^ok /passed\tsame-bytes: /p; s/^not ok /failed\tsame-bytes: /p' \
		"$scratch/same-bytes" >"$scratch/log"
	say "== same-bytes: $(count <"$scratch/log")"
	cat "$scratch/log" >>"$results"
}

# More often than the test of that name.
kills()
{
	"$root/tests/kills.sh" --count 500 "$root/build-test/release/mnist-cnn" >"$scratch/kills" || true
	sed -n 's/^ok /passed\tkills: /p; s/^not ok /failed\tkills: /p' "$scratch/kills" >"$scratch/log"
	say "== kills: $(count <"$scratch/log")"
	cat "$scratch/log" >>"$results"
}

# The analysers, over the source as it is.
analysed()
{
	say
	say "== analyse: clang-tidy, cppcheck and gcc's analyser, as far as they are installed"
	"$root/scripts/analyse.sh" >"$scratch/analyse" ||
		grep -q '^not ok' "$scratch/analyse" || echo "not ok running analyse.sh" >>"$scratch/analyse"
	sed -n 's/^ok /passed\tanalyse: /p; s/^not ok /failed\tanalyse: /p' "$scratch/analyse" \
		>"$scratch/log"
	grep '^left out' "$scratch/analyse" >&2 || true
	say "== analyse: $(count <"$scratch/log")"
	cat "$scratch/log" >>"$results"
}

# other_programs NAME WHAT: tests/NAME.py, with the release build.
other_programs()
{
	say
	say "== $1: $2, as far as they are installed"
	if ! command -v python3 >/dev/null; then
		say "== $1: left out, python3 is not installed"
		return
	fi
	python3 "$root/tests/$1.py" "$root/build-test/release" >"$scratch/$1" ||
		grep -q '^not ok' "$scratch/$1" || echo "not ok running $1.py" >>"$scratch/$1"
	sed -n "s/ ([^()]*)\$//; s/^ok /passed\t$1: /p; s/^not ok /failed\t$1: /p" \
		"$scratch/$1" >"$scratch/log"
	grep '^left out' "$scratch/$1" >&2 || true
	say "== $1: $(count <"$scratch/log")"
	cat "$scratch/log" >>"$results"
}

# Not where the processor makes other bytes: see make-model.sh.
model()
{
	local outcome=failed

	grep -qw avx2 /proc/cpuinfo 2>/dev/null || return 0
	if "$root/scripts/make-model.sh" "$scratch/model.safetensors" >&2 &&
		cmp "$scratch/model.safetensors" "$root/data/model.safetensors" >&2; then
		outcome=passed
	fi
	say "== model: $outcome"
	printf '%s\tmodel: make-model.sh\n' $outcome >>"$results"
}

# fuzz SECONDS [OPTION]... : for each target.
fuzz()
{
	say
	say "== fuzz: building in $root/build-test/fuzz"
	if ! has_libfuzzer; then
		say "== fuzz: left out, there is no clang with libFuzzer here"
		return
	fi
	"$root/scripts/fuzz.sh" --seconds "$@" >"$scratch/fuzz" ||
		[ -s "$scratch/fuzz" ] || echo "not ok building" >"$scratch/fuzz"
	sed -n 's/^ok /passed\tfuzz: /p; s/^not ok /failed\tfuzz: /p' "$scratch/fuzz" >"$scratch/log"
	say "== fuzz: $(count <"$scratch/log")"
	cat "$scratch/log" >>"$results"
}

# The lines of each source file, and in src/formats the branches, that no test runs; and the sums.
coverage()
{
	local folder=$root/build-test/coverage status=0

	say "== coverage: building in $folder"
	build "$folder" -DCMAKE_C_COMPILER="$cc" -DCMAKE_BUILD_TYPE=Debug \
		-DCMAKE_C_FLAGS="--coverage -O0 -DNDEBUG"
	find "$folder" -name '*.gcda' -delete
	# Those that take long at -O0 and run nothing that others leave out.
	(cd "$folder" && ctest --output-on-failure --parallel 2 \
		--exclude-regex '^(check-|docs|pictures|verdicts|same-bytes|sweep)') >&2
	# The compiler was told to call the sources ./src/..., wherever they are (harden.cmake).
	rm -rf "$folder/gcov" && mkdir "$folder/gcov" && ln -s "$root/src" "$root/include" "$folder/gcov"
	(cd "$folder/gcov" && find ../CMakeFiles -name '*.gcda' -path '*/src/*' -print0 |
		xargs -0 gcov --branch-probabilities --preserve-paths --relative-only \
			--source-prefix "$root") >"$folder/gcov.log" 2>&1
	awk -f "$root/scripts/coverage.awk" "$folder"/gcov/src#*.gcov >"$folder/uncovered" || status=1
	tail -n 2 "$folder/uncovered"
	return $status
}

provide compiler cmake make cmocka parallel:optional
cc=$(compiler)
if $coverage; then
	has gcov || { say "scripts/test.sh --coverage needs gcov, of the compiler's kind." && exit 1; }
	coverage && exit
	exit 1
fi
try release -DCMAKE_C_COMPILER="$cc" -DCMAKE_BUILD_TYPE=Release
sanitize sanitize "$cc" address,undefined
$long || fuzz 20 --seed 1

if $long; then
	provide clang:optional clang-tidy:optional cppcheck:optional valgrind:optional \
		qemu-aarch64:optional aarch64-linux-gnu-gcc:optional s390x-linux-gnu-gcc:optional \
		i686-linux-gnu-gcc:optional clang-19:optional musl-gcc:optional zsh:optional fish:optional \
		mandoc:optional lintian:optional
	if command -v clang >/dev/null; then
		try clang -DCMAKE_C_COMPILER=clang -DCMAKE_BUILD_TYPE=Release
		sanitize clang-sanitize clang address,undefined
	else
		say "== clang: left out, not installed"
	fi
	if command -v clang-19 >/dev/null; then
		try clang-19 -DCMAKE_C_COMPILER=clang-19 -DCMAKE_BUILD_TYPE=Release -DWARNINGS_AS_ERRORS=OFF
	else
		say "== clang-19: left out, not installed"
	fi
	old_compiler
	musl
	sanitize thread "$cc" thread
	if command -v valgrind >/dev/null; then
		try valgrind -DCMAKE_C_COMPILER="$cc" -DCMAKE_BUILD_TYPE=Debug -DCMAKE_C_FLAGS=-O1 \
			"-DCMAKE_CROSSCOMPILING_EMULATOR=valgrind;-q;--leak-check=full;--error-exitcode=9"
	else
		say "== valgrind: left out, not installed"
	fi
	fuzz 60
	for machine in aarch64 s390x i686; do
		cross $machine
	done
	packages
	same_bytes
	analysed
	kills
	other_programs export "ONNX Runtime, Chromium and compilers"
	other_programs foreign "files of PyTorch, Keras, GGUF, ONNX and NumPy"
	model
fi

say
awk -F '\t' '$1 == "failed" { print "failed: " $2 }' "$results" | sort -u >&2
verdict=$(count <"$results")
echo "$verdict"
[[ $verdict =~ ^[1-9][0-9]*\ passed,\ 0\ failed$ ]]
