import type { Position } from "../../lang/position.ts";
import type { ActionModel } from "./rules.ts";

/** A section `http-errors`: error files by status, as latin1 text. */
export interface HttpErrorsModel {
  readonly at: Position;
  readonly name: string;
  readonly pages: Readonly<Record<number, string>>;
}

export type ErrorPageModel =
  /** `http-error` whose content is made at run time: the parts of an answer as `http-request return` has them. */
  | { readonly kind: "reply"; readonly action: ActionModel }
  | { readonly kind: "file"; readonly path: string; readonly bytes: string }
  | { readonly kind: "loc"; readonly code: 302 | 303; readonly url: string };
