#!/bin/sh
# A picture of samples, four times as large, as plain PGM. Each argument is a line of digits; a dash
# stands for empty paper as wide as a digit.
#
#     picture "1 2 - - 3" "6 - - - -" >three.pgm
set -eu

# sample DIGIT: its rows of pixels, enlarged.
sample()
{
	if [ "$1" = - ]; then
		yes 0 | head -n 784
	else
		tail -c 784 "samples/$1.pgm" | od -An -v -tu1 -w1
	fi | awk '
		{ pixels[NR - 1] = $1 }
		END {
			for (y = 0; y < 112; y++)
				for (x = 0; x < 112; x++)
					printf "%d%s", pixels[int(y / 4) * 28 + int(x / 4)], x < 111 ? " " : "\n"
		}'
}

for line; do
	set --
	for digit in $line; do
		sample "$digit" >"picture-$#"
		set -- "$@" "picture-$#"
	done
	paste -d ' ' "$@"
	rm "$@"
done | awk '{ rows[NR] = $0 } END { print "P2", NF, NR, 255; for (i = 1; i <= NR; i++) print rows[i] }'
