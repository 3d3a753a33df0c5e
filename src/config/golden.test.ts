/**
 * Golden cases: `config`, a line `-----`, then what comes of it. Expectations are `path.in.the.model = JSON` and, one for
 * each finding in order, `severity line:column-endColumn code: message (hint)`. A case lists all of its findings.
 */
import { describe, expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { renderFinding, runGolden, valueAt } from "./testing.helper.ts";

const folder = join(import.meta.dir, "golden");

for (const file of readdirSync(folder).sort()) {
  describe(file, () => {
    for (const block of readFileSync(join(folder, file), "latin1")
      .split(/^===== /m)
      .slice(1)) {
      const title = block.slice(0, block.indexOf("\n"));
      const [config, expected] = block.slice(title.length + 1).split(/^-----\n/m);
      test(title, () => {
        const { model, diagnostics } = runGolden(config!);
        const lines = expected!.split("\n").filter((line) => line !== "");
        const findings = lines.filter((line) => /^(?:error|warning|notice) /.test(line));
        expect(diagnostics.list.map(renderFinding)).toEqual(findings);
        for (const line of lines) {
          if (findings.includes(line)) continue;
          const [, path, json] = /^([A-Za-z0-9.-]+) = (.*)$/.exec(line)!;
          expect({ path, value: valueAt(model, path!) }).toEqual({ path, value: JSON.parse(json!) });
        }
        // Whatever a worker gets has gone through JSON.
        expect(JSON.parse(JSON.stringify(model))).toEqual(model);
      });
    }
  });
}
