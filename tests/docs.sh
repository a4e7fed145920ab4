#!/bin/sh
# The documents say what is so: what they tell to type is typed, what they name exists.
#
#     tests/docs.sh PROGRAM
#
# In README.md, data/README.md and data/lesson/README.md, a block that begins with ```sh has commands,
# which must succeed, and one that begins with ```console has commands after "$ " and what they print.
# There a line "…" stands for any number of lines. Seconds, kernels and threads are not compared, and
# where the processor has no fused multiply-add nothing is, since figures differ there. The commands
# run one after the other in a folder that looks like the project. Those that the tour runs are not
# run again: the tour must have printed what the lesson shows. A comment in the line before a block,
# which readers do not see, may say
#
#     <!-- docs.sh: leave out: REASON -->
#     <!-- docs.sh: shorter: OPTION... -->     the options are put behind those of train
#
# Blocks of other kinds (text, python) are not played. Prints a line a check, "ok ..." or "not ok ...".
#
# shellcheck disable=SC2016,SC2317 # backquotes are Markdown's, and check calls functions
set -u
unset CDPATH

program=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
root=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
tour_process=
trap '[ -z "$tour_process" ] || kill "$tour_process"; exit 1' HUP INT TERM
played="README.md data/README.md data/lesson/README.md"
all="$played scripts/README.md src/README.md src/compute/README.md tests/README.md"
LC_ALL=C
TERM=dumb
export LC_ALL TERM
unset MNIST_CNN_DATA MNIST_CNN_THREADS NO_COLOR COLUMNS

# result STATUS WHAT: what fails is also noted in a file, since some checks run in a subshell.
result()
{
	if [ "$1" = 0 ]; then
		echo "ok $2"
	else
		echo "not ok $2"
		echo "$2" >>"$work/failed"
	fi
}

# check WHAT COMMAND...
check()
{
	what=$1
	shift
	"$@"
	result $? "$what"
}

# none WHAT: fails where standard input has a line, and shows it.
none()
{
	cat >"$work/found"
	[ ! -s "$work/found" ]
	result $? "$1"
	sed 's/^/  /' "$work/found"
}

# What is played.

# The project as a reader sees it who has just built it. train.sh would build anew, but this cmake
# does nothing. Without gnuplot there are no pictures of curves, and that is all.
project=$work/mnist-cnn
mkdir -p "$project/build" "$work/bin"
for name in data scripts tests; do
	ln -s "$root/$name" "$project/$name"
done
ln -s "$program" "$project/build/mnist-cnn"
printf '#!/bin/sh\n' >"$work/bin/cmake"
printf '#!/bin/sh\nexit 1\n' >"$work/bin/apt-get"
command -v gnuplot >"$work/gnuplot" || cp "$work/bin/cmake" "$work/bin/gnuplot"
chmod +x "$work/bin/"*
PATH=$work/bin:$PATH
export PATH

# blocks DOCUMENT: its sh and console blocks as files block-N in the current folder: a line with its
# kind, a line with what the comment before it says, and the block. What is amiss goes to the file
# amiss, a line each.
blocks()
{
	awk '
		function amiss(text) { print FILENAME ":" FNR ": " text > "amiss" }
		/^```/ && inside { inside = 0; mark = ""; close(file); next }
		/^```/ {
			inside = 1
			kind = substr($0, 4)
			file = "/dev/null"
			if (kind == "sh" || kind == "console") {
				file = sprintf("block-%03d", ++count)
				print kind "\n" mark > file
			} else if (kind != "text" && kind != "python")
				amiss("a block of no known kind")
			next
		}
		inside { print > file; next }
		sub(/^<!-- docs.sh: /, "") { sub(/ -->$/, ""); mark = $0; next }
		mark != "" { amiss("a comment for docs.sh with no block behind it"); mark = "" }
		/^(    |\t).*(mnist-cnn|scripts\/)/ { amiss("commands outside a block of kind sh or console") }
		END { if (inside) amiss("a block without an end") }
	' "$1"
}

