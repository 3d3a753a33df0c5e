import type { Diagnostics } from "../../lang/diagnostic.ts";
import type { Word } from "../../lang/line.ts";
import type { ProxyDraft } from "../draft.ts";
import type { ParseState } from "../sections/section.ts";

/** Looks at everything that was parsed; may repair a draft where HAProxy falls back with a warning. */
export type Check = (state: ParseState) => void;

/** A check of one proxy that is not disabled. */
export function eachProxy(check: (proxy: ProxyDraft, state: ParseState) => void): Check {
  return (state) => {
    for (const proxy of state.proxies) if (!proxy.disabled) check(proxy, state);
  };
}

export function errorAt(diagnostics: Diagnostics, word: Word, code: string, message: string, hint?: string): void {
  diagnostics.error(code, word.at, message, { endColumn: word.endColumn, ...(hint ? { hint } : {}) });
}

export function warnAt(diagnostics: Diagnostics, word: Word, code: string, message: string, hint?: string): void {
  diagnostics.warn(code, word.at, message, { endColumn: word.endColumn, ...(hint ? { hint } : {}) });
}

/** `frontend 'www'` for messages. */
export function title(proxy: ProxyDraft): string {
  return `${proxy.kind} '${proxy.name}'`;
}
