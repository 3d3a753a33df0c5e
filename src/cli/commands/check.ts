import { renderJson, renderText } from "../../lang/render.ts";
import { fileArg } from "../args.ts";
import { defineCommand, scan, valuesOf } from "../command.ts";
import { loadConfiguration, requireFiles } from "../load.ts";
import { wantsColor } from "../terminal.ts";

const args = {
  file: fileArg,
  json: { type: "boolean", description: "Print the findings as JSON" },
  strict: { type: "boolean", description: "Fail on warnings too" },
  quiet: { type: "boolean", alias: "q", description: "Print errors only" },
  files: { type: "positional", required: false, valueHint: "...", description: "Configuration files" },
} as const;

/** Reports every finding of a configuration in one run. Exit code 1 on errors. */
export const check = defineCommand({
  meta: { name: "check", description: "Check a configuration and report every finding" },
  args,
  exits: [
    ["0", "no errors"],
    ["1", "errors, with --strict also warnings"],
  ],
  examples: ["tlb check lb.cfg", "tlb check -f lb.cfg --strict --json"],
  run({ rawArgs }): number {
    const scanned = scan(rawArgs, args);
    const has = (name: string): boolean => valuesOf(scanned, name).length > 0;
    const files = requireFiles([...valuesOf(scanned, "file"), ...scanned.positionals]);
    const { findings, failed, lines } = loadConfiguration(files, { diag: true, lint: true });
    const warned = findings.some(({ severity }) => severity === "warning");
    const bad = failed || (has("strict") && warned);
    if (has("json")) {
      process.stdout.write(`${renderJson(findings)}\n`);
      return bad ? 1 : 0;
    }
    const shown = has("quiet") ? findings.filter(({ severity }) => severity === "error") : findings;
    process.stderr.write(renderText(shown, { color: wantsColor(process.stderr), lines }));
    if (bad) {
      process.stderr.write(`${summary(findings.map(({ severity }) => severity))}\n`);
      return 1;
    }
    if (!has("quiet")) process.stdout.write("Configuration file is valid\n");
    return 0;
  },
});

/** "2 errors, 1 warning". */
function summary(severities: readonly string[]): string {
  const count = (name: string): string | null => {
    const found = severities.filter((severity) => severity === name).length;
    return found === 0 ? null : `${found} ${name}${found === 1 ? "" : "s"}`;
  };
  return [count("error"), count("warning")].filter((text) => text !== null).join(", ");
}
