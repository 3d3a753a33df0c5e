import { atLine } from "../../lang/position.ts";
import { Diagnostics } from "../../lang/diagnostic.ts";
import type { Line, Word } from "../../lang/line.ts";
import { newProxy, type ProxyDraft, type ProxyKind } from "../draft.ts";
import { inherit, inheritProblem, withoutRules } from "../inherit.ts";
import type { Keyword } from "../keywords/keyword.ts";
import { knownProxy } from "../keywords/known.ts";
import { proxyKeywords } from "../keywords/proxy.ts";
import { removedProxy } from "../keywords/removed.ts";
import type { ProxyContext } from "../context.ts";
import { find, run } from "./dispatch.ts";
import { SECTION_NAMES } from "./names.ts";
import type { ParseState, Section, SectionBody } from "./section.ts";

const UNLISTED = { known: knownProxy, removed: removedProxy, sections: SECTION_NAMES };

function section(kind: ProxyKind, usage: string, help: string): Section {
  return { name: kind, usage, help, open: (state, line) => open(state, line, kind) };
}

export const proxySections: readonly Section[] = [
  section("defaults", "[<name>] [from <defaults>]", "Settings that the proxies below start from"),
  section("frontend", "<name> [from <defaults>]", "Addresses to listen on and rules for what arrives"),
  section("backend", "<name> [from <defaults>]", "Servers that answer"),
  section("listen", "<name> [from <defaults>]", "A frontend and its backend in one section"),
];

function open(state: ParseState, line: Line, kind: ProxyKind): SectionBody {
  const { diagnostics } = state;
  const keyword = line.words[0];
  let index = 1;
  let nameWord: Word = keyword;
  const second = line.words[1];
  if (second !== undefined && !(kind === "defaults" && second.text === "from" && line.words.length > 2)) {
    nameWord = second;
    index = 2;
  } else if (kind !== "defaults") {
    diagnostics.error(
      "config/missing-argument",
      { ...keyword.at, column: keyword.endColumn },
      `'${kind}' expects a name`,
      {
        hint: `usage: ${kind} <name> [from <defaults>]`,
      },
    );
  }
  const name = nameWord === keyword ? "" : nameWord.text;
  checkName(diagnostics, kind, nameWord, name);

  let base = kind === "defaults" ? null : state.lastDefaults;
  const from = line.words[index];
  if (from !== undefined && from.text === "from") {
    const source = line.words[index + 1];
    index += 2;
    if (source === undefined) {
      diagnostics.error(
        "config/missing-argument",
        { ...from.at, column: from.endColumn },
        "'from' expects the name of a defaults section",
      );
    } else {
      base = findDefaults(state, source);
    }
  }
  const extra = line.words[index];
  if (extra !== undefined) {
    diagnostics.error("config/extra-argument", extra.at, `'${kind}' does not take the argument '${extra.text}'`, {
      endColumn: extra.endColumn,
      ...(kind === "defaults" || !extra.text.includes(":")
        ? {}
        : { hint: `write 'bind ${extra.text}' on a line below` }),
    });
  }

  const problem = base === null ? null : inheritProblem(base, kind);
  if (problem !== null) {
    diagnostics.error("config/inherited-rules", nameWord.at, problem, { endColumn: nameWord.endColumn });
  }
  const proxy = inherit(problem === null ? base : withoutRules(base!), kind, name, nameWord);
  if (base !== null) {
    state.unused.delete(base);
    noteUse(state, base, nameWord, from?.text === "from");
  }
  if (kind === "defaults") {
    state.lastDefaults = proxy;
    state.unused.add(proxy);
    if (name !== "") state.defaults.set(name, [...(state.defaults.get(name) ?? []), proxy]);
  } else state.proxies.push(proxy);
  return body(state, proxy);
}

/** Moving a section that starts from the last defaults in silence changes it: nobody expects that where others name theirs. */
function noteUse(state: ParseState, base: ProxyDraft, word: Word, named: boolean): void {
  (named ? state.namedBySections : state.usedInSilence).add(base);
  if (!state.namedBySections.has(base) || !state.usedInSilence.has(base)) return;
  const where = `the defaults section '${base.name}' (line ${base.at.line})`;
  state.diagnostics.warn(
    "config/mixed-defaults",
    word.at,
    named
      ? `${where} is named here, and sections above started from it without naming it`
      : `this starts from ${where} without naming it, and sections above named it`,
    { endColumn: word.endColumn, hint: `write 'from ${base.name}' everywhere` },
  );
}

