# From gcov's listings of source files: each line that no test runs and, in src/formats, each branch
# that none takes, as FILE:LINE: TEXT; then the sums, and exit status 1 where they are too small.
BEGIN {
	FS = ":"
}
FNR == 1 {
	file = FILENAME
	gsub(/.*\/src#/, "src#", file)
	gsub(/#/, "/", file)
	sub(/\.gcov$/, "", file)
	is_parser = file ~ /^src\/formats\//
}
/^ *([0-9]+\*?|#####|=====): *[0-9]+:/ {
	line = $2 + 0
	text = $0
	sub(/^[^:]*:[^:]*:[ \t]*/, "", text)
	lines++
	if ($1 ~ /#####|=====/) {
		missed_lines++
		printf "%s:%d: %s\n", file, line, text
	}
}
/^branch / && is_parser {
	branches++
	if (/never executed|taken 0%/) {
		missed_branches++
		if (/taken 0%/)
			printf "%s:%d: branch: %s\n", file, line, text
	}
}
END {
	line_share = lines ? 100 * (lines - missed_lines) / lines : 0
	branch_share = branches ? 100 * (branches - missed_branches) / branches : 0
	printf "lines: %.2f%% of %d\n", line_share, lines
	printf "branches of the parsers: %.2f%% of %d\n", branch_share, branches
	exit line_share < 98 || branch_share < 95
}
