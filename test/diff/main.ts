/**
 * Runs scenarios from the command line and shows what differs:
 *
 *     bun test/diff/main.ts [--self] [--show] [--runs N] [PATTERN...]
 *
 * PATTERN is part of a scenario's name. --self runs HAProxy against HAProxy (the harness must find nothing); --show prints what was
 * observed even where nothing differs.
 */
import { startHaproxy, startTlb } from "../harness/proxy.ts";
import { runAll } from "./run.ts";
import { scenarios } from "./scenarios/index.ts";

const args = process.argv.slice(2);
const self = args.includes("--self");
const show = args.includes("--show");
const runs = args.includes("--runs") ? Number(args[args.indexOf("--runs") + 1]) : 2;
const patterns = args.filter((arg, index) => !arg.startsWith("--") && args[index - 1] !== "--runs");
const chosen = scenarios.filter(
  ({ name }) => patterns.length === 0 || patterns.some((pattern) => name.includes(pattern)),
);

const leaks: string[] = [];
const started = Date.now();
const outcomes = await runAll(chosen, startHaproxy, self ? startHaproxy : startTlb, { runs, leaks });
let bad = 0;
for (const { scenario, differences, reference, subject, runs: took } of outcomes) {
  const broken = reference !== null && reference.error !== null;
  if (differences.length === 0 && !broken) {
    if (took > 1) console.log(`noise  ${scenario.name} (agreed in run ${took})`);
    if (show) console.log(`same   ${scenario.name}\n${JSON.stringify(reference, null, 2)}`);
    continue;
  }
  bad++;
  console.log(`DIFF   ${scenario.name}`);
  if (broken) console.log(`    the script failed on haproxy: ${reference.error}`);
  for (const difference of differences) console.log(`    ${difference}`);
  if (show) console.log(JSON.stringify({ reference, subject }, null, 2));
}
for (const leak of leaks) console.log(`LEFT   ${leak}`);
console.log(`${outcomes.length - bad} alike, ${bad} different, ${((Date.now() - started) / 1000).toFixed(1)} s`);
process.exit(bad + leaks.length === 0 ? 0 : 1);
