# shellcheck shell=bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Completion of p2pmemctl in bash. Verbs, options, and what goes behind either
# are read from the program's own help, so that they are those of the program
# that is there. Regions, devices and leases are asked of it.
#
# What they are called is up to devices and to other users: only plain words are
# offered, and none is ever evaluated.

# Offers those of standard input's lines that begin as what is typed. Readline
# replaces no more than what is behind the last colon.
_p2pmemctl_offer() {
	local typed=$1 word prefix=
	[[ $COMP_WORDBREAKS == *:* && $typed == *:* ]] && prefix=${typed%"${typed##*:}"}
	while IFS= read -r word; do
		[[ $word == "$typed"* ]] && COMPREPLY+=("${word#"$prefix"}")
	done
	return 0
}

# "MEMBER" VALUE from the lines of `p2pmemctl VERB -o json`, between two of its
# lists; plain words only.
_p2pmemctl_ask() {
	local verb=$1 members=$2 from=${3:-'^[{]'} to=${4:-'^[}]'}
	"${_p2pmemctl_command[@]}" "$verb" -o json 2> /dev/null |
		sed -nE "/$from/,/$to/ s/^ *\"($members)\":\"([A-Za-z0-9][A-Za-z0-9:._@-]*)\",?\$/\\2/p" | sort -u
}

_p2pmemctl_help() {
	"${_p2pmemctl_command[0]}" help "$@" 2> /dev/null
}

_p2pmemctl_devices() {
	_p2pmemctl_ask list 'address|name|serial' '"devices":\['
}

# Offers what a placeholder of the help stands for; 1: that is not known here.
_p2pmemctl_value() {
	local what=$1 typed=$2
	case $what in
	REGION) _p2pmemctl_offer "$typed" < <(_p2pmemctl_ask list 'name|provider|serial' '"regions":\[' '"devices":\[') ;;
	DEVICE)
		if [[ $typed == [./~]* ]]; then
			compopt -o default
		else
			_p2pmemctl_offer "$typed" < <(_p2pmemctl_devices)
		fi
		;;
	ID) _p2pmemctl_offer "$typed" < <(_p2pmemctl_ask leases id) ;;
	TENANT) _p2pmemctl_offer "$typed" < <(_p2pmemctl_ask leases tenant) ;;
	VERB) _p2pmemctl_offer "$typed" < <(_p2pmemctl_verbs) ;;
	USER) _p2pmemctl_offer "$typed" < <(compgen -u) ;;
	GROUP) _p2pmemctl_offer "$typed" < <(compgen -g) ;;
	PROGRAM) _p2pmemctl_offer "$typed" < <(compgen -c -- "$typed") ;;
	FILE | PATH | SRC | DST | ARG) compopt -o default ;;
	*'|'*) _p2pmemctl_offer "$typed" < <(tr '|' '\n' <<< "$what") ;;
	# Anybody's guess.
	N | SIZE | TIME | CGROUP | FORMAT | VERDICT | NAME | TEXT | RANGE | COUNT | SECONDS) ;;
	*) return 1 ;;
	esac
}

_p2pmemctl_verbs() {
	_p2pmemctl_help | sed -nE '/^Verbs:/,/^Options:/ s/^  ([a-z]+) .*/\1/p'
}

# Of a verb, or of the program: -o --output FORMAT, a line each; what may be
# left out is behind a "=".
_p2pmemctl_options() {
	_p2pmemctl_help ${1:+"$1"} |
		sed -nE 's/^ {2,6}((-[A-Za-z]), )?(--[a-z0-9-]+)((\[=)| )?([A-Z]+)?.*/\2 \3 \5\6/; T; s/\[=/=/; p'
}

# The words to choose from for an option, which its help has in quotes.
_p2pmemctl_choices() {
	_p2pmemctl_help ${1:+"$1"} |
		awk -v option="$2" '/^ +-/ { split($0 " ", is, /[ ,=[]+/); mine = is[2] == option || is[3] == option }
			/^$/ { mine = 0 } mine' | grep -oE "'[a-z]+'" | tr -d "'"
}

# What goes behind an option, as the help calls it; nothing for a flag.
_p2pmemctl_behind() {
	local verb=$1 option=$2 short long what
	while read -r short long what; do
		[[ $long == -* ]] || { what=$long long=$short short=; }
		[[ $option == "$long" || $option == "$short" ]] && echo "$what"
	done < <(_p2pmemctl_options "$verb")
}

_p2pmemctl_option_value() {
	local verb=$1 option=$2 typed=$3 choices
	choices=$(_p2pmemctl_choices "$verb" "$option")
	if [[ -n $choices ]]; then
		_p2pmemctl_offer "$typed" <<< "$choices"
	else
		_p2pmemctl_value "$(_p2pmemctl_behind "$verb" "$option" | tr -d =)" "$typed"
	fi
}

# The argument in that place, as the verb's first line of help has it: the last
# one again, if it may be repeated.
_p2pmemctl_argument() {
	local verb=$1 place=$2 usage
	read -ra usage < <(_p2pmemctl_help "$verb" | sed -nE '1 s/.*\[OPTION\.\.\.\] ?//p')
	[[ $verb == policy ]] && usage+=("[FILE...]")
	[[ ${#usage[@]} -gt 0 ]] || return
	[[ $place -ge ${#usage[@]} && ${usage[-1]-} == *...* ]] && place=$((${#usage[@]} - 1))
	tr -d '[].' <<< "${usage[place]-}"
}

_p2pmemctl() {
	local _p2pmemctl_command=("$1") line=${COMP_LINE:0:COMP_POINT} words typed i verb='' place=0 behind='' option='' rest=''
	COMPREPLY=()
	read -ra words <<< "$line"
	[[ $line == *[[:space:]] ]] && words+=("")
	typed=${words[-1]}

	# What is before the word that is being typed.
	for ((i = 1; i < ${#words[@]} - 1; i++)); do
		if [[ -n $behind ]]; then
			[[ $option == --sysfs ]] && _p2pmemctl_command+=(--sysfs "${words[i]}")
			behind=
		elif [[ -n $rest ]]; then
			place=$((place + 1))
		elif [[ ${words[i]} == -- ]]; then
			rest=1
		elif [[ ${words[i]} == -* ]]; then
			option=${words[i]}
			behind=$(_p2pmemctl_behind "$verb" "$option")
			[[ $behind == =* ]] && behind=
		elif [[ -z $verb ]]; then
			verb=${words[i]}
		else
			place=$((place + 1))
		fi
	done

	if [[ -n $behind ]]; then
		_p2pmemctl_option_value "$verb" "$option" "$typed"
	elif [[ -z $rest && $typed == --*=* ]]; then
		_p2pmemctl_option_value "$verb" "${typed%%=*}" "${typed#*=}"
	elif [[ -z $rest && $typed == -* ]]; then
		_p2pmemctl_offer "$typed" < <(_p2pmemctl_options "$verb" | grep -oE '(^| )--?[a-z0-9A-Z-]+' | tr -d ' ')
	elif [[ -z $verb ]]; then
		_p2pmemctl_offer "$typed" < <(_p2pmemctl_verbs)
	else
		_p2pmemctl_value "$(_p2pmemctl_argument "$verb" "$place")" "$typed" || compopt -o default
	fi
}

complete -F _p2pmemctl p2pmemctl
