import type { CheckModel } from "../../config/model.ts";
import type { Method } from "../types.ts";
import { tcpMethod } from "./tcp.ts";

/** Kinds of checks by the name the model has for them. */
const kinds: { readonly [K in CheckModel["kind"]]: (model: Extract<CheckModel, { kind: K }>) => Method } = {
  tcp: tcpMethod,
  http: tcpMethod,
};

export function compileCheck(model: CheckModel): Method {
  return kinds[model.kind](model as never);
}
