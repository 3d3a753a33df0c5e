/** Runs the proxy for `tlb serve` and for the `haproxy` role: hands the supervisor a way to read the configuration. */
import { defaultSocket } from "../admin/runtime/default-path.ts";
import type { Model, StatsSocketModel } from "../config/model.ts";
import type { Diagnostic } from "../lang/diagnostic.ts";
import { haproxyMessage } from "../lang/render.ts";
import { plainSocket } from "../config/keywords/stats-socket.ts";
import type { Report } from "../supervisor/report.ts";
import { serve } from "../supervisor/serve.ts";
import type { Loaded } from "../supervisor/types.ts";
import { isSuccessor } from "../supervisor/heir.ts";
import { selfCommand, upgradeCommand } from "../util/self.ts";
import { beforeCommit, initState } from "../admin/carry.ts";
import { logStopped, PRODUCT, startAdmin } from "./admin.ts";
import { type LoadOptions, loadConfiguration } from "./load.ts";
import { someoneListens } from "./runtime.ts";

export interface StartRequest {
  readonly files: readonly string[];
  /** null = as the configuration says. */
  readonly daemon: boolean | null;
  /** null = as the configuration says. */
  readonly pidFile: string | null;
  /** No pid file, whatever those say. Default false. */
  readonly noPidFile?: boolean;
  /** Told the process ids of the workers once they serve. */
  readonly serving?: (workers: readonly number[]) => void;
  /** Command-line overrides of `maxconn`; 0 = none. */
  readonly maxconn: number;
  readonly proxyMaxconn: number;
  /** How to read the files; `stdin` is set when they include "-": it can be read once only. */
  readonly load: LoadOptions;
  /** See ServeOptions. Default false. */
  readonly showEvents?: boolean;
  /** Takes what the supervisor says; default: standard error. */
  readonly report?: Report;
  /** See ServeOptions. Default false. */
  readonly reloadsBySigusr2?: boolean;
  /** See ServeOptions. Default null. */
  readonly takeFrom?: string | null;
  /** See ServeOptions. Default false. */
  readonly diesBySignal?: boolean;
  /** Name of the program in `show info`. Default "tlb". */
  readonly product?: string;
  /** A runtime socket more, beside those of the file. */
  readonly masterSocket?: StatsSocketModel;
  /** What to tell older processes once this one serves. */
  readonly oldPids: readonly number[];
  readonly oldSignal: "SIGUSR1" | "SIGTERM";
  /** Arguments that run this again in the background; default: those of this process. */
  readonly daemonArgs: readonly string[];
  /** What replaces this program when it is told to; default: itself, with those arguments. */
  readonly successorCommand?: readonly string[];
  /** Listen on the default runtime socket when the configuration names none and no other process does. */
  readonly defaultSocket: boolean;
  /** A configuration that was read and shown already: used for the start, while reloads read the files. */
  readonly first?: Model;
  /** What was found, and shown, when `first` was read. */
  readonly firstFindings?: readonly Diagnostic[];
}

/** In the environment of a successor: somebody else has the default runtime socket. */
const NO_SOCKET = "TLB_NO_DEFAULT_SOCKET";

/** Serves until told to end; resolves with the exit code. */
export async function startProxy(request: StartRequest): Promise<number> {
  const { files, load } = request;
  let { first } = request;
  const successor = isSuccessor();
  const socket =
    request.defaultSocket && process.env[NO_SOCKET] === undefined ? await freeDefaultSocket(successor) : null;
  return serve({
    load(): Loaded {
      if (first !== undefined) {
        const model = override(first, request, socket);
        first = undefined;
        return { model, diagnostics: [], findings: request.firstFindings ?? [] };
      }
      const loaded = loadConfiguration(files, load);
      return { model: loaded.failed ? null : override(loaded.model, request, socket), diagnostics: loaded.findings };
    },
    startAdmin(context) {
      // A successor is started with the words of the first, whose work this was.
      if (!successor) for (const pid of request.oldPids) signal(pid, request.oldSignal);
      request.serving?.(context.workers().map(({ pid }) => pid));
      return startAdmin(context, request.product ?? PRODUCT);
    },
    draining: logStopped,
    initState,
    beforeCommit,
    daemonCommand: selfCommand(request.daemonArgs),
    upgradeCommand: request.successorCommand ?? upgradeCommand(request.daemonArgs),
    stdin: load.stdin ?? null,
    takeFrom: request.takeFrom ?? null,
    replaces: !successor && (request.oldPids.length > 0 || request.takeFrom != null),
    reloadsBySigusr2: request.reloadsBySigusr2 ?? false,
    showEvents: request.showEvents ?? false,
    diesBySignal: request.diesBySignal ?? false,
    successorEnvironment: request.defaultSocket && socket === null ? { [NO_SOCKET]: "1" } : {},
    ...(request.report === undefined ? {} : { report: request.report }),
    ...(request.daemon === null ? {} : { daemon: request.daemon }),
    ...(request.noPidFile === true ? { pidfile: null } : request.pidFile === null ? {} : { pidfile: request.pidFile }),
  });
}

/** The default runtime socket; null when another process listens there, or no place for it is safe: then traffic is served without. */
async function freeDefaultSocket(ours: boolean): Promise<string | null> {
  const found = defaultSocket(true);
  if ("error" in found) {
    process.stderr.write(haproxyMessage("warning", process.pid, `${found.error}; name a 'stats socket' in 'global'`));
    return null;
  }
  // A successor gets it from who listens there.
  return !ours && (await someoneListens({ unix: found.path })) ? null : found.path;
}

/** What the command line says wins over the file. */
function override(model: Model, request: StartRequest, socket: string | null): Model {
  const { maxconn, proxyMaxconn, masterSocket } = request;
  const { global, proxies } = model;
  const own: readonly StatsSocketModel[] =
    socket === null || global.statsSockets.length > 0
      ? global.statsSockets
      : [
          {
            at: { file: "", line: 0, column: 0 },
            address: { kind: "unix", path: socket },
            level: "admin",
            mode: 0o600,
            uid: -1,
            gid: -1,
            ...plainSocket,
          },
        ];
  const sockets = masterSocket === undefined ? own : [...own, masterSocket];
  return {
    ...model,
    global: { ...global, statsSockets: sockets, maxconn: maxconn > 0 ? maxconn : global.maxconn },
    proxies:
      proxyMaxconn > 0
        ? proxies.map((proxy) => (proxy.maxconn === 0 ? { ...proxy, maxconn: proxyMaxconn } : proxy))
        : proxies,
  };
}

/** An older process may have ended meanwhile: that is what was wanted. */
function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) {
      process.stderr.write(
        haproxyMessage("warning", process.pid, `cannot send ${name} to process ${pid}: ${String(error)}`),
      );
    }
  }
}
