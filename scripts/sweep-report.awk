# From a sweep's jobs and rows to runs.csv, summary.csv and a table, for sweep.sh; and to what
# plot-sweep.gp draws: scratch/means and scratch/points.
# Jobs: seed, tab, configuration; a job's number is its line. Rows: number, tab, and with commas
# between them validation accuracy, test accuracy (either may be empty), seconds.
# Variables: out and scratch, folders; on, "test" or "val"; recipes, "true" for a table in Markdown.

BEGIN {
	# Student's t for 95%, by degrees of freedom.
	split("12.706 4.303 3.182 2.776 2.571 2.447 2.365 2.306 2.262 2.228 2.201 2.179 2.160 2.145 " \
		"2.131 2.120 2.110 2.101 2.093 2.086 2.080 2.074 2.069 2.064 2.060 2.056 2.052 2.048 " \
		"2.045 2.042", student, " ")
}

FILENAME == ARGV[1] {
	seed[FNR] = $1
	name[FNR] = $2
	jobs = FNR
	if (!($2 in index_of)) {
		index_of[$2] = ++configurations
		configuration[configurations] = $2
	}
	next
}

# A job that was done twice came to the same.
{
	split($2, values, ",")
	value[$1, "val"] = values[1]
	value[$1, "test"] = values[2]
	value[$1, "seconds"] = values[3]
	done[$1]
}

function quote(text)
{
	gsub(/"/, "\"\"", text)
	return "\"" text "\""
}

# Beyond the table, Cornish & Fisher's expansion.
function quantile(df)
{
	return df in student ? student[df] : 1.959964 + 2.37227 / df + 2.82250 / (df * df)
}

# Of values[1 … n]: sets n, mean, deviation, low and high (the interval). Two passes: the sum of
# squares alone would lose all digits.
function describe(values, count,    i, half)
{
	n = count
	mean = deviation = half = 0
	for (i = 1; i <= n; i++)
		mean += values[i] / n
	for (i = 1; i <= n; i++)
		deviation += (values[i] - mean) * (values[i] - mean)
	if (n > 1) {
		deviation = sqrt(deviation / (n - 1))
		half = quantile(n - 1) * deviation / sqrt(n)
	}
	low = mean - half
	high = mean + half
}

# Describe what all jobs of a configuration measured. An accuracy's interval ends where accuracies do.
function summarize(c, what,    j, count, values)
{
	for (j = 1; j <= jobs; j++)
		if (index_of[name[j]] == c && value[j, what] != "")
			values[++count] = value[j, what]
	describe(values, count + 0)
	if (what != "seconds") {
		low = low < 0 ? 0 : low
		high = high > 1 ? 1 : high
	}
}

# Describe by how much a configuration is better than the first one, each with the same seed.
function pair_up(c,    j, count, values, first)
{
	for (j = 1; j <= jobs; j++)
		if (index_of[name[j]] == 1 && value[j, on] != "")
			first[seed[j]] = value[j, on]
	for (j = 1; j <= jobs; j++)
		if (index_of[name[j]] == c && value[j, on] != "" && seed[j] in first)
			values[++count] = value[j, on] - first[seed[j]]
	describe(values, count + 0)
}

# What an interval of differences says.
function finding()
{
	if (n < 3)
		return n == 2 ? "two seeds say nothing" : n == 1 ? "one seed says nothing" : "no common seed"
	if (low > 0)
		return "better"
	return high < 0 ? "worse" : "may be chance"
}

function print_differences(    c, text)
{
	printf "\nAgainst %s, %s accuracy in points, seed by seed:\n", configuration[1],
		on == "val" ? "validation" : on
	printf "seeds  difference               that is                configuration\n"
	for (c = 2; c <= configurations; c++) {
		pair_up(c)
		text = n == 0 ? "" : sprintf("%+.2f", 100 * mean)
		if (n > 2)
			text = text sprintf("  (%+.2f … %+.2f)", 100 * low, 100 * high)
		printf "%5d  %s  %-21s  %s\n", n, pad(text, 23), finding(), configuration[c]
	}
}

