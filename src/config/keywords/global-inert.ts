import type { GlobalContext } from "../context.ts";
import type { Args } from "../../lang/args.ts";
import { takeChoice, takeInteger, takeSize, takeTime } from "../../lang/values.ts";
import type { Keyword } from "./keyword.ts";

function inert(name: string, usage: string, help: string, noEffect: string): Keyword<GlobalContext> {
  return {
    name,
    where: ["global"],
    usage,
    help,
    noEffect,
    parse: (_, args) => readArguments(args, usage),
  };
}

/** The value is of no use, but a wrong one is still an error, as in HAProxy. */
function readArguments(args: Args, usage: string): void {
  if (usage.includes(" | ")) takeChoice(args, usage.split(" | "));
  else if (usage === "<count>" || usage === "<bytes>" || usage === "<percent>")
    takeInteger(args, { min: -1, lax: true });
  else if (usage === "<size>") takeSize(args, { min: 0, max: 0x7fffffff });
  else if (usage === "<time>") takeTime(args);
  else if (usage === "<secret>") args.take("a secret");
  else if (usage.startsWith("[") && !args.done) takeChoice(args, [usage.slice(1, -1)]);
  else if (usage === "<group> [<threads>]" && takeInteger(args, { min: 1, max: 64 }) !== null) args.rest();
}

const POLLER = "the event loop chooses its own poller";
const BUDGETS = "peers that make work for nothing are disconnected by budgets of their own";
const WINDOWS = "every stream has the window of initial-window-size";
const TURNS = "what came is read in one go";
const LUA = "there are no scripts in Lua";
const ENGINE = "this setting belongs to HAProxy's own engine";
const MEMORY = "memory is managed by the run time";

/** Settings of HAProxy's engine without a counterpart here: accepted, with a warning. */
export const inertGlobalKeywords: readonly Keyword<GlobalContext>[] = [
  { ...inert("busy-polling", "", "Poll without sleeping", POLLER), invertible: true },
  inert("noepoll", "", "Do not use epoll", POLLER),
  inert("nokqueue", "", "Do not use kqueue", POLLER),
  inert("noevports", "", "Do not use event ports", POLLER),
  inert("nopoll", "", "Do not use poll", POLLER),
  inert("nogetaddrinfo", "", "Do not use getaddrinfo", "names are resolved in one way only"),
  inert("noreuseport", "", "Do not share addresses between sockets", "every worker needs a socket of its own"),
  inert("cluster-secret", "<secret>", "Secret shared by load balancers", "only HTTP/3 makes tokens from it"),
  inert("master-worker", "[no-exit-on-failure]", "Run a supervising process", "there is always one"),
  inert("mworker-max-reloads", "<count>", "Reloads a worker may survive", "workers survive every reload"),
  inert("thread-groups", "<count>", "Groups of threads", "workers are processes"),
  inert("thread-group", "<group> [<threads>]", "Threads of a group", "workers are processes"),
  { ...inert("numa-cpu-mapping", "", "Stay on one NUMA node", "use cpu-map"), invertible: true, extra: "warning" },
  inert("no-memory-trimming", "", "Do not return memory", MEMORY),
  inert("profiling.tasks", "auto | on | off", "Profile tasks", ENGINE),
  inert("tune.buffers.limit", "<count>", "Buffers at most", MEMORY),
  inert("tune.buffers.reserve", "<count>", "Buffers kept for emergencies", MEMORY),
  inert("tune.fail-alloc", "<percent>", "Make allocations fail", MEMORY),
  inert("tune.fd.edge-triggered", "on | off", "Edge-triggered polling", POLLER),
  inert("tune.idle-pool.shared", "on | off", "Share idle connections between threads", "each worker has its own"),
  inert("tune.h2.fe.glitches-threshold", "<count>", "Oddities after which a client is disconnected", BUDGETS),
  inert("tune.h2.be.glitches-threshold", "<count>", "Oddities after which a server is disconnected", BUDGETS),
  inert("tune.h2.fe.rxbuf", "<size>", "Receive buffers of a client's connection", WINDOWS),
  inert("tune.h2.be.rxbuf", "<size>", "Receive buffers of a server's connection", WINDOWS),
  inert("tune.h2.fe.max-frames-at-once", "<count>", "Frames of a client handled in a row", TURNS),
  inert("tune.h2.be.max-frames-at-once", "<count>", "Frames of a server handled in a row", TURNS),
  inert("tune.h2.fe.max-rst-at-once", "<count>", "Resets of a client handled in a row", TURNS),
  inert("tune.h2.log-errors", "none | connection | stream", "Errors of HTTP/2 that are logged", ENGINE),
  inert("tune.h2.zero-copy-fwd-send", "on | off", "Send without copying", ENGINE),
  inert("tune.lua.forced-yield", "<count>", "Instructions of a script before it yields", LUA),
  inert("tune.lua.maxmem", "<count>", "Megabytes scripts may use", LUA),
  inert("tune.lua.session-timeout", "<time>", "Longest run of a script for a session", LUA),
  inert("tune.lua.service-timeout", "<time>", "Longest run of a script that is a service", LUA),
  inert("tune.lua.task-timeout", "<time>", "Longest run of a script in the background", LUA),
  inert("tune.peers.max-updates-at-once", "<count>", "Updates sent to a peer in a row", "there are no peers yet"),
  inert("tune.idletimer", "<time>", "Idle time after which streams count as interactive", ENGINE),
  inert("tune.listener.multi-queue", "on | off", "Spread accepts over threads", "the kernel spreads them"),
  inert("tune.maxpollevents", "<count>", "Events taken at once", POLLER),
  inert("tune.pattern.cache-size", "<count>", "Cache of pattern look-ups", ENGINE),
  inert("tune.recv_enough", "<bytes>", "Read size that ends a read", ENGINE),
  inert("tune.runqueue-depth", "<count>", "Tasks run in a row", ENGINE),
  inert("tune.sched.low-latency", "on | off", "Prefer latency in the scheduler", ENGINE),
];
