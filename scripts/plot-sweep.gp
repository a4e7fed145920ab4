# Draws a sweep for sweep.sh: a line for each configuration, with the mean of its accuracies, the
# 95% interval of the mean, and every training as a ring.
#   gnuplot -c scripts/plot-sweep.gp MEANS POINTS PNG test|val
# MEANS: line, name, mean, low, high; POINTS: line, accuracy; in percent, tabs between them.

means = ARG1
points = ARG2
set datafile separator "\t"
set termoption noenhanced

# Look first; nothing is drawn into a table.
count = 0; longest = 0; low = 100; high = 0
see(x) = (low = x < low ? x : low, high = x > high ? x : high)
set table $nothing
set xrange [0:1]
set yrange [0:1]
plot means using (count = $1 > count ? $1 : count, see($4), see($5), \
	longest = strlen(strcol(2)) > longest ? strlen(strcol(2)) : longest, 0):(0)
plot points using (see($2)):(0)
unset table
margin = high - low > 1 ? 0.04 * (high - low) : 0.04
set xrange [low - margin:high + margin]

height = 130 + 34 * count
if (strstrt(GPVAL_TERMINALS, "pngcairo")) {
	set terminal pngcairo size 1000,height font "sans,12" linewidth 1.5 noenhanced
} else {
	set terminal png size 1000,height large linewidth 2
}
set output ARG3

set lmargin longest + 3
set rmargin 4
set title "Accuracy on the ".(ARG4 eq "val" ? "validation" : "test")." images, %"
set yrange [count + 0.6:0.4]
set border 1 linecolor rgb "#444444"
set ytics scale 0
set xtics nomirror out
set format x "%g"
set grid xtics linetype 1 linecolor rgb "#dddddd" linewidth 0.7
unset key
plot points using 2:($1 + 0.25) with points pointtype 6 pointsize 0.9 linecolor rgb "#0072b2", \
	means using 3:1:4:5:yticlabels(2) with xerrorbars pointtype 5 pointsize 1 \
	linecolor rgb "#d55e00" linewidth 1.6
unset output
