# Draws the learning curves, accuracy and loss over the epochs, as one PNG. Needs no display.
#   gnuplot -c scripts/plot-curves.gp [curves.csv [curves.png]]
# Columns are taken by name; one that is absent or empty is left out. The epoch with the lowest
# validation loss is marked as the best one.

csv = ARGC > 0 ? ARG1 : "curves.csv"
png = ARGC > 1 ? ARG2 : "curves.png"

array columns[2] = ["accuracy val_accuracy train_accuracy", "loss val_loss train_loss"]
array titles[2] = ["Accuracy, %", "Loss (cross-entropy)"]
array scales[2] = [100, 1]
array legends[3] = ["training", "validation", "training, dropout off"]
array colours[3] = ["#0072b2", "#d55e00", "#009e73"]
array marks[3] = [7, 5, 9]

# Look before drawing, since gnuplot warns of every column that is absent or empty: plots into a
# table gather facts, and nothing is drawn. First the lines, with the names in the header.
set table $nothing
set xrange [0:1]
set yrange [0:1]
lines = 0
header = ""
set datafile separator "\n"
plot csv using (lines = lines + 1, header = lines == 1 ? strcol(1) : header, 0):(0)
if (lines < 2) {
	print csv.": no epochs to draw"
	exit status 1
}

# Then the numbers: how many, the lowest, the highest, the last.
set datafile separator comma
set key autotitle columnheader
named(name) = strstrt(",".header.",", ",".name.",") > 0
see(x) = x != x ? 0 : (count = count + 1, low = x < low ? x : low, high = x > high ? x : high)
low = 1e9; high = -1e9; count = 0
plot csv using (see(column("epoch"))):(0)
first_epoch = low; last_epoch = high
array shown[2] = ["", ""]
array lows[2]
array highs[2]
do for [p = 1:2] {
	low = 1e9; high = -1e9
	do for [i = 1:3] {
		name = word(columns[p], i)
		count = 0
		if (named(name)) {
			plot csv using (see(scales[p] * column(name))):(0)
		}
		if (count > 0) { shown[p] = shown[p]." ".i }
	}
	lows[p] = low; highs[p] = high
}
best_epoch = 0; best_loss = 1e9
if (strstrt(shown[2], "2") > 0) {
	better(loss) = loss < best_loss ? (best_loss = loss, best_epoch = column("epoch")) : 0
	plot csv using (better(column("val_loss"))):(0)
}
best_accuracy = NaN
if (best_epoch > 0 && strstrt(shown[1], "2") > 0) {
	plot csv using (column("epoch") == best_epoch ? best_accuracy = column("val_accuracy") : 0):(0)
}
array best_values[2] = [scales[1] * best_accuracy, scales[2] * best_loss]
unset table

if (strstrt(GPVAL_TERMINALS, "pngcairo")) {
	set terminal pngcairo size 1400,560 font "sans,13" linewidth 1.5
} else {
	set terminal png size 1400,560 giant linewidth 2
}
set output png

# Accuracy may use its panel to the full, as all that matters can happen above 98%; loss ends at 0.
slack = 0.05 * (highs[1] - lows[1]) + 0.2
array bottoms[2] = [lows[1] - slack, 0]
array tops[2] = [highs[1] + slack, highs[2] > 0 ? 1.05 * highs[2] : 1]
if (tops[1] > 100) { tops[1] = 100 }

# Whole epochs: a mark every 1, 2, 5, 10, 20 …
step = 1; k = 0
while (last_epoch - first_epoch > 12 * step) {
	step = step * (k % 3 == 1 ? 2.5 : 2)
	k = k + 1
}
margin = last_epoch > first_epoch ? 0.025 * (last_epoch - first_epoch) : 0.5
set xrange [first_epoch - margin:last_epoch + margin]
set xtics step nomirror out
set ytics nomirror out
set xlabel "epoch"
set border 3 linecolor rgb "#444444"
set grid linetype 1 linecolor rgb "#dddddd" linewidth 0.7
set format "%g"
unset key
points = last_epoch - first_epoch > 40 ? 0 : 0.9

set multiplot layout 1,2 margins 0.055,0.985,0.14,0.82 spacing 0.075,0
do for [p = 1:2] {
	set yrange [bottoms[p]:tops[p]]
	unset label
	set label 1 titles[p] at graph 0,1.17 font ",16"
	do for [k in shown[p]] {
		# A key of our own: gnuplot's breaks the row as it likes, into the title or the data.
		i = int(k)
		set label i + 1 legends[i] at graph 0.23 * i - 0.215,1.065 offset 1,-0.1 \
			point pointtype marks[i] pointsize 1.1 linecolor rgb colours[i]
	}
	if (best_epoch > 0) {
		set arrow 1 from first best_epoch, graph 0 to first best_epoch, graph 1 nohead back \
			linecolor rgb "#888888" dashtype 2
		set label 5 sprintf("best epoch: %g", best_epoch) at graph 0.735,1.17 offset 1,-0.1 \
			point pointtype 6 pointsize 2 linecolor rgb "#444444"
		set label 6 "" at first best_epoch, first best_values[p] \
			point pointtype 6 pointsize 2 linecolor rgb "#444444"
	}
	plot for [k in shown[p]] csv \
		using "epoch":(scales[p] * column(word(columns[p], int(k)))) with linespoints \
		linecolor rgb colours[int(k)] linewidth 1.6 pointtype marks[int(k)] pointsize points
}
unset multiplot
unset output
