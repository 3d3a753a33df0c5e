import { createKeyed, NO_KEY } from "./keyed.ts";
import type { Algorithm } from "./types.ts";

/** `balance rdp-cookie(NAME)`: by a cookie in the first request of an RDP session, "mstshash" by default. */
export const rdpCookie: Algorithm = {
  name: "rdp-cookie",
  help: "by a hash of an RDP cookie (default mstshash)",
  needs: "payload",
  create(backend, model) {
    const { algorithm } = model;
    if (algorithm.kind !== "rdp-cookie") throw new Error("not balance rdp-cookie");
    const { name } = algorithm;
    return createKeyed(backend, model, (hash) => (request) => {
      const value = request.rdpCookie(name);
      return value === null || value.length === 0 ? NO_KEY : hash(value, 0, value.length);
    });
  },
};
