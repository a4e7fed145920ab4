#!/usr/bin/env bash
# Includes run one way: cli → app → picture → formats → base, app → nn → compute → base, and
# cli → draw → formats. A header in src/ROOM is that room's own; only include/ROOM is for others.
# Names every line in src/ and include/ that runs back, and every quoted include without its room.
#   scripts/check-includes.sh [PROJECT]
set -eu -o pipefail
unset CDPATH
cd "${1:-$(dirname "$0")/..}"

headers=$(find include -name '*.h' -o -name '*.def')
find src include -name '*.[ch]' -exec awk -v headers="$headers" '
	BEGIN {
		sees["cli"] = " cli draw app picture nn compute formats base "
		sees["draw"] = " draw formats base "
		sees["app"] = " app picture nn compute formats base "
		sees["picture"] = " picture formats base "
		sees["nn"] = " nn compute base "
		sees["compute"] = " compute base "
		sees["formats"] = " formats base "
		sees["base"] = " base "
		count = split(headers, list, "\n")
		for (i = 1; i <= count; i++)
			open_to_all[list[i]] = 1
	}
	function refuse(why)
	{
		printf "%s:%d: %s\n", FILENAME, FNR, why
		bad = 1
	}
	FNR == 1 {
		split(FILENAME, folders, "/")
		room = folders[2]
		if (!(room in sees))
			refuse("no such room: " room)
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
			refuse("\"" header "\" does not begin with its room, as \"nn/layer.h\" does")
		else if (from in sees && room in sees && !index(sees[room], " " from " "))
			refuse(room " must not see " from ": \"" header "\"")
		else if (from in sees && !(("include/" header) in open_to_all) &&
				 (from != room || folders[1] == "include"))
			refuse("\"" header "\" is " from "\047s own")
	}
	END { exit bad }
' {} +
