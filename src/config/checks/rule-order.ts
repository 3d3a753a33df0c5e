import type { Position } from "../../lang/position.ts";
import type { RuleModel } from "../model.ts";
import type { ProxyDraft } from "../draft.ts";
import { eachProxy } from "./check.ts";

interface Kind {
  /** Begin of the line, for messages and carets. */
  readonly words: string;
  /** Where in the life of a request: a lower one goes first. */
  readonly rank: number;
  readonly at: (proxy: ProxyDraft) => readonly Position[];
}

const own = (rules: readonly RuleModel[]): readonly Position[] =>
  rules.filter(({ inherited }) => inherited !== true).map(({ at }) => at);

/** Kinds of rules in the order they are evaluated in (manual, section 4.2, `use_backend`). */
const KINDS: readonly Kind[] = [
  { words: "tcp-request connection", rank: 0, at: (proxy) => own(proxy.tcpConnection) },
  { words: "tcp-request session", rank: 1, at: (proxy) => own(proxy.tcpSession) },
  { words: "tcp-request content", rank: 2, at: (proxy) => own(proxy.tcpContent) },
  { words: "monitor fail", rank: 3, at: (proxy) => proxy.monitorFail.map(({ at }) => at) },
  { words: "http-request", rank: 4, at: (proxy) => own(proxy.httpRequest) },
  { words: "redirect", rank: 5, at: (proxy) => own(proxy.redirects) },
  { words: "use_backend", rank: 6, at: (proxy) => proxy.useBackend.map(({ at }) => at) },
  { words: "use-server", rank: 7, at: (proxy) => proxy.useServer.map(({ at }) => at) },
];

/** The order of lines of different kinds says nothing: who wrote them in another one may mean something else. */
export const checkRuleOrder = eachProxy((proxy, { diagnostics }) => {
  const lines = KINDS.flatMap((kind) => kind.at(proxy).map((at) => ({ kind, at }))).sort(
    (a, b) => a.at.line - b.at.line,
  );
  const seen = new Map<Kind, Position>();
  for (const { kind, at } of lines) {
    let late: Kind | null = null;
    for (const above of seen.keys()) {
      if (above.rank > kind.rank && (late === null || above.rank < late.rank)) late = above;
    }
    if (!seen.has(kind)) seen.set(kind, at);
    if (late === null) continue;
    diagnostics.warn(
      "config/rule-order",
      at,
      `this '${kind.words}' is evaluated before the '${late.words}' of line ${seen.get(late)!.line}, which stands above it`,
      { endColumn: at.column + kind.words.length, hint: `write '${kind.words}' above '${late.words}'` },
    );
  }
});
