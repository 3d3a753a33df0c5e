import type { CommandWords, OptionWords } from "./index.ts";

/** For zsh: a file named _tlb in a folder of $fpath. */
export function zsh(commands: readonly CommandWords[]): string {
  const list = commands.map(({ name, description }) => `    ${quote(`${name}:${description}`)}`);
  const cases = commands.map(({ name, options, files, shells }) => {
    const specs = options.flatMap(optionSpecs);
    if (shells) specs.push("'1:shell:(bash zsh fish)'");
    if (files) specs.push("'*:file:_files'");
    return `    ${name}) _arguments ${["'--help[show the options]'", ...specs].join(" ")} ;;`;
  });
  return `#compdef tlb
# zsh completion for tlb. Made by: tlb completions zsh
_tlb() {
  local -a commands
  commands=(
${list.join("\n")}
    'help:Show the options of a command'
  )
  if (( CURRENT == 2 )); then
    _describe command commands
    return
  fi
  local command=\${words[2]}
  shift words
  (( CURRENT-- ))
  case $command in
    help) _describe command commands; compadd -- \${(f)"$(tlb help --words 2>/dev/null)"} ;;
${cases.join("\n")}
  esac
}
_tlb "$@"
`;
}

function optionSpecs({ long, short, description, value }: OptionWords): string[] {
  const text = description.replace(/[[\]:]/g, "\\$&");
  const action = value === null ? "" : value === "file" ? ":file:_files" : ":value:";
  const names = [`--${long}`, ...(short === "" ? [] : [`-${short}`])];
  return names.map((name) => quote(`*${name}[${text}]${action}`));
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
