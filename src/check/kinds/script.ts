import type { GlobalModel, ScriptCheckModel } from "../../config/model.ts";
import type { Backend } from "../../proxy/backend.ts";
import type { Script } from "../script/types.ts";
import type { Method } from "../types.ts";

/** Rules of `http-check` or `tcp-check` in several steps: compiled with the expressions of the configuration. */
export function scriptMethod(_model: ScriptCheckModel, _global: GlobalModel, { checkScript }: Backend): Method {
  return { port: 0, program: null, script: checkScript as Script, probe: () => null };
}
