/** `http-check send` with formats: made anew for every check. */
import type { CheckModel, RequestRule, TextModel } from "../../config/model.ts";
import { requestParts } from "../kinds/http-request.ts";
import type { ScriptScope, ScriptText } from "./types.ts";

type HttpCheck = Extract<CheckModel, { kind: "http" }>;

/** Compiles a format; null after an error was reported. */
export type CompileText = (text: TextModel) => ScriptText | null;

/**
 * The bytes of the request. `state`: the value of X-Haproxy-Server-State; null = it is not sent. Headers whose value is empty are left out, as in
 * HAProxy.
 */
export function requestBytes(
  rule: RequestRule,
  compile: CompileText,
  state: ((scope: ScriptScope) => string) | null,
): (scope: ScriptScope) => Buffer {
  const part = (text: string | TextModel): ScriptText => {
    if (typeof text === "string") return () => text;
    return compile(text) ?? (() => "");
  };
  const { method, version } = rule;
  const uri = part(rule.uri);
  const body = rule.body === null ? null : part(rule.body);
  const headers = rule.headers.map(([name, value]) => [name, part(value)] as const);
  return (scope) => {
    const made: [string, string][] = [];
    for (const [name, value] of headers) {
      const text = value(scope);
      if (text !== "") made.push([name, text]);
    }
    const model: Pick<HttpCheck, "method" | "uri" | "version" | "headers" | "body"> = {
      method,
      uri: uri(scope) || "/",
      version,
      headers: made,
      body: body === null ? null : body(scope),
    };
    const [head, tail] = requestParts(model);
    const between = state === null ? "" : `x-haproxy-server-state: ${state(scope)}\r\n`;
    return Buffer.from(head + between + tail, "latin1");
  };
}
