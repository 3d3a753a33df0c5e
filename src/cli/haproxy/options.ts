/**
 * HAProxy's command line (management manual, section 3), parsed as 2.6 does: a value is the next word whatever it looks
 * like, letters after a flag without value are ignored (`-qx` is `-q`), and any `-d…` it does not know is `-d`.
 */

export interface HaproxyOptions {
  readonly files: string[];
  check: boolean;
  /** `-cc`: the condition to judge instead of anything else. */
  condition: string | null;
  daemon: boolean;
  /** `-d` and `-db` keep the process in the foreground, whatever else says daemon. */
  foreground: boolean;
  masterWorker: boolean;
  /** `-Ws`: tell systemd when ready. */
  notify: boolean;
  quiet: boolean;
  zeroWarning: boolean;
  diag: boolean;
  /** `-dL`. */
  listObjects: boolean;
  /** `-dr`: names of servers that cannot be resolved are no error. */
  ignoreResolution: boolean;
  /** `-dV`: `ssl-server-verify none` unless the configuration says otherwise. */
  ignoreCertificates: boolean;
  directory: string | null;
  localPeer: string | null;
  pidFile: string | null;
  /** `-n`; 0 = not given. */
  maxconn: number;
  /** `-N`: connections of a frontend that sets none; 0 = not given. */
  proxyMaxconn: number;
  /** `-m`, megabytes; 0 = no limit. */
  memory: number;
  masterSocket: string | null;
  oldSocket: string | null;
  /** Processes to signal once this one serves, and how. */
  oldPids: readonly number[];
  oldSignal: "SIGUSR1" | "SIGTERM";
}

export type ParseOutcome =
  | { readonly kind: "run"; readonly options: HaproxyOptions }
  | { readonly kind: "version"; readonly long: boolean }
  | { readonly kind: "usage" }
  | { readonly kind: "alert"; readonly text: string };

type ValueFlag = "C" | "L" | "N" | "S" | "f" | "m" | "n" | "p" | "x";

const setters: Readonly<Record<ValueFlag, (options: HaproxyOptions, value: string) => void>> = {
  C: (o, value) => void (o.directory = value),
  L: (o, value) => void (o.localPeer = value),
  N: (o, value) => void (o.proxyMaxconn = leadingInteger(value)),
  S: (o, value) => void (o.masterSocket = value),
  f: (o, value) => void o.files.push(value),
  m: (o, value) => void (o.memory = leadingInteger(value)),
  n: (o, value) => void (o.maxconn = leadingInteger(value)),
  p: (o, value) => void (o.pidFile = value),
  x: (o, value) => void (o.oldSocket = value),
};

/** What follows `-d`. The poller, splicing and memory debugging have no counterpart here: accepted, nothing to do. */
const debugFlags: Readonly<Record<string, (options: HaproxyOptions) => void>> = {
  D: (o) => void (o.diag = true),
  G: () => {},
  I: () => {},
  K: () => {},
  L: (o) => void (o.listObjects = true),
  M: () => {},
  R: () => {},
  S: () => {},
  V: (o) => void (o.ignoreCertificates = true),
  W: (o) => void (o.zeroWarning = true),
  Z: () => {},
  b: (o) => void (o.foreground = true),
  e: () => {},
  p: () => {},
  r: (o) => void (o.ignoreResolution = true),
  s: () => {},
};

function isValueFlag(flag: string): flag is ValueFlag {
  return Object.hasOwn(setters, flag);
}

/** atol(3): the number a text starts with, 0 without one. */
function leadingInteger(text: string): number {
  return Number(/^\s*(-?\d+)/.exec(text)?.[1] ?? 0);
}

export function parseHaproxyOptions(argv: readonly string[]): ParseOutcome {
  const options: HaproxyOptions = {
    files: [],
    check: false,
    condition: null,
    daemon: false,
    foreground: false,
    masterWorker: false,
    notify: false,
    quiet: false,
    zeroWarning: false,
    diag: false,
    listObjects: false,
    ignoreResolution: false,
    ignoreCertificates: false,
    directory: null,
    localPeer: null,
    pidFile: null,
    maxconn: 0,
    proxyMaxconn: 0,
    memory: 0,
    masterSocket: null,
    oldSocket: null,
    oldPids: [],
    oldSignal: "SIGUSR1",
  };
  for (let i = 0; i < argv.length; i++) {
    const word = argv[i]!;
    if (word === "--") {
      options.files.push(...argv.slice(i + 1));
      break;
    }
    if (!word.startsWith("-")) return { kind: "usage" };
    const flag = word[1] ?? "";
    if (flag === "v") return { kind: "version", long: word[2] === "v" };
    if (word.startsWith("-cc")) {
      const condition = argv[++i];
      if (condition === undefined) return { kind: "usage" };
      options.condition = condition;
      break;
    }
    if (word === "-sf" || word === "-st") {
      const pids = pidList(argv, i + 1);
      if (typeof pids === "string") return { kind: "alert", text: `${word} option: not a process id: ${pids}` };
      options.oldPids = pids;
      options.oldSignal = word === "-sf" ? "SIGUSR1" : "SIGTERM";
      i += pids.length;
    } else if (isValueFlag(flag)) {
      const value = argv[++i];
      if (value === undefined) return { kind: "alert", text: `option -${flag} needs a value.` };
      setters[flag](options, value);
    } else if (!plainFlag(options, flag, word)) return { kind: "usage" };
  }
  return { kind: "run", options };
}

/** Process ids up to the next option, or the first word that is none. */
function pidList(argv: readonly string[], from: number): number[] | string {
  const pids: number[] = [];
  for (let i = from; i < argv.length && !argv[i]!.startsWith("-"); i++) {
    const word = argv[i]!;
    if (!/^\d+$/.test(word) || Number(word) === 0) return word;
    pids.push(Number(word));
  }
  return pids;
}

function plainFlag(options: HaproxyOptions, flag: string, word: string): boolean {
  switch (flag) {
    case "c":
      options.check = true;
      return true;
    case "d":
      (debugFlags[word[2] ?? ""] ?? ((o: HaproxyOptions) => void (o.foreground = true)))(options);
      return true;
    case "D":
      options.daemon = true;
      return true;
    case "q":
      options.quiet = true;
      return true;
    case "V":
      options.quiet = false;
      return true;
    case "W":
      options.masterWorker = true;
      if (word[2] === "s") options.notify = true;
      return true;
    default:
      return false;
  }
}
