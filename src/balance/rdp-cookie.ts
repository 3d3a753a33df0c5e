import { byKey, NO_KEY } from "./keyed.ts";

interface RdpCookieModel {
  readonly kind: "rdp-cookie";
  readonly name: string;
}

/** `balance rdp-cookie(NAME)`: by a cookie in the first request of an RDP session, "mstshash" by default. */
export const rdpCookie = byKey<RdpCookieModel>({
  name: "rdp-cookie",
  usage: "rdp-cookie[(<name>)]",
  help: "Hash of a cookie of the remote desktop protocol",
  http: false,
  parse: (_args, _word, argument) => ({ kind: "rdp-cookie", name: (argument ?? "mstshash").toLowerCase() }),
  text: ({ name }) => `rdp-cookie(${name})`,
  key:
    ({ name }, hash) =>
    (request) => {
      const value = request.rdpCookie(name);
      return value === null || value.length === 0 ? NO_KEY : hash(value, 0, value.length);
    },
});
