/** show libs, show startup-logs: what the process was started from. show peers, show tls-keys: of which there never are any. */
import { readFileSync } from "node:fs";
import { type Command, failure } from "../command.ts";

export const showStartupLogs: Command = {
  name: "show startup-logs",
  usage: "show startup-logs",
  help: "report what was said about the configuration in force when it was read",
  level: "operator",
  run: ({ ctx }) =>
    ctx
      .startupLog()
      .map((line) => `${line}\n`)
      .join(""),
};

/** Object files by the addresses they are mapped at, in the text of /proc/<pid>/maps. */
export function objectFiles(maps: string): string[] {
  const files = new Map<string, { from: bigint; to: bigint; runs: boolean }>();
  for (const line of maps.split("\n")) {
    const match = /^([0-9a-f]+)-([0-9a-f]+) (..)(.). \S+ \S+ \d+ +(\/.*)$/.exec(line);
    if (match === null) continue;
    const [, from = "0", to = "0", , executable, path = ""] = match;
    const known = files.get(path) ?? { from: BigInt(`0x${from}`), to: 0n, runs: false };
    known.to = BigInt(`0x${to}`);
    known.runs ||= executable === "x";
    files.set(path, known);
  }
  return [...files]
    .filter(([, { runs }]) => runs)
    .map(([path, { from, to }]) => {
      return `0x${from.toString(16)}-0x${(to - 1n).toString(16)} (0x${(to - from).toString(16).padStart(7, "0")}) ${path}`;
    });
}

export const showLibs: Command = {
  name: "show libs",
  usage: "show libs",
  help: "show loaded object files and libraries",
  level: "operator",
  run: () =>
    objectFiles(readFileSync("/proc/self/maps", "utf8"))
      .map((line) => `${line}\n`)
      .join(""),
};

/** There is no section of peers: asked for one, there is none; asked for all, there is nothing to say. */
export const showPeers: Command = {
  name: "show peers",
  usage: "show peers [dict|-] [section]",
  help: "dump some information about all the peers or this peers section",
  run({ args }) {
    const name = args[0] === "dict" || args[0] === "-" ? args[1] : args[0];
    return name === undefined || name === "" ? "" : failure("No such peers");
  },
};

/** No file of ticket keys is used. */
export const showTlsKeys: Command = {
  name: "show tls-keys",
  usage: "show tls-keys [id|*]",
  help: "show tls keys references or dump tls ticket keys when id specified",
  run({ args }) {
    const [id = ""] = args;
    if (id === "" || id === "*") return "# id (file)\n";
    return failure("'show tls-keys' unable to locate referenced filename");
  },
};
