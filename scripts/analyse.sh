#!/usr/bin/env bash
# What three analysers find in the source: see usage below.
set -eu -o pipefail

usage()
{
	cat <<'END'
Usage: scripts/analyse.sh [clang-tidy | cppcheck | gcc]...

Runs clang-tidy 14 (.clang-tidy says which checks), cppcheck 2.10 and the analyser of gcc 12, or
those that are named, over src and include, and prints what they find, a line each. Left out are
the findings that this script lists, with the reason why they are none. Prints "ok ..." or "not ok
..." for each analyser; one that is not here is left out, and so is another version, which finds
other things. The exit status is 0 if all that ran found nothing.
END
}

for argument; do
	case $argument in
	clang-tidy | cppcheck | gcc) ;;
	-h | --help) usage && exit ;;
	*) printf 'scripts/analyse.sh: unknown: %s\n\n' "$argument" >&2 && usage >&2 && exit 2 ;;
	esac
done

# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"
cd "$root"

# File, check, and why it is no mistake; * stands for every file.
cat >"$scratch/judged" <<'END'
* internalAstError
	cppcheck does not read a struct in braces behind a "?"
* invalidPointerCast
	one block of memory is handed out in pieces of several types
src/app/recognize.c uninitvar
	a network has at least one class, so one guess is kept
src/picture/finding.c uninitvar
	select_digits is called where there is a group
src/formats/pnm.c invalidFunctionArg
	isdigit and isspace take EOF, too
src/base/bytes.c memleak
	the block that was shrunk is the buffer's
src/app/pictures_load.c clang-analyzer-core.StackAddressEscape
	each folder's name is set before it is read
src/app/pictures_load.c clang-analyzer-optin.portability.UnixAPI
src/cli/cmd_inspect_data.c clang-analyzer-optin.portability.UnixAPI
src/cli/cmd_eval.c clang-analyzer-optin.portability.UnixAPI
	a data set has at least one image of at least one pixel; a split without images was refused
src/cli/cmd_inspect_image.c clang-analyzer-core.CallAndMessage
src/cli/cmd_inspect_image.c clang-analyzer-core.UndefinedBinaryOperatorResult
src/cli/cmd_inspect_image.c clang-analyzer-core.uninitialized.Branch
	a network has at least one layer
src/compute/simd/combine.h clang-analyzer-core.CallAndMessage
	there is a function for 1 to COMBINE_VECTORS vectors, and a strip has at least one
src/formats/idx.c clang-analyzer-core.DivideZero
src/formats/pnm.c clang-analyzer-core.CallAndMessage
src/formats/safetensors.c clang-analyzer-core.uninitialized.Assign
	error_set, in another file, returns -1: what was not set is not read
src/formats/json.c clang-analyzer-core.UndefinedBinaryOperatorResult
	parse_string sets the length, or fails
src/formats/inflate.c clang-analyzer-core.NonNullParamChecker
	an output that is handed over has a window
src/formats/png_read.c clang-analyzer-core.uninitialized.ArraySubscript
	a pixel has at least one channel
src/formats/png_read.c clang-analyzer-optin.portability.UnixAPI
	width and height are at least 1
src/nn/executor_plan.c clang-analyzer-core.NullDereference
	each op has a kind and a layer, once it is made of one
src/picture/look.c clang-analyzer-core.NullDereference
	read_ink sets the finding, or fails
src/picture/components.c clang-analyzer-core.NullDereference
src/picture/grey.c clang-analyzer-core.UndefinedBinaryOperatorResult
src/picture/grey.c clang-analyzer-core.uninitialized.Assign
include/picture/grey.h clang-analyzer-core.CallAndMessage
	a plane has as many pixels as its width and height say
src/app/augmenter.c -Wanalyzer-use-of-uninitialized-value
	all AUGMENT_REACH rows are set in the loop above
src/app/classes.c -Wanalyzer-use-of-uninitialized-value
	strtoll sets the end before it is read
src/app/page.c -Wanalyzer-use-of-uninitialized-value
	share() sets the shares that are read
src/cli/cmd_inspect_data.c -Wanalyzer-use-of-uninitialized-value
	three structs are assigned at once
src/formats/json.c -Wanalyzer-use-of-uninitialized-value
	parse_string sets the length, or fails
src/compute/simd/vec.h -Wanalyzer-use-of-uninitialized-value
	all lanes are set, one by one
