import type { Position } from "../../lang/position.ts";
import type { ConditionModel, TextModel } from "./rules.ts";

/** A `stick` line (manual, section 4.2): what of it matches, what stores. */
export interface StickModel {
  readonly at: Position;
  /** Looks for the server in the table: `on` and `match`. */
  readonly match: boolean;
  /** Puts the server into the table: `on` and both `store-`. */
  readonly store: boolean;
  /** Its sample is taken from the response: `store-response`. */
  readonly response: boolean;
  readonly expression: TextModel;
  /** Name of the table; null = the section's own. */
  readonly table: TextModel | null;
  readonly condition: ConditionModel | null;
}

/** `force-persist` or `ignore-persist`: the first whose condition applies counts. */
export interface PersistModel {
  readonly at: Position;
  readonly kind: "force" | "ignore";
  readonly condition: ConditionModel;
}
