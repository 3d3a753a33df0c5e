/** The answer to `option ldap-check`: a BindResponse (RFC 4511, section 4.2.2) in BER. */
import { CheckStatus } from "../status.ts";
import type { Failure } from "../script/types.ts";

const CUT: Failure = { status: CheckStatus.l7rsp, text: "" };
const OTHER: Failure = { status: CheckStatus.l7rsp, text: "Not LDAPv3 protocol" };

/** messageID 1, and the tag of a BindResponse. */
const RESPONSE = Buffer.from([0x02, 0x01, 0x01, 0x61]);

/** Bytes of a length behind its first one: the long form says how many. */
function longForm(first: number): number {
  return (first & 0x80) === 0 ? 0 : first & 0x7f;
}

/** True: success. It is asked when as much as an answer has at least was received, or nothing more will come. */
export function judgeLdap(received: Buffer): true | Failure {
  if (received.length < 5) return CUT;
  let at = 2 + longForm(received[1]!);
  if (!received.subarray(at, at + RESPONSE.length).equals(RESPONSE)) return OTHER;
  at += RESPONSE.length;
  if (received.length <= at) return CUT;
  at += 1 + longForm(received[at]!);
  // resultCode, an ENUMERATED of one byte.
  if (received.length < at + 3) return CUT;
  const code = received[at + 2]!;
  if (code === 0) return true;
  const text = "See RFC: http://tools.ietf.org/html/rfc4511#section-4.1.9";
  return { status: CheckStatus.l7status, text, code };
}
