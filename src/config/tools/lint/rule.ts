import type { Position } from "../../../lang/position.ts";
import type { ProxyDraft } from "../../draft.ts";
import type { Model, ProxyModel } from "../../model.ts";

/** What the linter reads: a configuration without errors. */
export interface LintInput {
  readonly model: Model;
  /** The drafts of `model.proxies`, in the same order: they know where each keyword stands. */
  readonly drafts: readonly ProxyDraft[];
}

export interface ReportOptions {
  readonly endColumn?: number;
  readonly hint?: string;
}

export type Report = (at: Position, message: string, options?: ReportOptions) => void;

/**
 * One rule of the linter: something HAProxy accepts in silence. The row that the linter, `tlb help CODE` and the tests read: the bad
 * example must be reported with this code, the good one must not.
 */
export interface LintRule {
  /** Stable, `lint/…`. */
  readonly code: `lint/${string}`;
  /** "warning": almost surely a mistake, or a risk of an outage. "notice": worth a look; does not fail `--strict`. */
  readonly severity: "warning" | "notice";
  /** A phrase, no full stop. */
  readonly title: string;
  /** What happens, and what to do. */
  readonly explanation: string;
  readonly bad: string;
  readonly good: string;
  run(input: LintInput, report: Report): void;
}

/** Every proxy that runs, with its draft. */
export function* enabled({ model, drafts }: LintInput): Generator<{ proxy: ProxyModel; draft: ProxyDraft }> {
  for (let i = 0; i < model.proxies.length; i++) {
    const proxy = model.proxies[i]!;
    if (!proxy.disabled) yield { proxy, draft: drafts[i]! };
  }
}

export function hasFront(proxy: ProxyModel): boolean {
  return proxy.kind !== "backend";
}

export function hasBack(proxy: ProxyModel): boolean {
  return proxy.kind !== "frontend";
}

/** `backend 'app'`, for messages. */
export function named(proxy: ProxyModel): string {
  return `${proxy.kind} '${proxy.name}'`;
}

/** Where a keyword stands: its place and end, or those of the section's name when it was never written. */
export function markOf(draft: ProxyDraft, keyword: string): { readonly at: Position; readonly endColumn: number } {
  return draft.marks.get(keyword) ?? draft.nameWord;
}
