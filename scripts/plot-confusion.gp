# Draws a confusion matrix as one PNG: who is mistaken for whom. Needs no display.
#   mnist-cnn eval --confusion confusion.csv
#   gnuplot -c scripts/plot-confusion.gp [confusion.csv [confusion.png]]
# Green is right, by the part of the label's images; red is wrong, by the number of images.

csv = ARGC > 0 ? ARG1 : "confusion.csv"
png = ARGC > 1 ? ARG2 : "confusion.png"

set datafile separator comma

# Look before drawing, for the sums of the rows and the worst mistake: a plot into a table draws
# nothing. Some cells are evaluated twice, so each is kept before they are added up.
array cells[100]
array rows[10]
do for [i = 1:100] { cells[i] = 0 }
set table $nothing
set xrange [0:1]
set yrange [0:1]
plot csv matrix rowheaders columnheaders using (cells[10 * $2 + $1 + 1] = $3, 0):(0)
unset table
worst = 1.0; right = 0; all = 0
do for [l = 0:9] {
	rows[l + 1] = 0
	do for [p = 0:9] {
		n = cells[10 * l + p + 1]
		rows[l + 1] = rows[l + 1] + n
		if (p == l) { right = right + n } else { worst = n > worst ? n : worst }
	}
	all = all + rows[l + 1]
}
if (all == 0) {
	print csv.": no images"
	exit status 1
}

if (strstrt(GPVAL_TERMINALS, "pngcairo")) {
	set terminal pngcairo size 860,820 font "sans,13"
} else {
	set terminal png size 860,820 giant
}
set output png

# Below 0 it is right, above 0 wrong. A root, so that single mistakes are seen beside frequent ones.
shade(p, l, n) = p == l ? -n / (rows[l + 1] > 0 ? rows[l + 1] : 1.0) : sqrt(n / worst)
ink(p, l, n) = p == l || n > 0.4 * worst ? 0xffffff : 0x222222
set palette defined (-1 "#1a7f4b", -0.001 "#d5f0e0", 0 "#f7f7f7", 0.001 "#fdeae4", 1 "#b2182b")
set cbrange [-1:1]
unset colorbox
unset key
set title sprintf("%g of %g read right (%.2f%%)", right, all, 100.0 * right / all) font ",16"
set xlabel "read as"
set ylabel "is"
set xrange [-0.5:9.5]
set yrange [9.5:-0.5]
set xtics 0,1,9 scale 0
set ytics 0,1,9 scale 0
set size ratio -1
set border 0
set format "%g"
plot csv matrix rowheaders columnheaders using 1:2:(shade($1, $2, $3)) with image pixels, \
	csv matrix rowheaders columnheaders \
		using 1:2:($3 > 0 ? sprintf("%d", $3) : ""):(ink($1, $2, $3)) \
		with labels textcolor rgb variable
unset output
