import { sdNotify } from "../ffi/process.ts";
import { selfCommand } from "../util/self.ts";
import { detach, isDaemon, removePidfile, startDaemon, writePidfile } from "./daemon.ts";
import { reportDiagnostics, reportToStderr } from "./report.ts";
import { Supervisor } from "./supervisor.ts";
import type { ServeOptions } from "./types.ts";

/** Exit code of a process that SIGINT ended, as HAProxy's master process gives it. SIGTERM: 0. */
const INTERRUPTED = 130;

/**
 * Runs the load balancer until it is told to end, and returns the exit code: 0 after SIGTERM or a drain (SIGUSR1), 130 after
 * SIGINT, 1 when it cannot start; the reasons are reported then. SIGHUP reloads. With `daemon` it returns as soon as the
 * background process serves.
 */
export async function serve(options: ServeOptions): Promise<number> {
  const report = options.report ?? reportToStderr;
  const { model, diagnostics } = await options.load();
  reportDiagnostics(report, diagnostics);
  if (model === null) {
    report("ALERT", "config : Fatal errors found in configuration.");
    return 1;
  }
  const background = options.daemon ?? model.global.daemon;
  if (background && !isDaemon()) return startDaemon(options.daemonCommand ?? selfCommand(process.argv.slice(2)), model);

  const supervisor = new Supervisor(model, options);
  let code = 0;
  const manager = process.env.NOTIFY_SOCKET;
  const notify = (state: string) => sdNotify(manager, state);
  const handlers: Partial<Record<NodeJS.Signals, () => void>> = {
    SIGTERM: () => {
      notify("STOPPING=1");
      supervisor.stop();
    },
    SIGINT: () => {
      code = INTERRUPTED;
      supervisor.stop();
    },
    SIGUSR1: () => {
      notify("STOPPING=1\nSTATUS=Draining");
      report("NOTICE", "stopping: existing connections are served to their end");
      supervisor.drain();
    },
    SIGUSR2: () =>
      report(
        "WARNING",
        "SIGUSR2: replacing the running program is not supported yet. " +
          "For a changed configuration: SIGHUP or tlb reload. For a new program: SIGUSR1, which drains, then start it.",
      ),
    SIGHUP: async () => {
      notify(`RELOADING=1\nMONOTONIC_USEC=${process.hrtime.bigint() / 1000n}`);
      const { ok, text } = await supervisor.reload();
      for (const line of text.trimEnd().split("\n")) report(ok ? "NOTICE" : "ALERT", line);
      notify("READY=1");
    },
  };
  for (const [signal, handler] of Object.entries(handlers)) process.on(signal, handler);
  // A mistake in the runtime API must not end the process that owns the sockets.
  const stray = (error: unknown) => report("ALERT", `unhandled rejection: ${String(error)}`);
  process.on("unhandledRejection", stray);
  let pidfile: string | null = null;
  try {
    const errors = await supervisor.start();
    for (const error of errors) report("ALERT", error);
    if (errors.length > 0) return 1;
    if (!supervisor.stopping) {
      pidfile = options.pidfile === undefined ? model.global.pidfile : options.pidfile;
      const failure = pidfile === null ? null : writePidfile(pidfile);
      if (failure !== null) {
        pidfile = null;
        code = 1;
        report("ALERT", failure);
        supervisor.stop();
      } else {
        if (background) {
          supervisor.silence();
          detach();
        }
        notify(`READY=1\nMAINPID=${process.pid}`);
      }
    }
    await supervisor.ended();
    return code;
  } finally {
    if (pidfile !== null) removePidfile(pidfile);
    process.off("unhandledRejection", stray);
    for (const [signal, handler] of Object.entries(handlers)) process.off(signal, handler);
  }
}
