/** The compiled rulesets of a proxy, as streams run them. */
import type { Backend } from "../proxy/backend.ts";
import type { Server } from "../proxy/server.ts";
import type { ContentRules } from "./content.ts";
import type { PersistRule, StickRules } from "./stick.ts";
import type { Answer, Condition, Rule, RuleStream, TextMaker } from "./types.ts";

/** One `use_backend` line; `backend` null = `name` tells it at run time. */
export interface BackendRule {
  readonly condition: Condition | null;
  readonly backend: Backend | null;
  readonly name: TextMaker | null;
}

/** Makes the answer that stands for the error page of a status. */
export type PageMaker = (stream: RuleStream) => Answer;

/** One `use-server` line; `server` null = `name` tells it at run time. */
export interface ServerRule {
  readonly condition: Condition | null;
  readonly server: Server | null;
  readonly name: TextMaker | null;
}

/** The rulesets of one proxy; null = it has no such rules, so that their absence costs one comparison. */
export interface ProxyRules {
  readonly request: readonly Rule[] | null;
  readonly redirects: readonly Rule[] | null;
  readonly response: readonly Rule[] | null;
  readonly after: readonly Rule[] | null;
  readonly backends: readonly BackendRule[] | null;
  /** `monitor fail`. */
  readonly monitorFail: readonly Condition[];
  /** Answers of `http-error` by status; null = none. */
  readonly pages: ReadonlyMap<number, PageMaker> | null;
  /** `use-server`. */
  readonly servers: readonly ServerRule[] | null;
  /** `force-persist` and `ignore-persist`, in the order of their lines. */
  readonly persist: readonly PersistRule[] | null;
  readonly stick: StickRules | null;
  /** tcp-request connection, session, content and tcp-response content. */
  readonly connection: readonly Rule[] | null;
  readonly session: readonly Rule[] | null;
  readonly content: ContentRules | null;
  readonly responseContent: ContentRules | null;
  /** For names made at run time. */
  findBackend(name: string): Backend | null;
}
