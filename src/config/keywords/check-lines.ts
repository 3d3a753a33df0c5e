import type { Word } from "../../lang/line.ts";
import { firstStep, lastStep, nextNumber, type ScriptLine } from "../check-script.ts";
import type { ProxyContext } from "../context.ts";
import { beginOwnCheck } from "./own-check.ts";

export type Protocol = "http" | "tcp";

/** Adds a rule to those of the section. The first one of its own replaces what it took over from `defaults`. */
export function addLine({ proxy }: ProxyContext, protocol: Protocol, keyword: Word, line: ScriptLine): void {
  if (protocol === "http") {
    beginOwnCheck(proxy, keyword, false);
    proxy.httpScript = [...proxy.httpScript, numbered(line, proxy.httpScript)];
    return;
  }
  if (!proxy.marks.has("own tcp-check rules")) {
    proxy.marks.set("own tcp-check rules", keyword);
    proxy.tcpScript = [];
  }
  proxy.tcpScript = [...proxy.tcpScript, numbered(line, proxy.tcpScript)];
}

function numbered(line: ScriptLine, lines: readonly ScriptLine[]): ScriptLine {
  return line.kind === "set" || line.kind === "unset" ? line : { ...line, step: nextNumber(lines) };
}

/** The rules of this very section. */
function ownLines({ proxy }: ProxyContext, protocol: Protocol): readonly ScriptLine[] {
  if (protocol === "http") return proxy.marks.has("own check rules") ? proxy.httpScript : [];
  return proxy.marks.has("own tcp-check rules") ? proxy.tcpScript : [];
}

/**
 * What is wrong with a step of this kind behind those of the section; null = nothing. Order matters to HTTP as soon as the section has
 * `option httpchk`.
 */
export function misplaced(c: ProxyContext, protocol: Protocol, kind: "connect" | "request" | "expect"): string | null {
  const lines = ownLines(c, protocol);
  const first = firstStep(lines)?.kind;
  if (kind === "connect" && first !== undefined && first !== "connect") {
    return "a 'connect' may follow other steps only where the first step is one too";
  }
  if (protocol === "tcp" || c.proxy.check.kind !== "http") return null;
  const last = lastStep(lines)?.kind;
  if (kind === "connect" && last !== undefined && last !== "expect")
    return "'http-check connect' needs an 'expect' before it";
  if (kind === "request" && last !== undefined && last !== "connect")
    return "'http-check send' needs a 'connect' before it";
  if (kind === "expect" && last === "connect") return "'http-check expect' needs a 'send' before it";
  return null;
}
