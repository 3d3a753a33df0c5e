/** Every code a finding can have, explained. Adding one is a row in the file of its family; a test finds those that are missing. */
import { aclCodes } from "./acl.ts";
import type { CodeInfo } from "./code.ts";
import { configCodes } from "./config.ts";
import { exprCodes } from "./expr.ts";
import { languageCodes } from "./language.ts";
import { lintCodes } from "./lint.ts";
import { ruleCodes } from "./rule.ts";
import { tlsCodes } from "./tls.ts";
import { valueCodes } from "./values.ts";

const families: readonly (readonly CodeInfo[])[] = [
  languageCodes,
  configCodes,
  valueCodes,
  exprCodes,
  aclCodes,
  ruleCodes,
  lintCodes,
  tlsCodes,
];

function collect(): ReadonlyMap<string, CodeInfo> {
  const map = new Map<string, CodeInfo>();
  for (const row of families.flat()) {
    if (map.has(row.code)) throw new Error(`code '${row.code}' is explained twice`);
    map.set(row.code, row);
  }
  return map;
}

/** All codes by name. */
export const codes: ReadonlyMap<string, CodeInfo> = collect();
