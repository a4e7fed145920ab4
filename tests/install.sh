#!/usr/bin/env bash
# The program is installed, found complete, used from an empty folder, and removed again.
#
#     tests/install.sh BUILD
#
# Prints a line a check, "ok ..." or "not ok ...".
#
# shellcheck disable=SC2317 # check calls functions
set -u
build=$(cd "$1" && pwd)
work=$(mktemp -d)
failed=0
# What is installed from this build stays known to its target `uninstall`.
manifest=$build/install_manifest.txt
[ ! -f "$manifest" ] || cp "$manifest" "$work/manifest"
finish()
{
	rm -f "$manifest"
	[ ! -f "$work/manifest" ] || cp "$work/manifest" "$manifest"
	rm -rf "$work"
}
trap finish EXIT

# check WHAT COMMAND...
check()
{
	local what=$1

	shift
	if "$@" >"$work/output" 2>&1; then
		echo "ok $what"
	else
		echo "not ok $what"
		tail -n 5 "$work/output"
		failed=1
	fi
}

has_all()
{
	local usr=$1/usr name

	for name in bin/mnist-cnn share/man/man1/mnist-cnn.1 share/zsh/site-functions/_mnist-cnn \
		share/bash-completion/completions/mnist-cnn share/fish/vendor_completions.d/mnist-cnn.fish \
		share/mnist-cnn/README.md share/mnist-cnn/samples/7.pgm share/mnist-cnn/train-images-idx3-ubyte.gz; do
		[ -f "$usr/$name" ] || { echo "no $usr/$name" && return 1; }
	done
}

# manual FILE : neither man nor mandoc has anything to say against it.
manual()
{
	local said=

	command -v mandoc >/dev/null && said+=$(mandoc -Tlint "$1")
	command -v man >/dev/null && said+=$(LC_ALL=C.UTF-8 MANWIDTH=80 man --warnings -l "$1" 2>&1 >/dev/null)
	printf '%s' "$said"
	[ -z "$said" ]
}

# links FILE : what its links name is there.
links()
{
	grep -o ']([^)#]*' "$1" | cut -c 3- | grep '^[^:]\{1,\}$' | (cd "$(dirname "$1")" && xargs -r ls -d)
}

used()
{
	unset MNIST_CNN_DATA
	mkdir -p "$work/empty" && cd "$work/empty" || return
	"$1/usr/bin/mnist-cnn" train -q --limit 100 --epochs 1 &&
		[ -s model.safetensors ] && rm model.safetensors &&
		[ "$("$1/usr/bin/mnist-cnn" predict -q "$1/usr/share/mnist-cnn/samples/7.pgm" | cut -c 1)" = 7 ]
}

gone()
{
	(cd "$build" && DESTDIR=$work/root cmake --build . --target uninstall) || return
	find "$work/root" \( ! -type d -o -name mnist-cnn \) -print | grep . && return 1
	return 0
}

# with_manual : the target that is built where nobody wants tests.
with_manual()
{
	rm -f "$build/mnist-cnn.1"
	cmake --build "$build" --target mnist-cnn && [ -f "$build/mnist-cnn.1" ]
}

check "who builds the program has its manual" with_manual
check "installing" env DESTDIR="$work/root" cmake --install "$build" --prefix /usr
check "all is where it belongs" has_all "$work/root"
check "the manual has no mistakes" manual "$work/root/usr/share/man/man1/mnist-cnn.1"
check "what its README.md links to is installed" links "$work/root/usr/share/mnist-cnn/README.md"
check "the program finds its data" used "$work/root"
check "nothing is left behind" gone
exit $failed
