import { createColors } from "picocolors";
import { runtimeAddress, runtimeArgs } from "../args.ts";
import { defineCommand, integerOption, scan, UNREACHED, UsageError, valuesOf } from "../command.ts";
import { type RuntimeAddress, runtimeCommand } from "../runtime.ts";
import { parseStats, statColumns, type StatRow } from "../stats.ts";
import { renderTable } from "../table.ts";
import { terminalWidth, wantsColor } from "../terminal.ts";

const args = {
  ...runtimeArgs,
  watch: { type: "boolean", alias: "w", description: "Refresh until interrupted" },
  interval: {
    type: "string",
    alias: "n",
    valueHint: "seconds",
    description: "Time between two refreshes (default: 1)",
  },
  json: { type: "boolean", description: "Print every column as JSON" },
  proxies: { type: "positional", required: false, valueHint: "...", description: "Show these proxies only" },
} as const;

/** The alternate screen keeps what the terminal showed before; home and clear draw without flicker. */
const ENTER = "\x1b[?1049h\x1b[?25l";
const LEAVE = "\x1b[?25h\x1b[?1049l";
const HOME = "\x1b[H";
const CLEAR_REST = "\x1b[J";

export const stats = defineCommand({
  meta: { name: "stats", description: "Show frontends, backends and servers as a table" },
  args,
  exits: [
    ["0", "shown"],
    ["1", `there is no such proxy, or ${UNREACHED}`],
  ],
  examples: ["tlb stats --watch", "tlb stats app --json"],
  async run({ rawArgs }): Promise<number> {
    const scanned = scan(rawArgs, args);
    const has = (name: string): boolean => valuesOf(scanned, name).length > 0;
    if (has("json") && has("watch")) throw new UsageError("--json and --watch exclude each other");
    const interval = integerOption(valuesOf(scanned, "interval").at(-1), "interval", 1, 1);
    const address = runtimeAddress(scanned);
    const wanted = scanned.positionals;
    if (has("json")) {
      const rows = await fetchRows(address, wanted);
      process.stdout.write(
        `${JSON.stringify(
          rows.map((row) => Object.fromEntries(row)),
          null,
          2,
        )}\n`,
      );
      return 0;
    }
    if (!has("watch")) {
      process.stdout.write(draw(await fetchRows(address, wanted), terminalWidth()));
      return 0;
    }
    return watch(address, wanted, interval);
  },
});

async function fetchRows(address: RuntimeAddress, wanted: readonly string[]): Promise<StatRow[]> {
  const answer = await runtimeCommand(address, "show stat");
  let rows: StatRow[];
  try {
    rows = parseStats(answer);
  } catch (error) {
    throw new UsageError(`the runtime socket did not answer with statistics: ${(error as Error).message}`, 1);
  }
  const unknown = wanted.find((name) => !rows.some((row) => row.get("pxname") === name));
  if (unknown !== undefined) throw new UsageError(`no proxy '${unknown}'`, 1);
  return wanted.length === 0 ? rows : rows.filter((row) => wanted.includes(row.get("pxname") ?? ""));
}

function draw(rows: readonly StatRow[], width: number): string {
  const colors = createColors(wantsColor(process.stdout));
  return renderTable(statColumns(colors), rows, width, (text) => colors.bold(text));
}

/** Redraws until SIGINT or SIGTERM, and gives the screen back. Without a terminal it prints table after table. */
async function watch(address: RuntimeAddress, wanted: readonly string[], seconds: number): Promise<number> {
  const screen = process.stdout.isTTY === true;
  const { promise: interrupted, resolve } = Promise.withResolvers<"stop">();
  const stop = (): void => resolve("stop");
  process.on("SIGINT", stop);
  process.on("SIGTERM", stop);
  let reached = false;
  if (screen) process.stdout.write(ENTER);
  try {
    for (;;) {
      let text: string;
      try {
        text = draw(await fetchRows(address, wanted), terminalWidth());
        reached = true;
      } catch (error) {
        // Who watches a restart wants to see what comes after it.
        if (!reached || !screen || !(error instanceof UsageError)) throw error;
        text = `${error.message}\n`;
      }
      if (screen) {
        const title = `tlb stats  ${new Date().toLocaleTimeString("en-GB")}  every ${seconds}s, Ctrl-C ends`;
        // A terminal that does not tell its size, such as a serial line, says 0.
        const { rows } = process.stdout;
        const lines = [title, "", ...text.split("\n")].slice(0, rows > 1 ? rows - 1 : undefined);
        process.stdout.write(HOME + lines.map((line) => `${line}\x1b[K`).join("\n") + CLEAR_REST);
      } else process.stdout.write(`${text}\n`);
      if ((await Promise.race([interrupted, Bun.sleep(seconds * 1000)])) === "stop") return 0;
    }
  } finally {
    if (screen) process.stdout.write(LEAVE);
    process.off("SIGINT", stop);
    process.off("SIGTERM", stop);
  }
}
