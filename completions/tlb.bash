# bash completion for tlb. Made by: tlb completions bash
_tlb() {
  local cur="${COMP_WORDS[COMP_CWORD]}" prev="${COMP_WORDS[COMP_CWORD-1]}" words="" files=""
  COMPREPLY=()
  # "--file=x" comes as three words.
  if [[ $cur == = ]]; then cur=""; elif [[ $prev == = ]]; then prev="${COMP_WORDS[COMP_CWORD-2]}"; fi
  if (( COMP_CWORD == 1 )); then
    words="serve check fmt explain reload upgrade drain stats socket demo version completions haproxy help --help --version"
  else
    case "${COMP_WORDS[1]}" in
    help) words="serve check fmt explain reload upgrade drain stats socket demo version completions haproxy $("${COMP_WORDS[0]}" help --words 2>/dev/null)" ;;
    serve)
      words="--file -f --daemon -D --foreground --pidfile -p --help"
      case "$prev" in --file|-f|--pidfile|-p) files=1 words="" ;; esac
      [[ $cur == -* || -n $files ]] || files=1
      ;;
    check)
      words="--file -f --json --strict --quiet -q --help"
      case "$prev" in --file|-f) files=1 words="" ;; esac
      [[ $cur == -* || -n $files ]] || files=1
      ;;
    fmt)
      words="--file -f --write -w --check --help"
      case "$prev" in --file|-f) files=1 words="" ;; esac
      [[ $cur == -* || -n $files ]] || files=1
      ;;
    explain)
      words="--file -f --frontend --method -X --header -H --data -d --src --dst --sni --var --status --response-header --table --live --socket -S --json --help"
      case "$prev" in --file|-f|--socket|-S) files=1 words="" ;; esac
      [[ $cur == -* || -n $files ]] || :
      ;;
    reload)
      words="--socket -S --file -f --help"
      case "$prev" in --socket|-S|--file|-f) files=1 words="" ;; esac
      [[ $cur == -* || -n $files ]] || :
      ;;
    upgrade)
      words="--socket -S --file -f --help"
      case "$prev" in --socket|-S|--file|-f) files=1 words="" ;; esac
      [[ $cur == -* || -n $files ]] || :
      ;;
    drain)
      words="--socket -S --file -f --undo --help"
      case "$prev" in --socket|-S|--file|-f) files=1 words="" ;; esac
      [[ $cur == -* || -n $files ]] || :
      ;;
    stats)
      words="--socket -S --file -f --watch -w --interval -n --json --help"
      case "$prev" in --socket|-S|--file|-f) files=1 words="" ;; esac
      [[ $cur == -* || -n $files ]] || :
      ;;
    socket)
      words="--socket -S --file -f --help"
      case "$prev" in --socket|-S|--file|-f) files=1 words="" ;; esac
      [[ $cur == -* || -n $files ]] || :
      ;;
    demo)
      words="--once --dir --help"
      case "$prev" in --dir) files=1 words="" ;; esac
      [[ $cur == -* || -n $files ]] || :
      ;;
    version)
      words="--short -s --json --help"
      [[ $cur == -* || -n $files ]] || :
      ;;
    completions)
      words="--help"
      [[ $cur == -* || -n $files ]] || words="bash zsh fish"
      ;;
    haproxy)
      words="--help"
      [[ $cur == -* || -n $files ]] || :
      ;;
    esac
  fi
  if [[ -n $files ]]; then
    compopt -o filenames 2>/dev/null
    mapfile -t COMPREPLY < <(compgen -f -- "$cur")
  else
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
  fi
}
complete -F _tlb tlb
