import type { CheckModel, GlobalModel } from "../../config/model.ts";
import type { Method } from "../types.ts";
import { externalMethod } from "./external.ts";
import { httpMethod } from "./http.ts";
import { tcpMethod } from "./tcp.ts";

type Kind = CheckModel["kind"];

/** Kinds of checks by the name the model has for them. */
const kinds: { readonly [K in Kind]: (model: Extract<CheckModel, { kind: K }>, global: GlobalModel) => Method } = {
  tcp: tcpMethod,
  http: httpMethod,
  external: externalMethod,
};

export function compileCheck(model: CheckModel, global: GlobalModel): Method {
  return kinds[model.kind](model as never, global);
}
