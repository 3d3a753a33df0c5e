import type { Diagnostics } from "../lang/diagnostic.ts";
import type { Word } from "../lang/line.ts";
import type { GlobalDraft, ProxyDraft } from "./draft.ts";
import type { ParseEnv } from "./env.ts";

/** `no` or `default` before a keyword. */
export type Modifier = "no" | "default" | null;

export interface GlobalContext {
  readonly global: GlobalDraft;
  readonly env: ParseEnv;
  readonly diagnostics: Diagnostics;
  readonly modifier: Modifier;
  readonly keyword: Word;
}

export interface ProxyContext extends GlobalContext {
  readonly proxy: ProxyDraft;
}
