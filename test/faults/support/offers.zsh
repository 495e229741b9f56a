# zsh -f offers.zsh SET_UP LINE: prints what an interactive zsh offers, after SET_UP, for LINE and a tabulator,
# each in << >>, between <<BEGIN>> and <<END>>.
zmodload zsh/zpty
say() { zpty -w shell "$1" }
zpty shell zsh -f -i
say 'stty -echo rows 200 cols 200; PS1= PS2='
say "$1"
# It says what it is given to add, and adds it; calls that only ask it to match are none of ours.
say 'compadd() {
  if [[ ${@[1,(i)(-|--)]} == *-(O|A|D)\ * ]]; then builtin compadd "$@"; return $?; fi
  local -a hits
  builtin compadd -A hits "$@"
  print -lr -- "<<"${^hits}">>"
  builtin compadd "$@"
}'
# The quotes keep these words out of an echo of the command.
say 'offers() { print "<""<BEGIN>>"; zle complete-word; print "<""<END>>"; exit }; zle -N offers; bindkey "^I" offers'
say 'print REA""DY'
zpty -r shell said '*READY*'
zpty -n -w shell "$2"$'\t'
zpty -r shell said '*<<END>>*'
print -r -- "${said//$'\r'}"
