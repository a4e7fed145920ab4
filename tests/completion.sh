#!/usr/bin/env bash
# The real shells complete the lines of completion.txt as is written there.
#
#     tests/completion.sh BUILD [SHELL ...]
#
# BUILD is the folder with the scripts for bash, zsh and fish; without a SHELL, each that is installed
# is asked. Prints a line a shell, "ok ..." or "not ok ...", behind what differs.
#
# shellcheck disable=SC2016,SC2317 # the shells get programs, and the functions are called by name
set -u
here=$(cd "$(dirname "$0")" && pwd)
build=$(cd "$1" && pwd)
shift
[ $# -gt 0 ] || set -- bash zsh fish
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/place" "$work/place/folder" "$work/functions"
touch "$work/place/"{one.c,one.csv,one.html,one.png,two.png}
cp "$build/mnist-cnn.zsh" "$work/functions/_mnist-cnn"
export LC_ALL=C HOME=$work TERM=dumb

# Each prints the candidates of the line $1, one a line.
in_bash()
{
	bash --norc -c '
		complete_line()
		{
			read -ra COMP_WORDS <<<"${1/=/ = }"
			[[ $1 != *" " ]] || COMP_WORDS+=("")
			COMP_CWORD=$((${#COMP_WORDS[@]} - 1)) COMPREPLY=()
			compopt() { :; }
			_mnist_cnn
			printf "%s\n" "${COMPREPLY[@]}"
		}
		. "$1"
		complete_line "$2"' bash "$build/mnist-cnn.bash" "$1"
}

in_fish()
{
	fish --no-config -c "source '$build/mnist-cnn.fish'; complete -C '$1'" |
		sed 's/[\t/].*//; s/^--[a-z-]*=//'
}

# zsh completes only where it edits a line, so it gets a terminal. There compadd prints the candidates,
# too.
cat >"$work/.zshrc" <<'END'
PS1= PS2= RPS1=
unsetopt prompt_sp prompt_cr
fpath=($HOME/functions $fpath)
autoload -U compinit
compinit -u -d $HOME/dump
compadd()
{
	local -a found

	if [[ ${@[1,(i)(-|--)]} != *-(O|A|D)\ * ]]; then
		builtin compadd -A found "$@"
		[[ $#found = 0 ]] || print -rl -- "" candidate:$^found
	fi
	builtin compadd "$@"
}
ended()
{
	print the-end
	exit
}
zle -N ended
bindkey ^I complete-word
bindkey ^X ended
print the-beginning
END
in_zsh()
{
	ZDOTDIR=$work zsh -f -c '
		zmodload zsh/zpty
		zpty -b shell zsh -d -i
		zpty -r -m shell output "*the-beginning*"
		zpty -w -n shell "$1"$'\''\t\x18'\''
		zpty -r -m shell output "*the-end*"
		print -r -- "$output"' zsh "$1" | tr '\r' '\n' | sed -n 's/.*candidate://p'
}

failed=0
for shell; do
	if ! command -v "$shell" >/dev/null; then
		echo "left out: completion in $shell, which is not installed"
		continue
	fi
	grep -v '^#' "$here/completion.txt" >"$work/wanted"
	while IFS='|' read -r line _; do
		printf '%s|%s\n' "$line" "$(cd "$work/place" && "in_$shell" "$line" | sort | paste -s -d ' ')"
	done <"$work/wanted" >"$work/found"
	if diff "$work/wanted" "$work/found"; then
		echo "ok completion in $shell"
	else
		echo "not ok completion in $shell"
		failed=1
	fi
done
exit $failed
