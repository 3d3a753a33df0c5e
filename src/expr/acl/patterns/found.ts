import { NONE } from "../entry.ts";
import type { MatchMethod, PatternIndex } from "./method.ts";

/** Values after a presence or boolean test are accepted and ignored, as HAProxy does. */
export class NoPatterns implements PatternIndex {
  readonly kind = "list";
  add(): null {
    return null;
  }
  remove(): void {}
  clear(): void {}
  match(): number {
    return NONE;
  }
}

/** `-m found`: there is a sample. Never asks its index; the ACL tests the sample alone. */
export const found: MatchMethod = {
  name: "found",
  help: "there is such a sample; values are ignored",
  expects: null,
  operators: null,
  create: () => new NoPatterns(),
};
