# What the other scripts share: finding and installing tools, and quiet builds. To be sourced.
# shellcheck shell=bash

unset CDPATH # with it, cd goes elsewhere and says so
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
scratch=$(mktemp -d "${TMPDIR:-/tmp}/mnist-cnn.XXXXXX")
trap 'rm -rf "$scratch"' EXIT

say()
{
	printf '%s\n' "$*" >&2
}

# The C compiler that CMake will take.
compiler()
{
	local name

	for name in "${CC:-cc}" gcc clang; do
		command -v "$name" && return
	done
	return 1
}

# compiles OPTION... : does the program on standard input compile and link?
compiles()
{
	local cc

	cc=$(compiler) && "$cc" -x c - -o "$scratch/program" "$@" 2>/dev/null
}

# Does clang make programs that fuzz?
has_libfuzzer()
{
	echo 'int LLVMFuzzerTestOneInput(void) { return 0; }' |
		CC=clang compiles -fsanitize=fuzzer,address,undefined
}

has()
{
	case $1 in
	compiler) printf '#include <stdio.h>\nint main(void) { return puts("") < 0; }\n' | compiles ;;
	make) command -v make || command -v ninja ;;
	cmocka) printf '%s\n' '#include <stdarg.h>' '#include <stddef.h>' '#include <stdint.h>' \
		'#include <setjmp.h>' '#include <cmocka.h>' 'int main(void) { return 0; }' |
		compiles -lcmocka ;;
	parallel) parallel --version | grep '^GNU parallel' ;; # moreutils has one of that name, too
	*) command -v "$1" ;;
	esac >/dev/null 2>&1
}

# A tool's name for people | Debian's packages | Fedora's | Arch's | Homebrew's. A C compiler alone
# is of no use without the C library's headers; Homebrew itself brings a compiler and make.
describe()
{
	case ${1%:optional} in
	compiler) echo 'a C compiler|gcc libc6-dev|gcc|gcc|' ;;
	cmake) echo 'CMake|cmake|cmake|cmake|cmake' ;;
	make) echo 'make|make|make|make|' ;;
	gnuplot) echo 'gnuplot|gnuplot-nox|gnuplot|gnuplot|gnuplot' ;;
	parallel) echo 'GNU parallel|parallel|parallel|parallel|parallel' ;;
	cmocka) echo 'cmocka|libcmocka-dev|libcmocka-devel|cmocka|cmocka' ;;
	clang) echo 'clang|clang|clang|clang|llvm' ;;
	clang-19) echo 'a newer clang|clang-19|clang|clang|llvm' ;;
	musl-gcc) echo 'musl|musl-tools|musl-gcc|musl|' ;;
	zsh | fish | mandoc) echo "$1|$1|$1|$1|$1" ;;
	lintian) echo "Debian's checks of packages|lintian dpkg-dev|||" ;;
	clang-tidy) echo 'clang-tidy|clang-tidy|clang-tools-extra|clang|llvm' ;;
	cppcheck) echo 'cppcheck|cppcheck|cppcheck|cppcheck|cppcheck' ;;
	valgrind) echo 'valgrind|valgrind|valgrind|valgrind|' ;;
	qemu-aarch64) echo 'an emulator|qemu-user|qemu-user|qemu-user|' ;;
	aarch64-linux-gnu-gcc)
		echo "ARM's C compiler|gcc-aarch64-linux-gnu libc6-dev-arm64-cross|gcc-aarch64-linux-gnu|\
aarch64-linux-gnu-gcc|"
		;;
	s390x-linux-gnu-gcc)
		echo "a C compiler for s390x|gcc-s390x-linux-gnu libc6-dev-s390x-cross|gcc-s390x-linux-gnu||"
		;;
	i686-linux-gnu-gcc)
		echo "a C compiler for 32-bit x86|gcc-i686-linux-gnu libc6-dev-i386-cross|||"
		;;
	esac
}

