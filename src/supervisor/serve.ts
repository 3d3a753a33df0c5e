import { hasListener, NOTHING_TO_SERVE } from "../config/listeners.ts";
import { sdNotify } from "../ffi/process.ts";
import { messageOf } from "../util/error.ts";
import { selfCommand } from "../util/self.ts";
import { detach, isDaemon, probePidfile, removePidfile, startDaemon, writePidfile } from "./daemon.ts";
import { announce } from "./front.ts";
import { forgetSuccession, inherit, isSuccessor, tellReady } from "./heir.ts";
import { reportDiagnostics, reportToStderr } from "./report.ts";
import { Supervisor } from "./supervisor.ts";
import { fileIdentity } from "./program-file.ts";
import { restartNotes } from "./restart-notes.ts";
import { shareOut, takeSockets } from "./takeover.ts";
import type { ServeOptions } from "./types.ts";

/** The default action of a signal, once everything is closed; returns only where the process ignores it. */
function dieBy(signal: NodeJS.Signals): void {
  process.kill(process.pid, signal);
}

/** Exit code of a process that SIGINT ended, as HAProxy's master process gives it. SIGTERM: 0. */
const INTERRUPTED = 130;

/**
 * Runs the load balancer until it is told to end, and returns the exit code: 0 after SIGTERM or a drain (SIGUSR1), 130 after
 * SIGINT, 1 when it cannot start; the reasons are reported then. SIGHUP reloads, SIGUSR2 replaces the program. With `daemon` it returns as soon as the
 * background process serves.
 */
