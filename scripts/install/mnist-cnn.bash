# Completes the command line of mnist-cnn, for bash 4 and later.
# shellcheck shell=bash disable=SC2086,SC2206 # lists of plain words

# The files that complete a word: all, or those with one of these endings.
_mnist_cnn_files()
{
	local word=$1 ending

	shift
	[[ $# -gt 0 ]] || compgen -f -- "$word"
	for ending; do
		compgen -d -- "$word"
		compgen -f -X "!*.$ending" -- "$word"
	done | sort -u
}

_mnist_cnn()
{
	# A line for each command and option: COMMAND|OPTION|KIND|WORDS|EXPLANATION
	local table="\
@table@
" # ends the table
	local word option='' typed=() i command row kind words choices=() files=false

	# The words that are neither options nor their values name the command. Readline makes three words
	# of --split=test; an option without its value stays in `option`.
	for ((i = 1; i < COMP_CWORD; i++)); do
		word=${COMP_WORDS[i]}
		if [[ $word == '=' ]]; then
			continue
		elif [[ $option ]]; then
			option=
		elif [[ $word != -* ]]; then
			typed+=("$word")
		elif [[ $table == *"|$word|"@(value|words|file)"|"* ]]; then
			option=$word
		fi
	done
	word=${COMP_WORDS[COMP_CWORD]#=}
	[[ $word == -* && ! ${typed[0]} ]] && choices=(--help --version)
	[[ ${typed[0]} == help ]] && typed=("${typed[@]:1}")

	while IFS='|' read -r command row kind words _; do
		if [[ ! $row && $command == "${typed[*]:+${typed[*]} }"* && ! $option ]]; then
			command=${command#"${typed[*]:+${typed[*]} }"}
			choices+=("${command%% *}") # may come next in its name
		elif [[ $command != "${typed[0]}" && $command != "${typed[*]:0:2}" ]]; then
			continue
		elif [[ $word == -* && ! $option ]]; then
			choices+=($row)
		elif [[ $row == "$option" && $kind == words ]]; then
			choices=($words)
		elif [[ $row == "$option" && $kind == file ]]; then
			files=true && break
		fi
	done <<<"$table"

	if $files; then
		compopt -o filenames
		mapfile -t COMPREPLY < <(_mnist_cnn_files "$word" $words)
	else
		mapfile -t COMPREPLY < <(compgen -W "${choices[*]}" -- "$word" | sort -u)
	fi
}
complete -F _mnist_cnn mnist-cnn