# column N TOOL... : that field of the tools' descriptions, a line each.
column()
{
	local field=$1 tool

	shift
	for tool; do
		describe "$tool" | cut -d '|' -f "$field"
	done
}

missing()
{
	local tool

	for tool; do
		has "${tool%:optional}" || echo "$tool"
	done
}

may_install()
{
	command -v apt-get >/dev/null || return 1
	[ "$(id -u)" = 0 ] && return
	command -v sudo >/dev/null && { [ -t 0 ] || sudo -n true 2>/dev/null; }
}

as_root()
{
	if [ "$(id -u)" = 0 ]; then
		"$@"
	else
		sudo "$@"
	fi
}

# apt_install PACKAGE...
apt_install()
{
	local apt=(env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=120)

	say "Installing with apt: $*"
	if ! { as_root "${apt[@]}" update &&
		as_root "${apt[@]}" install -y --no-install-recommends "$@"; } >"$scratch/apt.log" 2>&1
	then
		grep '^[EW]:' "$scratch/apt.log" >&2 || tail -n 3 "$scratch/apt.log" >&2
	fi
}

# provide TOOL... : have these, installing them where that is possible; says what is to be done and
# ends the script where it is not. One with :optional behind it is welcome, not necessary.
# shellcheck disable=SC2046,SC2086 # lists of plain words
provide()
{
	local lacking tool brew='brew install'

	lacking=$(missing "$@")
	[ -n "$lacking" ] || return 0
	if may_install; then
		apt_install $(column 2 $lacking)
		lacking=$(missing "$@")
		[ -n "$lacking" ] || return 0
	fi

	say
	say "Missing: $(column 1 $lacking | paste -s -d , - | sed 's/,/, /g'). To install:"
	say "  Debian, Ubuntu   sudo apt-get install" $(column 2 $lacking)
	say "  Fedora           sudo dnf install" $(column 3 $lacking)
	say "  Arch             sudo pacman -S" $(column 4 $lacking)
	has compiler || brew='xcode-select --install; brew install'
	say "  macOS            $brew" $(column 5 $lacking)
	say
	for tool in $lacking; do
		[ "${tool%:optional}" != "$tool" ] || exit 1
	done
	say "Going on without."
}

cores()
{
	nproc 2>/dev/null || sysctl -n hw.ncpu 2>/dev/null || echo 2
}

processor()
{
	if [ -r /proc/cpuinfo ]; then
		awk -F '[ \t]*: ' '
			/^$/ { exit }
			$1 == "model name" { name = $2 }
			$1 == "cpu family" { family = ", family " $2 }
			$1 == "model" { model = ", model " $2 }
			END { print (name == "" ? "unknown" : name family model) }' /proc/cpuinfo
	else
		sysctl -n machdep.cpu.brand_string 2>/dev/null || uname -m
	fi
}

# build FOLDER CMAKE_OPTION... [--target NAME...] : configure and build the project there, quietly:
# the log is FOLDER/build.log, shown only where it fails.
build()
{
	local folder=$1 options=()

	shift
	while [ $# -gt 0 ] && [ "$1" != --target ]; do
		options+=("$1")
		shift
	done
	command -v make >/dev/null || export CMAKE_GENERATOR=Ninja

	# CMake refuses a folder that was configured before the project was moved.
	grep -qsxF "CMAKE_HOME_DIRECTORY:INTERNAL=$root" "$folder/CMakeCache.txt" ||
		rm -rf "$folder/CMakeCache.txt" "$folder/CMakeFiles"

	mkdir -p "$folder"
	if ! { cmake -S "$root" -B "$folder" "${options[@]}" &&
		cmake --build "$folder" --parallel "$(cores)" "$@"; } >"$folder/build.log" 2>&1
	then
		cat "$folder/build.log" >&2
		say "Building in $folder failed."
		return 1
	fi
}