src/app/trainer.c -Wanalyzer-null-argument
	a trainer without memory for the weights has failed to open
src/base/folder.c -Wanalyzer-malloc-leak
src/cli/picture_file.c -Wanalyzer-malloc-leak
	the copy is one of the folder's names
src/formats/jpeg.c -Wanalyzer-malloc-leak
	jpeg_parse frees the blocks, with all else
src/formats/png_read.c -Wanalyzer-malloc-leak
	png_parse frees the row above, with all else
src/picture/digit.c -Wanalyzer-malloc-leak
	the digits from afar are freed below
src/draw/blocks.c -Wanalyzer-null-dereference
	one of the blocks is the nearest
src/draw/canvas.c -Wanalyzer-possible-null-dereference
	the loop asks for the memory first
src/export/c.c -Wanalyzer-null-dereference
	a network with a layer that has no rule was refused
END

# run NAME FILE... : prints what that finds, as FILE:LINE:COLUMN: warning: MESSAGE [CHECK].
run()
{
	local name=$1

	shift
	case $name in
	clang-tidy)
		printf '%s\n' "$@" | xargs -P "$(cores)" -I {} "$tidy" --quiet {} -- "${flags[@]}" ;;
	cppcheck)
		printf '%s\n' "$@" | cppcheck --file-list=- -j "$(cores)" --quiet --std=c11 \
			--enable=warning,performance,portability "${flags[@]:1}" \
			--template='{file}:{line}:{column}: warning: {message} [{id}]' ;;
	gcc)
		printf '%s\n' "$@" | xargs -P "$(cores)" -I {} gcc "${flags[@]}" -O2 -fanalyzer -S \
			-o /dev/null {} ;;
	esac
}

# analyse NAME : it finds nothing in the source but what is listed, and does find a planted mistake.
analyse()
{
	run "$1" "$scratch/planted.c" >"$scratch/planted" 2>&1 || true
	run "$1" "${sources[@]}" >"$scratch/found" 2>&1 || true
	sed "s|^$root/||" "$scratch/found" | awk -v judged="$scratch/judged" '
		BEGIN {
			while ((getline line <judged) > 0) {
				split(line, word, " ")
				fine[word[1], word[2]] = 1
			}
		}
		/^[^ :]+:[0-9]+:[0-9]+: ([a-z]+ )?(warning|error): / {
			file = $1
			sub(/:.*/, "", file)
			check = $NF
			gsub(/[][]/, "", check)
			if (!((file, check) in fine || ("*", check) in fine) && !seen[$0]++)
				print
		}
	' >"$scratch/left"
	cat "$scratch/left" >&2
	if [ ! -s "$scratch/left" ] && grep -q 'planted\.c:5:.* \[.*\]$' "$scratch/planted"; then
		echo "ok $1"
	else
		echo "not ok $1"
		status=1
	fi
}

cat >"$scratch/planted.c" <<'END'
int main(void)
{
	int *number = 0;

	return *number;
}
END
flags=(-std=c11 -Iinclude -Isrc -D_FILE_OFFSET_BITS=64 -DHAVE_THREADS -DHAVE_KERNELS_AVX2=1
	-DHAVE_KERNELS_AVX512=1 -DHAVE_KERNELS_PORTABLE=1 -DHAVE_KERNELS_NEON=0 -DPORTABLE
	-DKERNELS_TABLE=kernels_portable '-DKERNELS_NAME="portable"' '-DMNIST_CNN_VERSION="0"'
	'-DMNIST_CNN_DATADIR="data"' '-DMNIST_CNN_DATA_FROM_PROGRAM="data"')
# All but a template, which is compiled as what becomes of it.
mapfile -t sources < <(find src -name '*.c' ! -path src/export/layers.c | sort)
status=0

tidy=clang-tidy-14
command -v $tidy >/dev/null || tidy=clang-tidy
[ $# -gt 0 ] || set -- clang-tidy cppcheck gcc
for name; do
	case $name in
	clang-tidy) program=$tidy version=' version 14\.' ;;
	cppcheck) program=cppcheck version='Cppcheck 2\.10' ;;
	gcc) program=gcc version=' 12\.' ;;
	esac
	if "$program" --version 2>/dev/null | head -n 2 | grep -q "$version"; then
		analyse "$name"
	else
		echo "left out: $name, of the version that is meant, is not here"
	fi
done
exit $status
