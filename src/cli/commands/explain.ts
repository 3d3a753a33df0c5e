import { createColors } from "picocolors";
import { renderText } from "../../lang/render.ts";
import { fileArg, runtimeAddress, runtimeArgs } from "../args.ts";
import { defineCommand, scan, UsageError, valuesOf } from "../command.ts";
import { readInput } from "../explain/input.ts";
import { render } from "../explain/render.ts";
import { explain as run } from "../explain/run.ts";
import { readDump, readEntry, type TableEntry } from "../explain/tables.ts";
import { loadConfiguration, requireFiles } from "../load.ts";
import { type RuntimeAddress, runtimeCommand } from "../runtime.ts";
import { wantsColor } from "../terminal.ts";

const args = {
  file: fileArg,
  frontend: { type: "string", valueHint: "name", description: "Frontend that gets it (default: by port and address)" },
  method: { type: "string", alias: "X", valueHint: "method", description: "Method (default: GET, with --data POST)" },
  header: { type: "string", alias: "H", valueHint: "field", description: "Header field 'name: value'; repeatable" },
  data: {
    type: "string",
    alias: "d",
    valueHint: "text",
    description: "Body, or the first bytes of a tcp:// connection",
  },
  src: { type: "string", valueHint: "ip[:port]", description: "Address of the client (default: 192.0.2.1:50000)" },
  dst: {
    type: "string",
    valueHint: "ip[:port]",
    description: "Address it connects to (default: that of the bind line)",
  },
  sni: { type: "string", valueHint: "name", description: "Server name of TLS (default: host of an https URL)" },
  var: { type: "string", valueHint: "scope.name=value", description: "Variable set before the first rule; repeatable" },
  status: { type: "string", valueHint: "status", description: "Go on with a response of this status from the server" },
  "response-header": { type: "string", valueHint: "field", description: "Header field of that response; repeatable" },
  table: {
    type: "string",
    valueHint: "name:key:data=value",
    description: "Entry of a stick table, with more data behind commas; repeatable (default: tables are empty)",
  },
  live: { type: "boolean", description: "Begin with the entries of the running process" },
  socket: {
    ...runtimeArgs.socket,
    description: "Runtime socket for --live (default: $TLB_SOCKET, the stats socket of -f, or tlb's own)",
  },
  json: { type: "boolean", description: "Print JSON" },
  request: { type: "positional", required: false, valueHint: "...", description: "[METHOD] URL" },
} as const;

async function liveEntries(address: RuntimeAddress, tables: readonly string[]): Promise<TableEntry[]> {
  const found: TableEntry[] = [];
  for (const name of tables) found.push(...readDump(name, await runtimeCommand(address, `show table ${name}`)));
  return found;
}

/** Exit code 1: the configuration has errors. */
export const explain = defineCommand({
  meta: {
    name: "explain",
    description: "Tell what a configuration does with a request, rule by rule; nothing is sent",
  },
  args,
  exits: [
    ["0", "the request was explained, whatever becomes of it"],
    ["1", "the configuration has errors, or --live cannot reach the running tlb"],
  ],
  examples: ["tlb explain -f lb.cfg http://example.com/path -H 'X-Key: 1' --src 10.2.3.4"],
  async run({ rawArgs }): Promise<number> {
    const scanned = scan(rawArgs, args);
    const all = (name: string): string[] => valuesOf(scanned, name);
    const last = (name: string): string | undefined => all(name).at(-1);
    const files = requireFiles(all("file"));
    const input = readInput({
      words: scanned.positionals,
      method: last("method"),
      headers: all("header"),
      data: last("data"),
      source: last("src"),
      destination: last("dst"),
      sni: last("sni"),
      variables: all("var"),
      status: last("status"),
      responseHeaders: all("response-header"),
    });
    const { model, failed, findings, lines } = loadConfiguration(files);
    if (failed) {
      const errors = findings.filter(({ severity }) => severity === "error");
      process.stderr.write(renderText(errors, { color: wantsColor(process.stderr), lines }));
      throw new UsageError("the configuration has errors", 1);
    }
    const tables = model.proxies.flatMap(({ stickTable }) => (stickTable === null ? [] : [stickTable.name]));
    const entries = all("live").length > 0 ? await liveEntries(runtimeAddress(scanned), tables) : [];
    entries.push(...all("table").map((text) => readEntry(text, tables)));
    const explanation = await run(model, input, last("frontend") ?? null, lines, entries);
    const json = all("json").length > 0;
    const text = json
      ? `${JSON.stringify(explanation, null, 2)}\n`
      : render(explanation, createColors(wantsColor(process.stdout)));
    process.stdout.write(text);
    return 0;
  },
});
