#!/usr/bin/env bash
# Includes in src and include run one way, from left to right:
#   cli → app → picture → formats → base      cli → draw → formats      cli → export → formats, nn      app → nn → compute → base
# A file in src/ROOM or include/ROOM may include headers of its own room, of those that `sees` lists
# for it, and of the system. A quoted header begins with its room, as "nn/layer.h" does, and one that
# stands in src/ROOM is that room's own. Each offence is printed as FILE:LINE: WHY, and the exit
# status is 1 if there is any.
#   scripts/check-includes.sh [PROJECT]
set -eu -o pipefail
unset CDPATH
cd "${1:-$(dirname "$0")/..}"

headers=$(find include -name '*.h' -o -name '*.def')
find src include -name '*.[ch]' -exec awk -v headers="$headers" '
	BEGIN {
		sees["cli"] = " cli draw export app picture nn compute formats base "
		sees["draw"] = " draw formats base "
		sees["export"] = " export nn formats base "
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
