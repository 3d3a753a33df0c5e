/** The program as `haproxy`: its options, its messages, its exit codes (compared with 2.6). */
import { readFileSync } from "node:fs";
import { OWN_WARNINGS } from "../../config/own-warnings.ts";
import type { Model } from "../../config/model.ts";
import { evalCondition } from "../../lang/condition.ts";
import type { Diagnostic, Severity } from "../../lang/diagnostic.ts";
import { initialEnvironment } from "../../lang/environment.ts";
import { haproxyMessage, renderHaproxy } from "../../lang/render.ts";
import { hasListener } from "../../config/listeners.ts";
import { type Loaded, loadConfiguration, type LoadOptions } from "../load.ts";
import { isDaemon } from "../../supervisor/daemon.ts";
import { isSuccessor } from "../../supervisor/heir.ts";
import type { Report } from "../../supervisor/report.ts";
import { startProxy } from "../serve.ts";
import { masterSocket } from "./master-socket.ts";
import { type HaproxyOptions, parseHaproxyOptions } from "./options.ts";
import { announcedVersion, longVersionText, usage, versionText } from "./usage.ts";

/** Exit code of `-c` for a file without errors that opens no socket. */
const NO_LISTENER = 2;

/** HAProxy reads no further in a file with more of them. */
const MAX_ERRORS = 50;

/** How some of its messages name the program. */
const MAIN = `[${process.argv0}.main()]`;

/** Findings HAProxy does not have: an empty folder is no error, and nothing to listen on has its own message and exit code. */
const silent: ReadonlySet<string> = new Set(["file/empty-folder", "config/no-listener"]);

/** Runs the role with the words after the program's name; resolves with the exit code. */
export async function runHaproxy(argv: readonly string[]): Promise<number> {
  const outcome = parseHaproxyOptions(argv);
  const messages = new Messages();
  switch (outcome.kind) {
    case "version":
      process.stdout.write(outcome.long ? longVersionText() : versionText());
      return 0;
    case "usage":
      return showUsage();
    case "alert":
      messages.say("error", outcome.text);
      return 1;
    case "run":
      return run(outcome.options, argv, messages);
  }
}

function showUsage(): number {
  process.stdout.write(versionText());
  process.stderr.write(usage);
  return 1;
}

async function run(options: HaproxyOptions, argv: readonly string[], messages: Messages): Promise<number> {
  // The run in the background repeats what the one in the foreground has said and done already.
  messages.quiet = options.quiet || isDaemon();
  if (options.condition !== null) return judge(options.condition, messages);
  if (options.directory !== null && !isDaemon() && !isSuccessor()) {
    try {
      process.chdir(options.directory);
    } catch {
      messages.say("error", `Could not change to directory ${options.directory} : No such file or directory`);
      return 1;
    }
  }
  if (options.files.length === 0) return showUsage();

  const load: LoadOptions = {
    maxErrors: MAX_ERRORS,
    masterWorker: options.masterWorker,
    diag: options.diag,
    ignoreResolution: options.ignoreResolution,
    ...(options.ignoreCertificates ? { serverVerify: "none" as const } : {}),
    ...(options.localPeer === null ? {} : { localPeer: options.localPeer }),
    ...(options.files.includes("-") ? { stdin: readFileSync(0) } : {}),
  };
  const loaded = loadConfiguration(options.files, load);
  const findings = loaded.findings.filter(({ code }) => !silent.has(code));
  // A file that cannot be opened ends HAProxy at once, with that message alone; folders without files count for nothing.
  const missing = findings.find(({ code }) => code === "file/unreadable");
  if (missing !== undefined) {
    messages.finding(missing, loaded);
    return 1;
  }
  if (loaded.files.length === 0) return showUsage();
  const { quiet } = loaded.model.global;
  if (quiet) messages.quiet = true;
  for (const finding of findings) {
    if (finding.code === "config/zero-warning") messages.say("error", `config : ${finding.message}`);
    else messages.finding(finding, loaded);
  }
  if (options.masterSocket !== null && !options.masterWorker) {
    messages.say("warning", "config : a master CLI socket was defined, but master-worker mode (-W) is not enabled.");
  }
  const errors = findings.filter(({ severity }) => severity === "error");
  if (errors.length > 0) return reportFailure(errors, messages);
  if (options.zeroWarning && messages.warned) {
    messages.say("error", "config : Some warnings were found and 'zero-warning' is set. Aborting.");
    return 1;
  }
  if (options.listObjects) process.stdout.write(`List of loaded object files:\n${process.execPath}\n`);
  if (options.check) return reportValid(loaded.model, options, messages);
  // A master process listens for commands of its own: Debian's first configuration has no other listener.
  if (!options.masterWorker && !listens(loaded.model)) {
    messages.say("error", `${MAIN} No enabled listener found (check for 'bind' directives) ! Exiting.`);
    return 1;
  }
  const master = options.masterWorker && options.masterSocket !== null ? masterSocket(options.masterSocket) : null;
  if (master !== null && "error" in master) {
    messages.say("error", `config : cannot use the master socket '${options.masterSocket}': ${master.error}`);
    return 1;
  }
  // For systemd it stays in the foreground, whatever the file says.
  const daemon = options.foreground ? false : options.daemon ? true : options.notify ? false : null;
  const background = daemon ?? loaded.model.global.daemon;
  const report = reporter(options.quiet || quiet, messages);
  return startProxy({
    files: options.files,
    daemon,
    pidFile: options.pidFile,
    // Who started a process in the foreground knows its number.
    noPidFile: !background && !options.masterWorker,
    oldPids: options.oldPids,
    oldSignal: options.oldSignal,
    maxconn: options.maxconn,
    proxyMaxconn: options.proxyMaxconn,
    daemonArgs: ["haproxy", ...argv],
    defaultSocket: false,
    // Tools look at it before they read on.
    product: "HAProxy",
    first: loaded.model,
    firstFindings: findings,
    load,
    report,
    ...(master === null ? {} : { masterSocket: master }),
    ...(options.masterWorker ? { serving: (pids) => reportWorkers(pids, report) } : {}),
    showEvents: !options.quiet,
    // HAProxy's way to say that there is none.
    takeFrom: options.oldSocket === "/dev/null" ? null : options.oldSocket,
    diesBySignal: !options.masterWorker,
    reloadsBySigusr2: options.masterWorker,
  });
}

