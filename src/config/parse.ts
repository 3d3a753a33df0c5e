import { OWN_WARNINGS } from "./own-warnings.ts";
import type { Diagnostics } from "../lang/diagnostic.ts";
import type { Line } from "../lang/line.ts";
import { checks } from "./checks/index.ts";
import { checkRules } from "./checks/rules.ts";
import type { DefaultPath } from "./default-path.ts";
import { newGlobal } from "./draft.ts";
import type { ParseEnv } from "./env.ts";
import { finish, judgedProxies } from "./finish.ts";
import type { Model } from "./model.ts";
import { parseSections } from "./sections/index.ts";
import type { ParseState } from "./sections/section.ts";
import { lint } from "./tools/lint/index.ts";

export interface ParseOptions {
  /** Whether the linter looks at a configuration without errors, as `tlb check` wants it. Default false: what HAProxy accepts in silence is. */
  readonly lint?: boolean;
}

/**
 * From lines of words to the model. Always returns a model; whether it may be used is `!diagnostics.failed`. `lines` may be
 * lazy: `setenv` of the global section changes `env.variables` before the next line is asked for.
 */
export function parseConfig(
  lines: Iterable<Line>,
  env: ParseEnv,
  diagnostics: Diagnostics,
  options: ParseOptions = {},
): Model {
  const global = newGlobal(env);
  global.tls.serverVerify = env.serverVerify ?? global.tls.serverVerify;
  const state: ParseState = {
    env: global.paths.env,
    diagnostics,
    global,
    proxies: [],
    userlists: [],
    httpErrors: [],
    caches: [],
    resolvers: [],
    defaults: new Map(),
    lastDefaults: null,
    namedBySections: new Set(),
    usedInSilence: new Set(),
    unused: new Set(),
  };
  parseSections(state, watched(lines, global.paths));
  for (const check of checks) check(state);
  const parsed = finish(state);
  // Rules are judged whatever else is wrong: everything is reported in one run.
  const model = checkRules(parsed, judgedProxies(state, parsed), global.paths, diagnostics, options.lint === true);
  refuseWarnings(state);
  if (options.lint === true && !diagnostics.failed) lint({ model, drafts: state.proxies }, diagnostics);
  return model;
}

/** Tells `paths` which file the lines that come are of. */
function* watched(lines: Iterable<Line>, paths: DefaultPath): Generator<Line> {
  for (const line of lines) {
    paths.enter(line.words[0].at.file);
    yield line;
  }
}

/** `zero-warning`. */
function refuseWarnings({ global, diagnostics }: ParseState): void {
  const mark = global.marks.get("zero-warning");
  if (mark === undefined || diagnostics.failed) return;
  if (!diagnostics.list.some(({ severity, code }) => severity === "warning" && !OWN_WARNINGS.has(code))) return;
  const message = "Some warnings were found and 'zero-warning' is set. Aborting.";
  diagnostics.error("config/zero-warning", mark.at, message, { endColumn: mark.endColumn });
}
