# From samples to bench.csv and a table, for bench.sh. Each line of the input is one measurement:
# what, setting, threads, kernels, unit, value, with tabs between them. What is derived from others
# (ratios, shares) comes from their minima for the column min, and from their medians for median.
# Variables: csv, the file to write; images, how often one is trained on in the whole job.

BEGIN { FS = "\t" }

# The same measurements of all rounds are one row.
{
	key = $1 FS $2 FS $3 FS $4 FS $5
	if (!(key in row)) {
		row[key] = ++rows
		what[rows] = $1; setting[rows] = $2; threads[rows] = $3; kernels[rows] = $4; unit[rows] = $5
	}
	i = row[key]
	# Inserted in order.
	for (j = ++rounds[i]; j > 1 && value[i, j - 1] > $6 + 0; j--)
		value[i, j] = value[i, j - 1]
	value[i, j] = $6 == "" ? "" : $6 + 0
}

function summarize(i,    n)
{
	n = rounds[i]
	min[i] = value[i, 1]
	median[i] = n % 2 ? value[i, (n + 1) / 2] : (value[i, n / 2] + value[i, n / 2 + 1]) / 2
}

# A row like row i, with other figures.
function derive(new_what, i, new_unit, new_min, new_median)
{
	rows++
	what[rows] = new_what; setting[rows] = setting[i]; threads[rows] = threads[i]
	kernels[rows] = kernels[i]; unit[rows] = new_unit; rounds[rows] = rounds[i]
	min[rows] = new_min; median[rows] = new_median
	derived[new_what, i] = rows
}

# The row of a name and a setting, and of a number of threads and kernels where these are given.
function find(a_what, a_setting, a_threads, some_kernels,    i)
{
	for (i = 1; i <= rows; i++)
		if (what[i] == a_what && setting[i] == a_setting && threads[i] == a_threads &&
			(some_kernels == "" || kernels[i] == some_kernels))
			return i
	return 0
}

function is_ours(i)
{
	return kernels[i] != ""
}

# Against the fastest peer, each in its fastest setting with that many threads or fewer.
function compare_with_peers(i,    j, best, best_median)
{
	for (j = 1; j <= measured; j++) {
		if (what[j] != "reference job" || is_ours(j) || threads[j] > threads[i])
			continue
		if (!best || min[j] < best)
			best = min[j]
		if (!best_median || median[j] < best_median)
			best_median = median[j]
	}
	if (best)
		derive("fastest peer / mnist-cnn", i, "times", best / min[i], best_median / median[i])
}

function compare_with_one_thread(i,    one)
{
	one = find("reference job", setting[i], 1, kernels[i])
	if (threads[i] > 1 && one)
		derive("one thread / this many", i, "times", min[one] / min[i], median[one] / median[i])
}

function compare_with_limit(i,    peak, limit)
{
	peak = find("FMA peak", "", threads[i])
	limit = derived["dense limit of the reference job", peak]
	derive("training time / dense limit", i, "times", min[i] / min[limit],
		median[i] / median[limit])
	derive("share of FMA peak", i, "%", 100 * min[limit] / min[i], 100 * median[limit] / median[i])
}

function rate_network(i,    peak, work, share, job)
{
	peak = find("FMA peak", "", 1)
	work = min[find("dense arithmetic", setting[i], "")]
	derive("speed of " what[i], i, "GFLOP/s", work * 1e3 / min[i], work * 1e3 / median[i])
	# (MFLOP × s/TFLOP) / µs is exactly a share.
	derive("share of FMA peak of " what[i], i, "%", 100 * work * min[peak] / min[i],
		100 * work * median[peak] / median[i])
	share = rows
	job = derived["share of FMA peak", find("reference job", "mnist-cnn", 1, kernels[i])]
	derive("share / reference job's share of " what[i], i, "times", min[share] / min[job],
		median[share] / median[job])
}

function derive_all(    i, work)
{
	work = min[find("dense arithmetic", "reference job", "")] * images * 1e-6
	for (i = 1; i <= measured; i++) {
		if (what[i] != "FMA peak")
			continue
		derive("FMA peak, speed", i, "GFLOP/s", 1000 / min[i], 1000 / median[i])
		derive("dense limit of the reference job", i, "s", work * min[i], work * median[i])
	}
	for (i = 1; i <= measured; i++) {
		if (what[i] != "reference job" || !is_ours(i))
			continue
		compare_with_peers(i)
		compare_with_one_thread(i)
		compare_with_limit(i)
	}
	for (i = 1; i <= measured; i++)
		if (what[i] ~ /^network/)
			rate_network(i)
}

