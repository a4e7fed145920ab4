#!/usr/bin/env bash
# Includes run one way: cli → app → nn → compute → base, and app → formats → base.
# Names every line in src/ and include/ that runs back, and every quoted include without its level.
#   scripts/check-includes.sh [PROJECT]
set -eu -o pipefail
unset CDPATH
cd "${1:-$(dirname "$0")/..}"

find src include -name '*.[ch]' -exec awk '
	BEGIN {
		sees["cli"] = " cli app nn compute formats base "
		sees["app"] = " app nn compute formats base "
		sees["nn"] = " nn compute base "
		sees["compute"] = " compute base "
		sees["formats"] = " formats base "
		sees["base"] = " base "
	}
	function refuse(why)
	{
		printf "%s:%d: %s\n", FILENAME, FNR, why
		bad = 1
	}
	FNR == 1 {
		split(FILENAME, folders, "/")
		level = folders[2]
		if (!(level in sees))
			refuse("no such level: " level)
	}
	/^[ \t]*#[ \t]*include[ \t]*["<]/ {
		quoted = /^[^<]*"/
		header = $0
		sub(/^[^"<]*["<]/, "", header)
		sub(/[">].*$/, "", header)
		from = index(header, "/") ? substr(header, 1, index(header, "/") - 1) : ""

		if (header == "threads.h" && FILENAME != "src/compute/workers.c")
			refuse("only src/compute/workers.c may include <threads.h>")
		else if (quoted && !(from in sees))
			refuse("\"" header "\" does not begin with its level, as \"nn/layer.h\" does")
		else if (from in sees && level in sees && !index(sees[level], " " from " "))
			refuse(level " must not see " from ": \"" header "\"")
	}
	END { exit bad }
' {} +
