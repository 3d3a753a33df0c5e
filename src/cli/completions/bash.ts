import type { CommandWords } from "./index.ts";

/** For bash-completion: source it, or put it into /usr/share/bash-completion/completions/tlb. */
export function bash(commands: readonly CommandWords[]): string {
  const cases = commands.map(({ name, options, files, shells }) => {
    const words = options.flatMap(({ long, short }) => [`--${long}`, ...(short === "" ? [] : [`-${short}`])]);
    const paths = options.filter(({ value }) => value === "file");
    const flags = paths.flatMap(({ long, short }) => [`--${long}`, ...(short === "" ? [] : [`-${short}`])]).join("|");
    const bare = shells ? 'words="bash zsh fish"' : files ? "files=1" : ":";
    return `    ${name})
      words="${[...words, "--help"].join(" ")}"
${flags === "" ? "" : `      case "$prev" in ${flags}) files=1 words="" ;; esac\n`}      [[ $cur == -* || -n $files ]] || ${bare}
      ;;`;
  });
  return `# bash completion for tlb. Made by: tlb completions bash
_tlb() {
  local cur="\${COMP_WORDS[COMP_CWORD]}" prev="\${COMP_WORDS[COMP_CWORD-1]}" words="" files=""
  COMPREPLY=()
  # "--file=x" comes as three words.
  if [[ $cur == = ]]; then cur=""; elif [[ $prev == = ]]; then prev="\${COMP_WORDS[COMP_CWORD-2]}"; fi
  if (( COMP_CWORD == 1 )); then
    words="${commands.map(({ name }) => name).join(" ")} help --help --version"
  else
    case "\${COMP_WORDS[1]}" in
    help) words="${commands.map(({ name }) => name).join(" ")} $("\${COMP_WORDS[0]}" help --words 2>/dev/null)" ;;
${cases.join("\n")}
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
`;
}
