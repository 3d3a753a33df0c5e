import { lintRules } from "../lint/index.ts";
import type { CodeInfo } from "./code.ts";

/** The linter's rules, and what is said about comments that switch findings off. */
export const lintCodes: readonly CodeInfo[] = [
  ...lintRules,
  {
    code: "lint/unknown-code",
    title: "a comment switches off a code that does not exist",
    explanation:
      "A comment '# tlb: ignore CODE[, CODE]' names a code that no finding has, so it does nothing. Correct the code; 'tlb help codes' lists all of them.",
  },
  {
    code: "lint/unused-ignore",
    title: "a comment switches off a finding that is not there",
    explanation:
      "The line has no finding of that code (any more), or the finding is an error, which cannot be switched off. Remove the comment.",
  },
];