# masked: without what depends on the machine and the moment. train.sh prints whole paths.
masked()
{
	sed "s|$project|/home/ada/mnist-cnn|g" | awk '
		/^ *[0-9]+\/[0-9]+ / { sub(/ +[0-9.]+$/, " S") }
		/^[0-9]+,[0-9.]+,.*,.*,.*,.*,.*,.*,/ {
			split($0, field, ",")
			sub("," field[7] "," field[8] "," field[9] "$", ",S," field[8] "," field[9])
		}
		/^speed  / { $0 = "speed  K kernels, N threads" }
		{ sub(/[ \t]+$/, ""); print }'
}

# alike EXPECTED FILE: the file has the expected lines, with anything in place of "…".
alike()
{
	awk '
		function matches(from, to, at,    i)
		{
			for (i = from; i <= to; i++)
				if (line[at + i - from] != expected[i])
					return 0
			return at + to - from <= lines
		}
		FILENAME == ARGV[1] { expected[++wanted] = $0; next }
		{ line[++lines] = $0 }
		END {
			at = 1     # the first line that is not used up
			free = 0   # lines may be passed over
			expected[++wanted] = "…"
			from = 1
			for (i = 1; i <= wanted; i++) {
				if (expected[i] != "…")
					continue
				to = i - 1
				if (to >= from) {
					if (i == wanted && free && lines - (to - from) > at)
						at = lines - (to - from)
					while (!matches(from, to, at)) {
						if (!free || at + to - from >= lines) {
							print "  not printed there:"
							for (k = from; k <= to; k++)
								print "    " expected[k]
							exit 1
						}
						at++
					}
					at += to - from + 1
				}
				free = i < wanted
				from = i + 1
			}
			if (expected[wanted - 1] != "…" && at <= lines) {
				print "  printed, but not shown: " line[at]
				exit 1
			}
		}
	' "$1" "$2"
}

# play COMMAND [OPTION...]: in the project, with the options behind those of train; what it prints
# goes to the file printed. What the tour played is only looked up.
play()
{
	command=$1
	shift
	if [ -f toured ]; then
		awk -v wanted="$command" '
			/^\$ / {
				gsub("\047", "\"")
				on = "build/" substr($0, 3) == wanted
				found = found || on
				next
			}
			/^(--$|== )/ { on = 0 }
			on
			END { exit !found }' toured >raw && {
			masked <raw >printed
			return 0
		}
	fi
	case $command in
	*mnist-cnn\ train* | *scripts/train.sh*) command="$command $*" ;;
	esac
	(cd "$project" && eval "$command") >raw 2>&1 </dev/null
	status=$?
	masked <raw >printed
	return $status
}

# check_block DOCUMENT FILE: play its commands, each of which may go on after a backslash, and compare
# what they print.
check_block()
{
	document=$1
	kind=$(sed -n 1p "$2")
	mark=$(sed -n 2p "$2")
	options=
	case $mark in
	"leave out: "?*) return ;;
	"shorter: "?*) options=${mark#shorter: } ;;
	?*)
		result 1 "$document: a comment is neither 'leave out: REASON' nor 'shorter: OPTION...': $mark"
		return
		;;
	esac
	# One file for each command, with its text in the first line.
	rm -f command-*
	sed 1,2d "$2" | awk -v kind="$kind" '
		more { text = text $0 }
		!more && kind == "sh" { text = $0 }
		!more && kind == "console" && /^\$ / { text = substr($0, 3) }
		!more && kind == "console" && !/^\$ / { print > file; next }
		{
			more = sub(/\\$/, "", text)
			if (more || text == "")
				next
			close(file)
			file = sprintf("command-%02d", ++count)
			gsub(/  +/, " ", text)
			print text > file
			text = ""
		}'
	for command_file in command-*; do
		text=$(sed -n 1p "$command_file")
		sed 1d "$command_file" | masked >expected
		# shellcheck disable=SC2086 # words
		play "$text" $options
		status=$?
		if [ "$kind" = sh ] || [ -n "$options" ] || [ "$compared" = false ]; then
			[ $status = 0 ] || [ "$kind" = console ]
			status=$?
		else
			alike expected printed >difference
			status=$?
		fi
		result $status "$document: $text"
		if [ $status != 0 ]; then
			cat difference 2>/dev/null
			tail -n 40 printed | sed 's/^/  | /'
		fi
		rm -f difference
	done
}

cd "$work" || exit 1

# Figures are those of a fused multiply-add.
play "build/mnist-cnn train --limit 50 --epochs 0.1 --model tiny.safetensors --curves tiny.csv"
compared=true
if grep -E '^speed  (portable|reference)' raw >/dev/null; then
	compared=false
