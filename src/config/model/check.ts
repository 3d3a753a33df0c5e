import type { SetCondition } from "../../expr/variables.ts";
import type { TextModel } from "./rules.ts";

/** The check every server with `check` gets. */
export type CheckModel =
  | { readonly kind: "tcp" }
  | ExternalCheckModel
  | ScriptCheckModel
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

/** Several steps, or steps that depend on expressions: rules of `http-check` and `tcp-check` in their order. */
export interface ScriptCheckModel {
  readonly kind: "script";
  /** What the expectations look at, and whose words reports use. */
  readonly protocol: ScriptProtocol;
  readonly disableOn404: boolean;
  readonly sendState: boolean;
  readonly rules: readonly CheckRule[];
}

/** `option tcp-check` names the step in its reports, HTTP and the protocols with an option of their own do not. */
export type ScriptProtocol = "http" | "tcp" | "own";

export type CheckRule = ConnectRule | SendRule | RequestRule | ExpectRule | SetRule | UnsetRule;

interface Step {
  /** Number of the rule from 1 on, comments included; 0 = the connection nobody wrote down. */
  readonly step: number;
  /** Its own, or that of the `comment` rule above it. */
  readonly comment: string | null;
}

/** `connect`: a connection of its own for what follows. */
export interface ConnectRule extends Step {
  readonly kind: "connect";
  /** With the settings of the server for TLS, PROXY header and address. */
  readonly usesDefaults: boolean;
  /** A number, or an expression; null = the port of the check. */
  readonly port: number | TextModel | null;
  readonly addr: { readonly ip: string; readonly port: number } | null;
  readonly sendProxy: boolean;
  readonly viaSocks4: boolean;
  /** With TLS as the server has it. */
  readonly tls: boolean;
  readonly sni: string | null;
  readonly alpn: readonly string[] | null;
  readonly proto: "h1" | "h2" | null;
  /** It ends with FIN rather than a reset. */
  readonly linger: boolean;
}

/** `tcp-check send` and its kin. One character a byte. */
export interface SendRule extends Step {
  readonly kind: "send";
  readonly data: string | TextModel;
  /** The format yields hexadecimal digits. */
  readonly hex: boolean;
}

/** `http-check send`. */
export interface RequestRule extends Step {
  readonly kind: "request";
  readonly method: string;
  readonly uri: string | TextModel;
  readonly version: string;
  readonly headers: readonly (readonly [name: string, value: string | TextModel])[];
  readonly body: string | TextModel | null;
}

/** How a header's name or value is compared. */
export interface HeaderMatch {
  readonly how: "str" | "beg" | "end" | "sub" | "reg";
  readonly text: string | TextModel;
}

export type ScriptMatch =
  | HttpExpect["match"]
  | { readonly kind: "binary"; readonly text: string }
  /** No error in the packet of that number, from 0. */
  | { readonly kind: "mysql"; readonly packet: number }
  | { readonly kind: "ldap" }
  | { readonly kind: "rbinary"; readonly regex: string }
  | { readonly kind: "string-lf"; readonly format: TextModel }
  | { readonly kind: "binary-lf"; readonly format: TextModel }
  | {
      readonly kind: "header";
      readonly whole: boolean;
      readonly name: HeaderMatch;
      readonly value: HeaderMatch | null;
    };

export interface ExpectRule extends Step {
  readonly kind: "expect";
  readonly negate: boolean;
  readonly minRecv: number;
  readonly match: ScriptMatch;
  readonly okStatus: string | null;
  readonly errorStatus: string | null;
  readonly timeoutStatus: string | null;
  readonly onSuccess: TextModel | null;
  readonly onError: TextModel | null;
  /** `status-code`: an expression whose value is reported as the code. */
  readonly statusCode: TextModel | null;
}

/** `set-var` and `set-var-fmt`. */
export interface SetRule {
  readonly kind: "set";
  readonly name: string;
  readonly conditions: readonly SetCondition[];
  readonly value: TextModel;
  readonly format: boolean;
}

export interface UnsetRule {
  readonly kind: "unset";
  readonly name: string;
}
