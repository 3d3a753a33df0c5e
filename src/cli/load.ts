/** Reads and checks a configuration the way every command does it. */
import { hostname } from "node:os";
import { parseConfig, systemEnv } from "../config/index.ts";
import type { Model } from "../config/model.ts";
import { codes } from "../config/tools/codes/index.ts";
import { applyIgnores } from "../config/tools/lint/ignore.ts";
import { HTTPLOG, HTTPLOG_CLF, HTTPSLOG, TCPLOG } from "../expr/logformat/named.ts";
import { type Diagnostic, Diagnostics } from "../lang/diagnostic.ts";
import { initialEnvironment } from "../lang/environment.ts";
import { readConfig } from "../lang/reader.ts";
import { SourceLines } from "../lang/render.ts";
import { UsageError } from "./command.ts";

/** The default log formats, for a `log-format` that adds to one (manual section 2.3). */
const logFormats = {
  HAPROXY_TCP_LOG_FMT: TCPLOG,
  HAPROXY_HTTP_LOG_FMT: HTTPLOG,
  HAPROXY_HTTP_CLF_LOG_FMT: HTTPLOG_CLF,
  HAPROXY_HTTPS_LOG_FMT: HTTPSLOG,
} as const;

export interface LoadOptions {
  /** Name of the local peer; default: the host name. */
  readonly localPeer?: string;
  /** `-W`: the configuration sees HAPROXY_MWORKER. Default false. */
  readonly masterWorker?: boolean;
  /** `-dD`: `.diag` messages count. Default false. */
  readonly diag?: boolean;
  /** `-dr`: servers whose names do not resolve start without an address. Default false. */
  readonly ignoreResolution?: boolean;
  /** `-dV`: certificates of servers are checked only where the configuration says so. Default "required". */
  readonly serverVerify?: "none" | "required";
  /** Whether the linter looks too, and comments that switch findings off are judged. Default false. */
  readonly lint?: boolean;
  /** Errors after which the rest of a file is not read; default 1000. */
  readonly maxErrors?: number;
  /** What "-" stands for; default: standard input is read. */
  readonly stdin?: Uint8Array;
}

export interface Loaded {
  /** Usable only when `failed` is false. */
  readonly model: Model;
  readonly failed: boolean;
  /** Sorted by place, in the order the files were read; findings without a place come last. */
  readonly findings: readonly Diagnostic[];
  readonly lines: SourceLines;
  /** Names of the files that could be read. */
  readonly files: readonly string[];
}

/** The variables a configuration starts with. */
export function configEnvironment(options: LoadOptions = {}): Record<string, string | undefined> {
  const env = initialEnvironment(process.env, {
    localPeer: options.localPeer ?? hostname(),
    masterWorker: options.masterWorker ?? false,
  });
  return Object.assign(env, logFormats);
}

export function loadConfiguration(files: readonly string[], options: LoadOptions = {}): Loaded {
  const diagnostics = new Diagnostics();
  const env = configEnvironment(options);
  const stdin = options.stdin === undefined ? {} : { stdin: options.stdin };
  const limit = options.maxErrors === undefined ? {} : { maxErrors: options.maxErrors };
  const reader = readConfig(files, { env, diag: options.diag ?? false, ...stdin, ...limit }, diagnostics);
  const names = reader.sources.map(({ name }) => name);
  const lint = options.lint ?? false;
  const machine = {
    ...systemEnv(names),
    variables: env,
    ignoreResolution: options.ignoreResolution ?? false,
    serverVerify: options.serverVerify ?? "required",
  };
  const model = parseConfig(reader, machine, diagnostics, { lint });
  const findings = applyIgnores(reader.sources, diagnostics.list, { codes: new Set(codes.keys()), judge: lint });
  return {
    model,
    failed: diagnostics.failed,
    // The line that would set them may be the one that is wrong.
    findings: sorted(
      diagnostics.failed ? findings.filter(({ code }) => code !== "config/missing-timeout") : findings,
      names,
    ),
    lines: new SourceLines(reader.sources),
    files: names,
  };
}

/** By file in reading order, then line, then column; stable otherwise. Unreadable files come first. */
function sorted(list: readonly Diagnostic[], names: readonly string[]): Diagnostic[] {
  const order = new Map(names.map((name, index) => [name, index]));
  const rank = ({ at }: Diagnostic): number => order.get(at.file) ?? (at.file === "" ? Infinity : -1);
  return [...list].sort((a, b) => {
    const [x, y] = [rank(a), rank(b)];
    if (x !== y) return x < y ? -1 : 1;
    return a.at.line - b.at.line || a.at.column - b.at.column;
  });
}

/** The files of `-f` and of bare arguments; UsageError when there are none. */
export function requireFiles(files: readonly string[]): readonly string[] {
  if (files.length === 0) throw new UsageError("which configuration? name it with -f FILE (a folder and - work too)");
  return files;
}