fi

# play_document DOCUMENT
play_document()
{
	rm -f block-*
	: >amiss
	blocks "$root/$1"
	none "$1: its blocks can be read" <amiss
	for block in block-*; do
		[ -f "$block" ] && check_block "$1" "$block"
	done
}

# The tour, in a folder of its own, beside what is read first; one thread for each.
tour()
{
	MNIST_CNN_DATA=data "$root/scripts/tour.sh" --no-pause --program "$program" "$work/tour" \
		>tour.log 2>&1 </dev/null
	echo $? >tour.status
}

is_png()
{
	[ "$(head -c 4 "$1" | tr -cd '[:alpha:]')" = PNG ]
}

# tour_verdict NUMBER TEXT: does that training's verdict begin with the text?
tour_verdict()
{
	grep '^verdict' toured | sed -n "$1p" | grep "^verdict  $2" >found
}

export MNIST_CNN_THREADS=1
mkdir tour
ln -s "$root/data" tour/data
tour &
tour_process=$!
play_document README.md
play_document data/README.md
wait
tour_process=
unset MNIST_CNN_THREADS
sed "s|$root/||g" tour.log >toured
check "the tour goes through" test "$(cat tour.status)" = 0
pictures='samples augmented filters activations occlusion mistakes'
if [ -s gnuplot ]; then
	pictures="$pictures plain overfit dropout repaired confusion"
fi
for picture in $pictures; do
	check "$picture.png is a picture" is_png "tour/$picture.png"
done
check "few images, many epochs: overfitting" tour_verdict 2 overfitting
check "with dropout: the loss no longer rises" tour_verdict 3 "overfitting.* has stayed"
check "with augmentation, too: no overfitting" tour_verdict 4 "still improving"
[ "$(cat tour.status)" = 0 ] || cat toured
cp tour/*.* "$project"
play_document data/lesson/README.md
rm toured

# What is looked up: pictures, links, and everything that has a name.

# size PICTURE: its width and height, in hexadecimal.
size()
{
	head -c 24 "$1" | tail -c 8 | od -An -tx1
}

# Each picture is small, is shown, and is as large as the one that the commands drew.
for picture in "$root"/data/lesson/*.png; do
	name=$(basename "$picture")
	[ "$(wc -c <"$picture")" -le 60000 ]
	result $? "data/lesson/$name has at most 60,000 bytes"
	grep -l "]($name)\|](data/lesson/$name)" "$root/README.md" "$root/data/lesson/README.md" >found
	result $? "data/lesson/$name is shown"
	if [ -f "$project/$name" ] && [ -s gnuplot ]; then
		[ "$(size "$picture")" = "$(size "$project/$name")" ]
		result $? "data/lesson/$name is as large as what is drawn today"
	fi
done

# anchors DOCUMENT: what its headings are called in links.
anchors()
{
	sed -n '/^```/,/^```/d; s/^##* //p' "$1" | tr '[:upper:]' '[:lower:]' |
		sed 's/[^a-z0-9 _-]//g; s/ /-/g'
}

# links DOCUMENT: every target of its links and pictures; not what stands in blocks.
links()
{
	awk '
		/^```/ { inside = !inside }
		!inside { text = text " " $0 }
		END {
			while (match(text, /\]\([^)]*\)/)) {
				print substr(text, RSTART + 2, RLENGTH - 3)
				text = substr(text, RSTART + RLENGTH)
			}
		}' "$1"
}

for document in $all; do
	[ -f "$root/$document" ] || continue
	links "$root/$document" | while IFS= read -r target; do
		case $target in
		http://* | https://*) continue ;;
		'#'*) file=$root/$document ;;
		*) file=$root/$(dirname "$document")/${target%%#*} ;;
		esac
		if [ ! -e "$file" ]; then
			echo "$target: no such file"
			continue
		fi
		[ -d "$file" ] && file=$file/README.md
		case $target in
		*'#'*) anchors "$file" | grep -qxF -e "${target#*#}" || echo "$target: no such heading" ;;
		esac
	done | none "$document: its links lead somewhere"
done

# What the program and the scripts know.
for command in "" train eval predict export "inspect data" "inspect model" "inspect image"; do
	# shellcheck disable=SC2086 # two words are two words
	"$program" $command --help
done >help
for script in train test tour bench sweep; do
	"$root/scripts/$script.sh" --help
done >help-scripts
"$program" train --recipe list >recipes
grep -o -h -e '--[a-z][a-z0-9-]*' help help-scripts "$root/tests/cli/run.sh" \
	"$root/tests/pictures.sh" "$root/tests/ablation.sh" | sort -u >known
printf '%s\n' --build --install --prefix --target --output-on-failure >>known # CMake's and CTest's

for document in $all; do
	[ -f "$root/$document" ] || continue
	grep -o -e '--[a-z][a-z0-9-]*' "$root/$document" | sort -u | grep -vxF -f known |
		none "$document: every option that it names exists"
done

# first_cells HEADING: what stands in backticks in the first cell of each row of README's table.
first_cells()
{
	awk -v heading="## $1" '
		$0 == heading { on = 1; next }
		/^## / { on = 0 }
		on && /^\| `/' "$root/README.md" |
		sed 's/\\|/~/g; s/^| `\([^`]*\)`.*/\1/; s/~/|/g' | sort
}

