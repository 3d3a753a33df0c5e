import { createKeyed, NO_KEY } from "./keyed.ts";
import type { Algorithm } from "./types.ts";

/** `balance hash EXPR`: by the result of a sample expression, which the stream evaluates. */
export const hash: Algorithm = {
  name: "hash",
  help: "by a hash of the result of a sample expression",
  needs: "payload",
  create: (backend, model) =>
    createKeyed(backend, model, (hashText) => (request) => {
      const value = request.expression();
      return value === null ? NO_KEY : hashText(value, 0, value.length);
    }),
};
