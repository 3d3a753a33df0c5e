/**
 * Accept or refuse as HAProxy does: each small configuration goes through `haproxy -c` and through `loadText`, and the
 * two verdicts are compared. Where the programs differ on purpose the case says why, and the test fails when they agree.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cases as plain, type OracleCase } from "./oracle.cases.ts";
import { counterCases } from "./oracle-counters.cases.ts";
import { idleCases } from "./oracle-idle.cases.ts";
import { sideCases } from "./oracle-sides.cases.ts";
import { hostCases } from "./oracle-hosts.cases.ts";
import { fileCases } from "./oracle-files.cases.ts";
import { operatorCases } from "./oracle-operators.cases.ts";
import { sectionCases } from "./oracle-sections.cases.ts";
import { checkCases } from "./oracle-checks.cases.ts";
import { settingCases } from "./oracle-settings.cases.ts";
import { stickCases } from "./oracle-stick.cases.ts";
import { tableCases } from "./oracle-tables.cases.ts";
import { wordCases } from "./oracle-words.cases.ts";
import { loadText } from "./load.ts";

const cases: readonly OracleCase[] = [
  ...plain,
  ...sectionCases,
  ...idleCases,
  ...tableCases,
  ...counterCases,
  ...stickCases,
  ...wordCases,
  ...operatorCases,
  ...fileCases,
  ...hostCases,
  ...sideCases,
  ...settingCases,
  ...checkCases,
];

const haproxy = Bun.which("haproxy");
if (haproxy === null) console.log("src/config/oracle.test.ts: skipped, there is no haproxy on this machine");

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "tlb-config-"));
  writeFileSync(join(folder, "good.http"), "HTTP/1.0 503 Down\r\nContent-Length: 3\r\n\r\nabc");
  writeFileSync(join(folder, "short.http"), "HTTP/1.0 503 Down\r\nContent-Length: 5\r\n\r\nabc");
  writeFileSync(join(folder, "open.http"), "HTTP/1.0 503 Down\r\nFoo: bar\r\n");
  writeFileSync(join(folder, "chunked.http"), "HTTP/1.1 503 x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n");
  writeFileSync(join(folder, "page.html"), "<html>");
  writeFileSync(join(folder, "empty.http"), "");
  writeFileSync(join(folder, "hosts"), "10.1.0.0/16\nlocalhost/24\n");
  writeFileSync(join(folder, "host-map"), "localhost yes\n");
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** HAProxy's exit status: 0 good, 1 errors, 2 nothing to listen on; and whether it warns. */
function judge(text: string): { status: number; warned: boolean } {
  const file = join(folder, "t.cfg");
  writeFileSync(file, text, "latin1");
  const { exitCode, stderr } = Bun.spawnSync([haproxy!, "-c", "-f", file], { stdout: "ignore", stderr: "pipe" });
  return { status: exitCode, warned: stderr.includes("[WARNING]") };
}

describe.skipIf(haproxy === null)("haproxy -c and the parser agree", () => {
  for (const { name, text, differs } of cases) {
    test(name.replaceAll("\n", " |"), () => {
      const full = text.replaceAll("@DIR@", folder);
      const { diagnostics } = loadText(full, "t.cfg");
      const errors = diagnostics.list.filter((d) => d.severity === "error").map((d) => `${d.code}: ${d.message}`);
      const theirs = judge(full);
      const idle = diagnostics.list.some((d) => d.code === "config/no-listener");
      const status = errors.length > 0 ? 1 : idle ? 2 : 0;
      if (differs === undefined) expect({ status, errors }).toMatchObject({ status: theirs.status });
      else expect({ differs, status }).toEqual({ differs, status: theirs.status === 0 ? 1 : 0 });
      // Where HAProxy warns, something must be said here too; the other way round we may know more.
      if (theirs.warned) expect(diagnostics.list.length).toBeGreaterThan(0);
    });
  }
});

test("there are enough cases, none twice", () => {
  expect(cases.length).toBeGreaterThan(80);
  expect(new Set(cases.map((c: OracleCase) => c.text)).size).toBe(cases.length);
});
