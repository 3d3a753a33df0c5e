/** What the scenarios of HTTP/2 have in common. */
import { type Answer, type Fields, request } from "../../../harness/h2.ts";
import type { CompareOptions } from "../../scenario.ts";

export const compare: CompareOptions = { received: false, clientClose: "closed" };
/** The servers speak HTTP/2 too: what they got is noted by the client. */
export const both: CompareOptions = { ...compare, servers: false };

export const get = request("GET", "/");
export const without = (name: string): Fields => get.filter(([n]) => n !== name);

export const answers =
  (fields: Fields, body = "", trailers?: Fields): Answer =>
  (h2, id) => {
    h2.head(id, fields, body === "" && trailers === undefined);
    if (body !== "") h2.data(id, body, trailers === undefined);
    if (trailers !== undefined) h2.head(id, trailers, true);
  };

/** The beginning of an answer with a body of two bytes, and an interim one. */
export const OK: Fields = [
  [":status", "200"],
  ["content-length", "2"],
];
export const HINT: Fields = [
  [":status", "103"],
  ["link", "</a>"],
];

export function get1(): string {
  return "GET /x HTTP/1.1\r\nHost: example.test\r\n\r\n";
}
