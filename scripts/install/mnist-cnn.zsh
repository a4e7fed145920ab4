#compdef mnist-cnn
# Completes the command line of mnist-cnn in zsh.

_mnist-cnn()
{
	# A line for each command and option: COMMAND|OPTION|KIND|WORDS|EXPLANATION
	local table="\
@table@
" # ends the table
	local option word row begun
	local -a typed fields names options

	# The words that are neither options nor their values name the command.
	for word in "${(@)words[2,CURRENT-1]}"; do
		if [[ -n $option ]]; then
			option=
		elif [[ $word != -* ]]; then
			typed+=("$word")
		elif [[ $table == *"|$word|"(value|words|file)"|"* ]]; then
			option=$word
		fi
	done
	if [[ -z $option && $PREFIX == --*=* ]]; then
		option=${PREFIX%%=*}
		compset -P '*='
	fi
	[[ $typed[1] == help ]] && shift typed
	[[ -n $typed[1] ]] || options=(--help:'explain the commands' --version:'print the version')
	begun=${typed:+$typed }

	for row in ${(f)table}; do
		fields=("${(@s:|:)row}")
		if [[ -z $fields[2] && $fields[1] == $begun* && -z $option ]]; then
			word=${${fields[1]#$begun}%% *}
			[[ -n ${names[(r)$word:*]} ]] || names+=("$word:$fields[5]")
		elif [[ $fields[1] != $typed[1] && $fields[1] != "$typed[1,2]" ]]; then
			continue
		elif [[ $PREFIX == -* && -z $option ]]; then
			[[ -z $fields[2] ]] || options+=("$fields[2]:$fields[5]")
		elif [[ $fields[2] == $option && $fields[3] == words ]]; then
			compadd -- ${=fields[4]}
		elif [[ $fields[2] == $option && $fields[3] == file ]]; then
			_files ${fields[4]:+-g "*.(${fields[4]// /|})(-.)"}
		fi
	done
	[[ $PREFIX != -* ]] || _describe -o option options
	[[ $#names = 0 ]] || _describe command names
}
_mnist-cnn "$@"