/** What the supervisor says, in the form of what was said `before` it. */
function reporter(quiet: boolean, before: Messages): Report {
  const messages = new Messages(before.introduced);
  messages.quiet = quiet;
  return (level, text) => messages.say(SEVERITIES[level], text.replace("[tlb.main()]", MAIN));
}

/** What a master process says once it serves. */
function reportWorkers(pids: readonly number[], report: Report): void {
  for (const pid of pids) report("NOTICE", `New worker (${pid}) forked`);
  report("NOTICE", "Loading success.");
}

const SEVERITIES = { ALERT: "error", WARNING: "warning", NOTICE: "notice" } as const;

function judge(condition: string, messages: Messages): number {
  const env = initialEnvironment(process.env, { localPeer: "" });
  const result = evalCondition(condition, env);
  if (result.ok) return result.value ? 0 : 1;
  messages.say("error", `config : Failed to evaluate condition: ${result.message}`);
  return 2;
}

function reportFailure(errors: readonly Diagnostic[], messages: Messages): number {
  const files = new Set(errors.map(({ at }) => at.file).filter((file) => file !== ""));
  for (const file of files) messages.say("error", `config : Error(s) found in configuration file : ${file}`);
  messages.say("error", "config : Fatal errors found in configuration.");
  return 1;
}

/** A runtime socket is enough: backends with nothing but checks are watched that way. */
function listens(model: Model): boolean {
  return hasListener(model) || model.global.statsSockets.length > 0;
}

function reportValid(model: Model, { masterWorker }: HaproxyOptions, messages: Messages): number {
  // A master process has a socket of its own.
  if (!masterWorker && !listens(model)) {
    messages.print("Configuration file has no error but will not start (no listener) => exit(2).");
    return NO_LISTENER;
  }
  if (messages.warned) messages.print("Warnings were found.");
  messages.print("Configuration file is valid");
  return 0;
}

/** Messages in HAProxy's form. Before its first warning or alert a process says which program it is. */
class Messages {
  quiet = false;
  warned = false;

  constructor(public introduced = false) {}

  say(severity: Severity, text: string): void {
    this.before(severity);
    if (!this.quiet) process.stderr.write(haproxyMessage(severity, process.pid, text));
  }

  finding(finding: Diagnostic, { lines }: Loaded): void {
    this.before(finding.severity, !OWN_WARNINGS.has(finding.code));
    if (!this.quiet) process.stderr.write(renderHaproxy(finding, process.pid, lines));
  }

  /** A line on standard output. */
  print(text: string): void {
    if (!this.quiet) process.stdout.write(`${text}\n`);
  }

  private before(severity: Severity, counts = true): void {
    if (severity === "warning" && counts) this.warned = true;
    if (this.introduced || (severity !== "warning" && severity !== "error")) return;
    this.introduced = true;
    if (this.quiet) return;
    process.stderr.write(haproxyMessage("notice", process.pid, `haproxy version is ${announcedVersion()}`));
    process.stderr.write(haproxyMessage("notice", process.pid, `path to executable is ${process.execPath}`));
  }
}
