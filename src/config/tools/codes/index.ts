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
import { registry } from "../../../util/registry.ts";

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

/** All codes by name. */
export const codes = registry(
  "code",
  families.flat().map((row) => [row.code, row]),
);
