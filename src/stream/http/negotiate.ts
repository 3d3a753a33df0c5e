/**
 * Schemes that authenticate a connection rather than a request: NTLM and Negotiate. As in HAProxy a response that offers or goes on with one
 * makes its connection the client's own, and the client's next requests prefer the server it leads to (manual, http-reuse and
 * option prefer-last-server).
 */
import { findName } from "../../codec/h1/view.ts";
import type { HttpStream } from "./stream.ts";

const WWW = Buffer.from("www-authenticate");
const PROXY = Buffer.from("proxy-authenticate");
const NEGO = 0x6f67656e;
const NTLM = 0x6d6c746e;

/** To be called for responses with status 401 and 407. */
export function authenticatesConnection({ res, status }: HttpStream): boolean {
  const name = status === 401 ? WWW : PROXY;
  const { buf } = res;
  for (let i = findName(res, name, 0); i >= 0; i = findName(res, name, i + 1)) {
    const start = res.index[4 * i + 2]!;
    if (res.index[4 * i + 3]! - start < 4) continue;
    // Four letters at once, in lower case.
    const word = (buf.readInt32LE(start) | 0x20202020) >>> 0;
    if (word === NEGO || word === NTLM) return true;
  }
  return false;
}
