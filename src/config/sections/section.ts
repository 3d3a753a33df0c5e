import type { Diagnostics } from "../../lang/diagnostic.ts";
import type { Line } from "../../lang/line.ts";
import type { Modifier } from "../context.ts";
import type { GlobalDraft, ProxyDraft } from "../draft.ts";
import type { ParseEnv } from "../env.ts";
import type { CacheDraft } from "./cache.ts";
import type { HttpErrorsDraft } from "./http-errors.ts";
import type { ResolversDraft } from "./resolvers.ts";
import type { UserlistDraft } from "./userlist.ts";

/** Everything one parse run has built so far. */
export interface ParseState {
  readonly env: ParseEnv;
  readonly diagnostics: Diagnostics;
  readonly global: GlobalDraft;
  readonly proxies: ProxyDraft[];
  readonly userlists: UserlistDraft[];
  readonly caches: CacheDraft[];
  readonly resolvers: ResolversDraft[];
  readonly httpErrors: HttpErrorsDraft[];
  /** Named `defaults` by name; several of one name are fine until one of them is referred to. */
  readonly defaults: Map<string, ProxyDraft[]>;
  /** The last `defaults` section, what a section without `from` starts from. */
  lastDefaults: ProxyDraft | null;
  /** `defaults` that no section has started from yet. */
  readonly unused: Set<ProxyDraft>;
  /** `defaults` that sections have named behind `from`, and those that sections below started from without saying so. */
  readonly namedBySections: Set<ProxyDraft>;
  readonly usedInSilence: Set<ProxyDraft>;
}

/** An open section: takes each of its lines. `line.words` still holds `no` or `default`; `at` is the keyword's index. */
export type SectionBody = (line: Line, at: number, modifier: Modifier) => void;

export interface Section {
  readonly name: string;
  readonly usage: string;
  readonly help: string;
  /** Reads the header line and returns what takes the lines below it. */
  readonly open: (state: ParseState, line: Line) => SectionBody;
}