export async function serve(options: ServeOptions): Promise<number> {
  const report = options.report ?? reportToStderr;
  const { model, diagnostics, findings } = await options.load();
  const silent = model?.global.quiet === true;
  reportDiagnostics(report, silent ? diagnostics.filter(({ severity }) => severity === "error") : diagnostics);
  if (model === null) {
    report("ALERT", "config : Fatal errors found in configuration.");
    return 1;
  }
  const background = options.daemon ?? model.global.daemon;
  const successor = isSuccessor();
  const pidfilePath = options.pidfile === undefined ? model.global.pidfile : options.pidfile;
  if (background && !isDaemon() && !successor)
    return startDaemon(options.daemonCommand ?? selfCommand(process.argv.slice(2)), model);

  // Found out now, nothing serves yet, and a successor has changed nothing.
  const unwritable = pidfilePath !== null ? probePidfile(pidfilePath) : null;
  if (unwritable !== null) {
    report("ALERT", unwritable);
    return 1;
  }
  const inheritance = successor ? await inherit() : null;
  if (typeof inheritance === "string") {
    report("ALERT", inheritance);
    return 1;
  }
  if (inheritance?.handover.previous.proxies.some(({ kind }) => kind !== "backend") && !hasListener(model)) {
    report("ALERT", NOTHING_TO_SERVE);
    return 1;
  }
  const path = successor ? null : (options.takeFrom ?? null);
  const taken = path === null ? [] : await takeSockets(path);
  if (typeof taken === "string") {
    report("ALERT", `Failed to get the sockets from the old process: ${taken} [${path}]`);
    return 1;
  }
  const supervisor = new Supervisor(model, options, inheritance, shareOut(model, taken));
  supervisor.findings = findings ?? diagnostics;
  let code = 0;
  let fatal: NodeJS.Signals | null = null;
  const manager = process.env.NOTIFY_SOCKET;
  const notify = (state: string) => sdNotify(manager, state);
  const program = options.upgradeCommand?.[0] ?? process.execPath;
  const started = fileIdentity(program);
  /** A reload is not enough: the program's file is another one now, or what is fixed at the start has changed. */
  const needsNewProcess = async (): Promise<boolean> => {
    const found = fileIdentity(program);
    if (found !== "" && found !== started) return true;
    const next = (await options.load()).model;
    return next !== null && restartNotes(supervisor.first, next).length > 0;
  };
  const handlers: Partial<Record<NodeJS.Signals, () => void>> = {
    SIGTERM: () => {
      notify("STOPPING=1");
      fatal = "SIGTERM";
      supervisor.stop();
    },
    SIGINT: () => {
      notify("STOPPING=1");
      code = INTERRUPTED;
      fatal = "SIGINT";
      supervisor.stop();
    },
    SIGUSR1: () => {
      notify("STOPPING=1\nSTATUS=Draining");
      report("NOTICE", "stopping: existing connections are served to their end");
      supervisor.drain();
    },
    SIGUSR2: async () => {
      if (options.reloadsBySigusr2 === true && !(await needsNewProcess())) return void handlers.SIGHUP!();
      const { ok, text } = await supervisor.upgrade();
      for (const line of text.trimEnd().split("\n")) report(ok ? "NOTICE" : "ALERT", line);
    },
    SIGHUP: async () => {
      notify(`RELOADING=1\nMONOTONIC_USEC=${process.hrtime.bigint() / 1000n}`);
      const { ok, text } = await supervisor.reload();
      for (const line of text.trimEnd().split("\n")) report(ok ? "NOTICE" : "ALERT", line);
      notify("READY=1");
    },
  };
  // Once replaced, all that is left to do with a signal is to pass it on; SIGTERM and SIGINT also end what is still served here.
  const receive = (signal: NodeJS.Signals, handler: () => void) => () => {
    const { successor: heir } = supervisor;
    if (heir !== null) supervisor.front?.signal(signal);
    if (heir === null || signal === "SIGTERM" || signal === "SIGINT") handler();
  };
  const received = Object.entries(handlers).map(([signal, handler]) => ({
    signal,
    handler: receive(signal as NodeJS.Signals, handler),
  }));
  for (const { signal, handler } of received) process.on(signal, handler);
  // A mistake in the runtime API must not end the process that owns the sockets.
  const stray = (error: unknown) => report("ALERT", `internal error: ${messageOf(error)}`);
  process.on("unhandledRejection", stray);
  let pidfile: string | null = null;
  // Whoever started a process in the foreground waits for this one, however often the program is replaced.
  supervisor.stays = !background && !manager && !successor;
  supervisor.onSuccessor = (heir) => {
    // Only the main process may say which one is that.
    notify(`MAINPID=${heir.pid}\nREADY=1`);
    if (pidfile === heir.pidfile) pidfile = null;
  };
  try {
    const errors = await supervisor.start();
    if (errors.length > 0) {
      // A signal to the whole group may end the workers before it is heard here.
      await new Promise((heard) => setImmediate(heard));
      if (fatal !== null) return code;
      for (const error of errors) report("ALERT", error);
      return 1;
    }
    if (!supervisor.stopping) {
      pidfile = pidfilePath;
      const failure = pidfile === null ? null : writePidfile(pidfile);
      if (failure !== null) {
        pidfile = null;
        code = 1;
        report("ALERT", failure);
        supervisor.stop();
      } else {
        if (background) {
          supervisor.silence();
          if (!successor) detach();
        }
        if (inheritance !== null) {
          supervisor.owner = true;
          if (inheritance.front >= 0) announce(inheritance.front);
          tellReady(pidfile, (changes) => supervisor.adoptChanges(changes));
          forgetSuccession();
        } else {
          notify(`READY=1\nMAINPID=${process.pid}`);
        }
      }
    }
    await supervisor.ended();
    const { successor: heir } = supervisor;
    if (heir === null) return code;
    heir.release();
    if (supervisor.front === null) return code;
    await supervisor.front.over;
    // That of later ones is not to be had.
    return await Promise.race([heir.exited, Bun.sleep(100).then(() => code)]);
  } finally {
    if (pidfile !== null) removePidfile(pidfile);
    process.off("unhandledRejection", stray);
    for (const { signal, handler } of received) process.off(signal, handler);
    if (fatal !== null && options.diesBySignal === true) dieBy(fatal);
  }
}
