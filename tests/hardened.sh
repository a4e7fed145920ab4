#!/usr/bin/env bash
# The program is built so that a mistake in it is hard to exploit; `readelf` tells.
#
#     tests/hardened.sh PROGRAM
#
# Prints a line a property, "ok ..." or "not ok ...".
set -u
failed=0
if ! properties=$(readelf --wide -h -l -d --dyn-syms "$1" 2>/dev/null); then
	echo "left out: there is no readelf, or the program is no ELF file"
	exit
fi

# shows PROPERTY PATTERN : does some line match?
shows()
{
	if grep -Eq "$2" <<<"$properties"; then
		echo "ok $1"
	else
		echo "not ok $1"
		failed=1
	fi
}

shows "no code on the stack" '^ *GNU_STACK .* RW '
shows "addresses are written once, and read-only then" '^ *GNU_RELRO '
if [[ $properties == *"Dynamic section"* ]]; then # a static program has no place for the others
	shows "code is at a random address" '^ *Type: *DYN'
	shows "functions of libraries are bound at the start" '\(FLAGS(_1)?\).*NOW'
	shows "return addresses are guarded" ' __stack_chk_fail(@|$| )'
	shows "buffers of the C library's functions are checked" ' __[a-z]+_chk(@|$| )'
fi
exit $failed
