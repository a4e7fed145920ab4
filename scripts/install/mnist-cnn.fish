# Completes the command line of mnist-cnn in fish.

# A line for each command and option: COMMAND|OPTION|KIND|WORDS|EXPLANATION
set -g __mnist_cnn_table (string match '*|*' -- (string split \n -- "\
@table@
"))

# Print the words of the line so far that are neither options nor their values, each on a line.
function __mnist_cnn_typed
    set -l option ''
    for word in (commandline -opc)[2..]
        if test -n "$option"
            set option ''
        else if not string match -q -- '-*' $word
            echo $word
        else if string match -qr -- "\|$word\|(value|words|file)\|" $__mnist_cnn_table
            set option $word
        end
    end
end

# __mnist_cnn_is COMMAND : is that the command on the line?
function __mnist_cnn_is
    set -l typed (__mnist_cnn_typed)
    contains -- "$argv" "$typed[1]" "$typed[1..2]"
end

# Print the words that may come next in a command's name, with their explanations.
function __mnist_cnn_next
    set -l typed (__mnist_cnn_typed)
    test "$typed[1]" = help; and set -e typed[1]
    set -l begun (string join ' ' -- $typed '')
    for row in $__mnist_cnn_table
        set -l fields (string split '|' -- $row)
        if test -z "$fields[2]"; and string match -q -- "$begun*" "$fields[1]"
            set -l rest (string sub --start (math (string length -- "$begun") + 1) -- $fields[1])
            printf '%s\t%s\n' (string split ' ' -- $rest)[1] "$fields[5]"
        end
    end
end

# __mnist_cnn_files ENDING... : print the folders, and the files with these endings.
function __mnist_cnn_files
    for ending in $argv
        __fish_complete_suffix .$ending | string match -r ".*(?:/|\.$ending)(?:\t.*)?\$"
    end
end

complete -c mnist-cnn -f -a '(__mnist_cnn_next)'
complete -c mnist-cnn -n 'not count (__mnist_cnn_typed) >/dev/null' -l version -d 'print the version'
complete -c mnist-cnn -n 'not count (__mnist_cnn_typed) >/dev/null' -l help -d 'explain the commands'
for row in $__mnist_cnn_table
    set -l fields (string split '|' -- $row)
    set -l name
    set -l value
    switch $fields[2]
        case '--*'
            set name -l (string sub --start 3 -- $fields[2])
        case '-*'
            set name -s (string sub --start 2 -- $fields[2])
    end
    switch $fields[3]
        case words
            set value -x -a "$fields[4]"
        case value
            test -n "$name" || continue # an operand that is no file
            set value -x
        case file
            set value -r -F
            test -z "$fields[4]" || set value -x -a "(__mnist_cnn_files $fields[4])"
    end
    complete -c mnist-cnn -n "__mnist_cnn_is $fields[1]" $name $value -d "$fields[5]"
end
