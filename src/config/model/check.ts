/** The check every server with `check` gets. */
export type CheckModel =
  | { readonly kind: "tcp" }
  | ExternalCheckModel
  | {
      readonly kind: "http";
      readonly method: string;
      readonly uri: string;
      readonly version: string;
      readonly headers: readonly (readonly [string, string])[];
      readonly body: string | null;
      readonly disableOn404: boolean;
      readonly sendState: boolean;
      readonly connectPort: number;
      readonly expects: readonly HttpExpect[];
    };

/** `option external-check`: a program tells. */
export interface ExternalCheckModel {
  readonly kind: "external";
  readonly command: string;
  /** The variable PATH it gets. */
  readonly path: string;
  /** The global section has insecure-fork-wanted. */
  readonly forkWanted: boolean;
}

/** `http-check expect`. Without any, 2xx and 3xx pass. */
export interface HttpExpect {
  readonly negate: boolean;
  readonly minRecv: number;
  readonly match:
    | { readonly kind: "status"; readonly ranges: readonly (readonly [number, number])[] }
    | { readonly kind: "rstatus" | "rstring"; readonly regex: string }
    | { readonly kind: "string"; readonly text: string }
    | {
        readonly kind: "hdr" | "fhdr";
        readonly name: string;
        readonly nameMatch: "str" | "beg" | "end" | "sub" | "reg";
        readonly value: string | null;
        readonly valueMatch: "str" | "beg" | "end" | "sub" | "reg";
      };
  readonly okStatus: string | null;
  readonly errorStatus: string | null;
  readonly timeoutStatus: string | null;
  readonly onSuccess: string | null;
  readonly onError: string | null;
  readonly comment: string | null;
}
