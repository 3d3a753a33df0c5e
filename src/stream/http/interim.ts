import { defaultLimits } from "../../codec/h1/flags.ts";
import { Head, parseResponse } from "../../codec/h1/head.ts";
import type { HttpSide } from "./side.ts";

/** Where heads are parsed that are used at once. */
const parsed = new Head();

/** Sends an interim response of our own, given as HTTP/1; the bytes may be changed. */
export function writeInterim(client: HttpSide, bytes: Buffer): void {
  if (client.h2 === null) client.write(bytes, 0, bytes.length);
  else if (parseResponse(parsed, bytes, 0, bytes.length, defaultLimits) > 0) {
    client.h2.sendHead(parsed, null, parsed.status);
  }
}
