import type { Position } from "../../lang/position.ts";

/** A word of a rule; `at` is the position of its first character, behind a quote. */
export interface TextModel {
  readonly text: string;
  readonly at: Position;
  readonly endColumn: number;
}

/** The lines of one name in a proxy are alternatives. */
export interface AclModel {
  readonly at: Position;
  readonly name: TextModel;
  /** From the sample expression on. */
  readonly words: readonly TextModel[];
}

/** `if` or `unless` and the words behind it; there is at least one. */
export interface ConditionModel {
  readonly at: Position;
  readonly unless: boolean;
  readonly words: readonly TextModel[];
}

/** One line of a ruleset. */
export interface RuleModel {
  /** It stands in a defaults section: evaluated before the proxy's own. */
  readonly inherited?: true;
  readonly at: Position;
  readonly action: ActionModel;
  readonly condition: ConditionModel | null;
}

/** What a rule does: the name in the registry of actions and what its parser read. */
export interface ActionModel {
  readonly kind: string;
  readonly at: Position;
  readonly endColumn: number;
  /** Arguments by name, as each action defines them. */
  readonly texts: Readonly<Record<string, TextModel>>;
  /** Switches without a value, e.g. `drop-query`. */
  readonly flags: readonly string[];
  /** Status it answers with or sets; 0 = the action's default. */
  readonly status: number;
  /** Headers of an answer (`hdr`); values are log formats. */
  readonly headers: readonly { readonly name: TextModel; readonly value: TextModel }[];
}

/** `use_backend`: the first whose condition is met chooses. */
export interface UseBackendModel {
  readonly at: Position;
  /** A name, or a log format that makes one. */
  readonly backend: TextModel;
  readonly condition: ConditionModel | null;
}

/** `use-server`: the first whose condition is met, and whose server can be used, chooses. */
export interface UseServerModel {
  readonly at: Position;
  /** A name, or a log format that makes one. */
  readonly server: TextModel;
  readonly condition: ConditionModel | null;
}