function findDefaults(state: ParseState, name: Word): ProxyDraft | null {
  const found = state.defaults.get(name.text) ?? [];
  if (found.length === 1) return found[0]!;
  const { endColumn } = name;
  if (found.length === 0) {
    state.diagnostics.error("config/unknown-defaults", name.at, `there is no defaults section '${name.text}' above`, {
      endColumn,
    });
    return null;
  }
  const lines = found.map(({ at }) => atLine(at, name.at)).join(" and ");
  const message = `there are several defaults sections '${name.text}', ${lines}`;
  state.diagnostics.error("config/duplicate-name", name.at, message, { endColumn });
  return found[0]!;
}

function checkName(diagnostics: Diagnostics, kind: ProxyKind, word: Word, name: string): void {
  const bad = /[^A-Za-z0-9_:.-]/.exec(name);
  if (bad === null) return;
  diagnostics.error("config/bad-name", word.at, `'${bad[0]}' is not possible in the ${kind} name '${name}'`, {
    endColumn: word.endColumn,
    hint: "letters, digits, '-', '_', '.' and ':'",
  });
}

function body(state: ParseState, proxy: ProxyDraft): SectionBody {
  const { diagnostics, env, global } = state;
  return (line, at, modifier) => {
    const keyword = line.words[at]!;
    const row = find(proxyKeywords, UNLISTED, keyword, proxy.kind, diagnostics);
    if (row === null) return;
    const context: ProxyContext = { proxy, global, env, diagnostics, modifier, keyword };
    if (misplaced(row, proxy, keyword, diagnostics)) {
      if (proxy.kind !== "defaults" && row.misplaced !== "error" && row.misplaced !== "unread")
        inspect(row, context, line, at);
      return;
    }
    run(row, context, line, at, diagnostics);
  };
}

/** An ignored keyword is still read: its errors count, what it sets goes nowhere. Conditions are read when the section is complete. */
function inspect(row: Keyword<ProxyContext>, context: ProxyContext, line: Line, at: number): void {
  const proxy = newProxy("listen", context.proxy.name, context.proxy.nameWord);
  const diagnostics = new Diagnostics();
  run(row, { ...context, proxy, diagnostics }, line, at, diagnostics);
  const { ignoredRules, ignored } = context.proxy;
  ignored.binds.push(...proxy.binds);
  ignored.defaultBackend = proxy.marks.get("default_backend") ?? ignored.defaultBackend;
  const { useBackend, useServer, stickRules, persistRules, monitorFail } = proxy;
  if (useBackend.length > 0) ignoredRules.useBackend = [...(ignoredRules.useBackend ?? []), ...useBackend];
  if (useServer.length > 0) ignoredRules.useServer = [...(ignoredRules.useServer ?? []), ...useServer];
  if (stickRules.length > 0) ignoredRules.stickRules = [...(ignoredRules.stickRules ?? []), ...stickRules];
  if (persistRules.length > 0) ignoredRules.persistRules = [...(ignoredRules.persistRules ?? []), ...persistRules];
  if (monitorFail.length > 0) ignoredRules.monitorFail = [...(ignoredRules.monitorFail ?? []), ...monitorFail];
  // A frontend has no checks: nothing runs these.
  context.proxy.httpScript = [...context.proxy.httpScript, ...proxy.httpScript];
  context.proxy.tcpScript = [...context.proxy.tcpScript, ...proxy.tcpScript];
  context.diagnostics.list.push(...diagnostics.list.filter((d) => d.severity === "error"));
}

/** HAProxy ignores most keywords of the other side with a warning; in `defaults` they are errors. */
function misplaced(row: Keyword<ProxyContext>, proxy: ProxyDraft, keyword: Word, diagnostics: Diagnostics): boolean {
  if (row.where.includes(proxy.kind)) return false;
  const { endColumn } = keyword;
  if (proxy.kind === "defaults") {
    diagnostics.error("config/not-here", keyword.at, `'${row.name}' is not possible in a defaults section`, {
      endColumn,
    });
    return true;
  }
  const side = proxy.kind === "frontend" ? "backend" : "frontend";
  const why = `${proxy.kind} '${proxy.name}' has no ${side} side`;
  if (row.misplaced === "error") {
    diagnostics.error("config/not-here", keyword.at, `'${row.name}' is not possible: ${why}`, { endColumn });
  } else diagnostics.warn("config/ignored-here", keyword.at, `'${row.name}' is ignored: ${why}`, { endColumn });
  return true;
}
