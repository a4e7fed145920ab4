#!/bin/sh
# The command line, as scripts see it: every transcript here is played again and compared.
#
#     tests/cli/run.sh PROGRAM [NAME ...]            compare with NAME.txt, or with all but
#                                                    $LEFT_OUT.txt
#     tests/cli/run.sh --update PROGRAM [NAME ...]   write down what happens now
#
# A transcript holds commands, what they print, and their exit status:
#
#     $ mnist-cnn eval --split dev
#     | a line of standard output
#     ! a line of standard error
#     = 2
#
# Each is played in an empty folder with tiny/, 1000 training and 200 test images of MNIST, and
# samples/; `picture` (picture.sh) makes others of these. The seconds of an epoch are written as S,
# because no test depends on time, and the kernels and threads that train chose as K and N. Lines of
# any other kind are comments, and are kept.
set -u
unset CDPATH

update=false
if [ "${1-}" = --update ]; then
	update=true
	shift
fi
if [ $# -eq 0 ] || [ ! -x "$1" ]; then
	echo "usage: run.sh [--update] PROGRAM [NAME ...]" >&2
	exit 2
fi
here=$(cd "$(dirname "$0")" && pwd)
program=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
data=$(cd "$here/../../data" && pwd)
shift
if [ $# -eq 0 ]; then
	for transcript in "$here"/*.txt; do
		name=$(basename "$transcript" .txt)
		[ "$name" = "${LEFT_OUT-}" ] || set -- "$@" "$name"
	done
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
mkdir "$work/bin" "$work/tiny"
ln -s "$program" "$work/bin/mnist-cnn"
ln -s "$here/picture.sh" "$work/bin/picture"
PATH=$work/bin:$PATH
LC_ALL=C
TERM=dumb
export PATH LC_ALL TERM
unset MNIST_CNN_DATA MNIST_CNN_THREADS NO_COLOR COLUMNS

# tiny_data PREFIX COUNT COUNT-IN-OCTAL-BYTES: the first images of MNIST, as IDX files.
tiny_data()
{
	{
		printf "\0\0\10\3$3\0\0\0\34\0\0\0\34"
		gzip -dc "$data/$1-images-idx3-ubyte.gz" | tail -c +17 | head -c $(($2 * 784))
	} >"$work/tiny/$1-images-idx3-ubyte"
	{
		printf "\0\0\10\1$3"
		gzip -dc "$data/$1-labels-idx1-ubyte.gz" | tail -c +9 | head -c "$2"
	} >"$work/tiny/$1-labels-idx1-ubyte"
}
tiny_data train 1000 '\0\0\3\350' 2>/dev/null
tiny_data t10k 200 '\0\0\0\310' 2>/dev/null

# play TRANSCRIPT: print it as it comes out now.
play()
{
	while IFS= read -r line; do
		case $line in
		'$ '*)
			(eval "${line#??}") >"$work/stdout" 2>"$work/stderr" </dev/null
			status=$?
			printf '%s\n' "$line"
			awk '/^ *[0-9]+\/[0-9]+ / { sub(/ [0-9.]+$/, " S") } { print "| " $0 }' "$work/stdout"
			awk '/^speed  / { $0 = "speed  K kernels, N threads" } { print "! " $0 }' "$work/stderr"
			echo "= $status"
			;;
		'| '* | '! '* | '= '*) ;;
		*) printf '%s\n' "$line" ;;
		esac
	done <"$1"
}

failed=0
for name in "$@"; do
	mkdir "$work/$name"
	ln -s "$work/tiny" "$work/$name/tiny"
	ln -s "$data/samples" "$work/$name/samples"
	(cd "$work/$name" && play "$here/$name.txt") >"$work/$name.new"
	if $update; then
		cp "$work/$name.new" "$here/$name.txt"
	elif diff -u "$here/$name.txt" "$work/$name.new"; then
		echo "$name: as written down"
	else
		echo "$name: differs"
		failed=1
	fi
done
exit $failed