# same WHAT FILE FILE
same()
{
	diff "$2" "$3" >difference
	result $? "$1"
	sed 's/^/  /' difference
	rm -f difference
}

first_cells Commands >cells
sed -n '/^Commands:/,/^$/s/^  \([a-z]*\( [a-z][a-z]*\)\{0,1\}\)  .*/\1/p' help | sort -u >names
same "README.md: its commands are those that there are" cells names
first_cells Layers >cells
"$program" train --help | sed -n '/^SPEC is/,/^$/s/^  //p' | sort >layers
same "README.md: its layers are those that there are" cells layers
first_cells Recipes >cells
grep '^[a-z]' recipes | sort >names
same "README.md: its recipes are those that there are" cells names

# recipe, accuracy, deviation and seconds: README's table and the program's list.
sed -n 's/^| `\([a-z0-9]*\)` |.*| \([0-9.]*%\) ± \([0-9.]*\) | \([0-9.]* s\) |$/\1 \2 \3 \4/p' \
	"$root/README.md" >cells
awk '/^[a-z]/ { name = $1 } match($0, /[0-9.]+% of the test images/) {
	split($0, part, /[ ,;]+/)
	print name, part[2], part[10], part[11] " s" }' recipes >names
same "README.md: its recipes' figures are the program's" cells names

# The networks in the documents have layers that exist.
cut -d : -f 1 layers | sort -u >names
for document in $all; do
	[ -f "$root/$document" ] || continue
	grep -o '`[^`]* softmax`' "$root/$document" | tr -d '`' | tr ' ' '\n' | cut -d : -f 1 | sort -u |
		grep -vxF -f names | none "$document: every layer of its networks exists"
	grep -o -e '--recipe [a-z0-9]*' "$root/$document" | sed 's/.* //' | sort -u |
		grep -vxF -e "$(grep '^[a-z]' recipes)" | grep -vx -e list -e '' |
		none "$document: every recipe that it names exists"
done

# The augmentations of the lesson are the program's.
sed -n '/^LIST is/,$s/^  \([a-z][a-z]*\)[: ].*/\1/p' help | sort -u >names
sed -n '/^| name | changes/,/^$/s/^| `\([a-z]*\)`.*/\1/p' "$root/data/lesson/README.md" |
	sort >cells
same "data/lesson/README.md: its augmentations are those that there are" cells names

# The tour's steps are chapters of the lesson.
sed -n 's/^step \([0-9]*\) "\([^"]*\)".*/## \1. \2/p' "$root/scripts/tour.sh" |
	grep -vxF -f "$root/data/lesson/README.md" |
	none "scripts/tour.sh: its steps are chapters of the lesson"

# Speed is told in scripts/README.md; README.md repeats three figures of it.
sed -n '/^## Fast$/,/^## [^F]/p' "$root/README.md" | grep -o '[0-9.]* s ' | tr -d ' s' |
	while read -r seconds; do
		tr -d '*' <"$root/scripts/README.md" | grep -qF "| $seconds |" || echo "$seconds s"
	done | none "README.md: its figures of speed are those of scripts/README.md"

[ "$(wc -l <"$root/README.md")" -le 250 ]
result $? "README.md has at most 250 lines"
[ ! -e failed ]
