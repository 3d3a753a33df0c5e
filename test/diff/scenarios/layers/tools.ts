/** Certificates, and a frontend with words behind its address. */
import { issue, revoke } from "../../../../src/net/tls/certificates.helper.ts";
import type { TlsWish } from "../../../harness/client.ts";
import { http, type Lines } from "../../build.ts";
import type { Scenario } from "../../scenario.ts";

const ca = await issue({ subject: "CN=Layer CA, O=Org", ca: true });
export const [main, second, good, revoked, server] = await Promise.all([
  issue({ subject: "CN=main.test, O=Org", names: ["main.test"], by: ca }),
  issue({ subject: "CN=second.test", names: ["second.test", "*.second.test"], by: ca }),
  issue({ subject: "CN=good, OU=One, OU=Two, O=Org, C=FR", by: ca }),
  issue({ subject: "CN=revoked", by: ca }),
  issue({ subject: "CN=srv.test, O=Srv", names: ["srv.test"], by: ca }),
]);
export const expired = await issue({ subject: "CN=expired.test", names: ["expired.test"], days: -3, by: ca });
const crl = revoke(ca, [revoked]);
export const files: Readonly<Record<string, string>> = {
  "main.pem": main.pem,
  "second.pem": second.pem,
  "ca.pem": ca.cert,
  "crl.pem": crl,
  "client.pem": good.pem,
};
export const V12: TlsWish = { maxVersion: 0x303, name: "main.test" };
export const V13: TlsWish = { minVersion: 0x304, name: "main.test" };
export const OPEN: Scenario["compare"] = { received: false, clientClose: "closed" };

export function listens(words: string, lines: Lines, build = http): string {
  return build(lines).replace("bind 127.0.0.1:{fe}", `bind 127.0.0.1:{fe} ${words}`);
}
