/** Rules of a scripted check to steps. What needs expressions is compiled by a row above this one. */
import { hostname } from "node:os";
import type { CheckRule, GlobalModel, ScriptCheckModel, SetRule, TextModel, UnsetRule } from "../../config/model.ts";
import { serverState } from "../kinds/server-state.ts";
import { compileExpectStep, fromHex } from "./expect.ts";
import { requestBytes } from "./request.ts";
import type { ActionStep, Script, ScriptNumber, ScriptStep, ScriptText, SendStep } from "./types.ts";

/** Compiles texts of the configuration; each reports its errors and then yields null. */
export interface ScriptTexts {
  format(text: TextModel): ScriptText | null;
  /** The value of an expression as a whole number; `loose`: of its text, which may be none. */
  number(text: TextModel, loose: boolean): ScriptNumber | null;
  action(rule: SetRule | UnsetRule): ActionStep["run"] | null;
  readonly scope: Script["scope"];
}

export function compileScript(model: ScriptCheckModel, global: Pick<GlobalModel, "node">, texts: ScriptTexts): Script {
  const { protocol, disableOn404 } = model;
  const steps = model.rules.map((rule) => compileStep(rule, model, global.node ?? hostname(), texts));
  return { protocol, disableOn404, steps, scope: texts.scope };
}

function compileStep(rule: CheckRule, model: ScriptCheckModel, node: string, texts: ScriptTexts): ScriptStep {
  const format = (text: TextModel): ScriptText | null => texts.format(text);
  switch (rule.kind) {
    case "connect": {
      const { port } = rule;
      const expression = port !== null && typeof port === "object" ? texts.number(port, false) : null;
      return { ...rule, port: typeof port === "number" ? port : (expression ?? 0) };
    }
    case "send":
      return { kind: "send", step: rule.step, comment: rule.comment, bytes: sendBytes(rule, format), method: "" };
    case "request": {
      const { step, comment, method } = rule;
      const state = model.sendState
        ? ({ server }: { server: Parameters<typeof serverState>[0] }) => serverState(server, node)
        : null;
      return { kind: "send", step, comment, bytes: requestBytes(rule, format, state), method };
    }
    case "expect":
      return compileExpectStep(
        rule,
        model.protocol,
        format,
        rule.statusCode === null ? null : texts.number(rule.statusCode, true),
      );
    case "set":
    case "unset":
      return { kind: "action", run: texts.action(rule) ?? (() => {}) };
  }
}

function sendBytes(
  rule: Extract<CheckRule, { kind: "send" }>,
  compile: (text: TextModel) => ScriptText | null,
): SendStep["bytes"] {
  const { data, hex, step } = rule;
  if (typeof data === "string") {
    const bytes = Buffer.from(data, "latin1");
    return () => bytes;
  }
  const format = compile(data) ?? (() => "");
  return (scope) => {
    const text = format(scope);
    if (text === "") return null;
    const bytes = hex ? fromHex(text) : text;
    if (bytes === null) return `tcp-check send : failed to build log-format string at step ${step}`;
    return Buffer.from(bytes, "latin1");
  };
}