function quoted(text)
{
	return text ~ /[,"]/ ? "\"" text "\"" : text
}

function number(x)
{
	return x == "" ? "" : sprintf("%.6g", x)
}

function write_csv(    i)
{
	print "what,setting,threads,kernels,unit,min,median,rounds" > csv
	for (i = 1; i <= rows; i++)
		print quoted(what[i]) "," quoted(setting[i]) "," threads[i] "," kernels[i] "," unit[i] "," \
			number(min[i]) "," number(median[i]) "," rounds[i] > csv
	close(csv)
}

# A derived figure's minimum, or nothing.
function figure(a_what, i, form,    j)
{
	j = derived[a_what, i]
	return j ? sprintf(form, min[j]) : "-"
}

function print_machine(    i)
{
	for (i = 1; i <= measured; i++)
		if (what[i] ~ /^(processor|compiler|date|load before)$/)
			printf "%-12s %s%s\n", what[i], setting[i], unit[i] == "" ? "" : ", " min[i] " " unit[i]
		else if (what[i] == "images of the job")
			fraction = setting[i]
}

function print_jobs(    i, j, accuracy)
{
	printf "\nReference job, seconds of training alone%s\n\n", fraction == "1/1" ? "" : \
		", from " fraction " of the images"
	printf "%-52s %7s %8s %8s %8s %7s %8s %8s %8s\n", "", "threads", "min", "median", "accuracy",
		"peer /", "1 thread", "/ dense", "of FMA"
	printf "%-52s %7s %8s %8s %8s %7s %8s %8s %8s\n", "", "", "s", "s", "%", "this", "/ this",
		"limit", "peak, %"
	for (i = 1; i <= measured; i++) {
		if (what[i] != "reference job")
			continue
		accuracy = "-"
		j = find("validation accuracy", setting[i], threads[i], kernels[i])
		if (j)
			accuracy = sprintf("%.2f", median[j])
		printf "%-52s %7d %8.2f %8.2f %8s %7s %8s %8s %8s\n",
			setting[i] (is_ours(i) ? ", " kernels[i] : ""), threads[i], min[i], median[i], accuracy,
			figure("fastest peer / mnist-cnn", i, "%.2f"),
			figure("one thread / this many", i, "%.2f"),
			figure("training time / dense limit", i, "%.2f"), figure("share of FMA peak", i, "%.1f")
	}
	print "\npeer / this: the fastest setting of PyTorch and Keras with no more threads."
}

function print_peaks(    i)
{
	printf "\n%-52s %7s %8s %8s\n", "", "threads", "GFLOP/s", "limit, s"
	for (i = 1; i <= measured; i++)
		if (what[i] == "FMA peak")
			printf "%-52s %7d %8s %8s\n", "FMA peak, and the dense job at it, " kernels[i],
				threads[i], figure("FMA peak, speed", i, "%.1f"),
				figure("dense limit of the reference job", i, "%.2f")
}

function print_networks(    i)
{
	print "\nOther networks, one thread\n"
	printf "%8s %8s %8s %8s %8s %8s  %s\n", "us/image", "median", "GFLOP/s", "of FMA", "/ that of",
		"batch", "network"
	printf "%8s %8s %8s %8s %8s\n", "", "", "", "peak, %", "ref. job"
	for (i = 1; i <= measured; i++)
		if (what[i] ~ /^network/)
			printf "%8.2f %8.2f %8s %8s %8s %8d  %s\n", min[i], median[i],
				figure("speed of " what[i], i, "%.1f"),
				figure("share of FMA peak of " what[i], i, "%.1f"),
				figure("share / reference job's share of " what[i], i, "%.2f"), substr(what[i], 16),
				setting[i]
}

function print_rest(    i)
{
	printf "\n%-60s %7s %8s %8s %4s\n", "", "threads", "min", "median", ""
	for (i = 1; i <= measured; i++)
		if (unit[i] == "ms" || unit[i] == "MiB")
			printf "%-60s %7s %8.2f %8.2f %s\n", what[i] ": " setting[i],
				threads[i] == "" ? "-" : threads[i], min[i], median[i], unit[i]
}

END {
	measured = rows
	for (i = 1; i <= measured; i++)
		summarize(i)
	derive_all()
	write_csv()
	print_machine()
	print_jobs()
	print_peaks()
	print_networks()
	print_rest()
}