# ",mean,deviation,low,high", as far as n goes.
function columns()
{
	if (n == 0)
		return ",,,,"
	if (n == 1)
		return sprintf(",%.6f,,,", mean)
	return sprintf(",%.6f,%.6f,%.6f,%.6f", mean, deviation, low, high)
}

# ",difference,low,high", as far as n goes.
function difference_columns()
{
	if (n < 2)
		return n == 0 ? ",,," : sprintf(",%.6f,,", mean)
	return sprintf(",%.6f,%.6f,%.6f", mean, low, high)
}

function cell()
{
	if (n == 0)
		return ""
	if (n == 1)
		return sprintf("%.2f", 100 * mean)
	return sprintf("%.2f ± %.2f  (%.2f … %.2f)", 100 * mean, 100 * deviation,
		100 * low, 100 * high)
}

# The README's table.
function print_markdown(    c, accuracy, interval)
{
	print "\n| recipe | test accuracy | 95% interval of the mean | seeds | training |"
	print "|---|---:|---:|---:|---:|"
	for (c = 1; c <= configurations; c++) {
		summarize(c, "test")
		accuracy = sprintf("%.2f ± %.2f%%", 100 * mean, 100 * deviation)
		interval = sprintf("%.2f … %.2f%%", 100 * low, 100 * high)
		summarize(c, "seconds")
		printf "| `%s` | %s | %s | %d | %.*f s |\n", configuration[c], accuracy, interval, n,
			mean < 10 ? 2 : 0, mean
	}
}

# Text and blanks up to a width; awk may count bytes.
function pad(text, width,    plain)
{
	plain = text
	gsub(/±|…/, "x", plain)
	return text sprintf("%" (width - length(plain)) "s", "")
}

function print_runs(    j)
{
	file = out "/runs.csv"
	print "job,configuration,seed,val_accuracy,test_accuracy,seconds" >file
	for (j = 1; j <= jobs; j++)
		if (j in done)
			printf "%d,%s,%s,%s,%s,%s\n", j, quote(name[j]), seed[j], value[j, "val"],
				value[j, "test"], value[j, "seconds"] >file
	close(file)
}

# A long name would leave no room for the picture. Both its ends may tell it from others.
function label(text,    n)
{
	n = length(text)
	return n > 48 ? substr(text, 1, 22) " … " substr(text, n - 22) : text
}

function print_points(c, what,    j)
{
	for (j = 1; j <= jobs; j++)
		if (index_of[name[j]] == c && value[j, what] != "")
			printf "%d\t%.6f\n", c, 100 * value[j, what] >(scratch "/points")
}

END {
	print_runs()
	file = out "/summary.csv"
	print "configuration,runs,val_accuracy,val_std,val_low,val_high,test_accuracy,test_std," \
		"test_low,test_high,seconds,pairs,difference,difference_low,difference_high" >file
	printf "runs  %s%s  seconds  configuration\n", pad("validation, %", 32),
		on == "test" ? "  " pad("test, %", 32) : ""
	for (c = 1; c <= configurations; c++) {
		summarize(c, "val")
		row = columns()
		line = pad(cell(), 32)
		if (on == "test") {
			summarize(c, "test")
			line = line "  " pad(cell(), 32)
		}
		row = row (on == "test" ? columns() : ",,,,")
		if (n > 0) {
			printf "%d\t%s\t%.6f\t%.6f\t%.6f\n", c, label(configuration[c]), 100 * mean,
				100 * low, 100 * high >(scratch "/means")
			print_points(c, on)
		}
		summarize(c, "seconds")
		printf "%s,%d%s,%s", quote(configuration[c]), n, row, n ? sprintf("%.3f", mean) : "" >file
		printf "%4d  %s  %7s  %s\n", n, line, n ? sprintf("%.1f", mean) : "", configuration[c]
		pair_up(c)
		print c == 1 ? ",,,," : sprintf(",%d", n) difference_columns() >file
	}
	if (configurations > 1 && recipes != "true")
		print_differences()
	if (recipes == "true")
		print_markdown()
}
