import { createKeyed, NO_KEY } from "./keyed.ts";
import type { Algorithm } from "./types.ts";

/**
 * `balance url_param NAME [check_post]`: by a parameter of the query string, else of the body of a POST. HAProxy 2.6 looks into
 * any body it has buffered, with `check_post` or without, so what counts is whether the stream offers one.
 */
export const urlParam: Algorithm = {
  name: "url_param",
  help: "by a hash of a parameter of the query string, with check_post of a POST body too",
  needs: "http",
  create(backend, model) {
    const { algorithm } = model;
    if (algorithm.kind !== "url_param") throw new Error("not balance url_param");
    const { name } = algorithm;
    return createKeyed(backend, model, (hash) => (request) => {
      const value = request.urlParam(name) ?? request.bodyParam(name);
      return value === null ? NO_KEY : hash(value, 0, value.length);
    });
  },
};
