import type { CheckModel, GlobalModel } from "../../config/model.ts";
import type { Backend } from "../../proxy/backend.ts";
import type { Method } from "../types.ts";
import { externalMethod } from "./external.ts";
import { httpMethod } from "./http.ts";
import { scriptMethod } from "./script.ts";
import { tcpMethod } from "./tcp.ts";

type Kind = CheckModel["kind"];

/** Kinds of checks by the name the model has for them. */
const kinds: {
  readonly [K in Kind]: (model: Extract<CheckModel, { kind: K }>, global: GlobalModel, backend: Backend) => Method;
} = {
  tcp: tcpMethod,
  http: httpMethod,
  external: externalMethod,
  script: scriptMethod,
};

export function compileCheck(backend: Backend, global: GlobalModel): Method {
  const { check } = backend.model;
  return kinds[check.kind](check as never, global, backend);
}
