# Draws a confusion matrix as one PNG: who is mistaken for whom. Needs no display.
#   mnist-cnn eval --confusion confusion.csv
#   gnuplot -c scripts/plot-confusion.gp [confusion.csv [confusion.png]]
# Green is right, by the part of the label's images; red is wrong, by the number of images.

csv = ARGC > 0 ? ARG1 : "confusion.csv"
png = ARGC > 1 ? ARG2 : "confusion.png"

set datafile separator comma

# Look before drawing, for the names, the sums of the rows and the worst mistake: a plot into a table
# draws nothing. Some numbers are evaluated twice, so each is kept before they are added up. Of a name
# with commas or quotes gnuplot sees only a part.
set table $nothing
set xrange [0:1]
set yrange [0:1]
n = 0
longest = 0
see(name) = strlen(name) > longest ? strlen(name) : longest
plot csv skip 1 using (n = int($0) + 1, longest = see(strcol(1)), 0):(0)
if (n == 0) {
	print csv.": no classes"
	exit status 1
}
array cells[n * n]
array rows[n]
plot for [p = 1:n] csv skip 1 using (cells[n * int($0) + p] = column(p + 1), 0):(0)
unset table
worst = 1.0; right = 0; all = 0
do for [l = 0:n - 1] {
	rows[l + 1] = 0
	do for [p = 0:n - 1] {
		count = cells[n * l + p + 1]
		rows[l + 1] = rows[l + 1] + count
		if (p == l) { right = right + count } else { worst = count > worst ? count : worst }
	}
	all = all + rows[l + 1]
}
if (all == 0) {
	print csv.": no images"
	exit status 1
}

# Cells are as large as their counts need, while the picture has room; below 30 pixels they have none,
# below 15 the names go, too. Names stand where lying ones would meet.
cell = n <= 10 ? 690.0 / n : n <= 80 ? 50.0 : 4000.0 / n
name = 9 * longest
stand = name > cell
side = cell * n
left = 90 + name
below = 55 + (stand ? name : 9)
width = left + side + 71
height = 66 + side + below
if (strstrt(GPVAL_TERMINALS, "pngcairo")) {
	set terminal pngcairo size width, height font "sans,13"
} else {
	set terminal png size width, height giant
}
set lmargin at screen left / width
set rmargin at screen (left + side) / width
set bmargin at screen below / height
set tmargin at screen (below + side) / height
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
set xrange [-0.5:n - 0.5]
set yrange [n - 0.5:-0.5]
set tics scale 0 noenhanced
if (stand) { set xtics rotate }
if (cell < 15) { unset xtics; unset ytics }
set border 0
set format "%g"
plot csv matrix rowheaders columnheaders using 1:2:(shade($1, $2, $3)) with image pixels, \
	csv matrix rowheaders columnheaders \
		using 1:2:($3 > 0 && cell >= 30 ? sprintf("%d", $3) : ""):(ink($1, $2, $3)) \
		with labels textcolor rgb variable
unset output
