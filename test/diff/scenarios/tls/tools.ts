/** Certificates of every kind, and a frontend with TLS. */
import { issue, type Issued, revoke } from "../../../../src/net/tls/certificates.helper.ts";
import type { TlsWish } from "../../../harness/client.ts";
import type { Peer } from "../../../harness/peer.ts";
import { get, http, silence } from "../../build.ts";
import type { Talk } from "../../scenario.ts";

const ca = await issue({ subject: "CN=Test CA, O=Org", ca: true });
export const middle = await issue({ subject: "CN=Middle CA", ca: true, by: ca });
export const foreignOld = await issue({
  subject: "CN=foreign and expired",
  days: -5,
  by: await issue({ subject: "CN=Nobody", ca: true }),
});
export const strangerOld = await issue({ subject: "CN=stranger and expired", days: -5 });
export const revokedOld = await issue({ subject: "CN=revoked and expired", days: -5, by: ca });
export const notCa = await issue({ subject: "CN=no authority", by: ca });
export const ofNotCa = await issue({ subject: "CN=of no authority", days: -5, by: notCa });
export const tired = await issue({ subject: "CN=Tired CA", ca: true, days: -5, by: ca });
export const ofTired = await issue({ subject: "CN=of tired", by: tired });
export const foreign = await issue({ subject: "CN=Foreign CA", ca: true });
export const ofForeign = await issue({ subject: "CN=of foreign", by: foreign });
export const [main, second, wild, rsa, expired, good, chained, old, revoked, stranger, server, wrong] =
  await Promise.all([
    issue({ subject: "CN=main.test", names: ["main.test"], by: ca }),
    issue({ subject: "CN=second.test", names: ["second.test", "also.test"], by: ca }),
    issue({ subject: "CN=wild", names: ["*.wild.test"], by: ca }),
    issue({ subject: "CN=main-rsa", names: ["main.test"], key: "rsa", by: ca }),
    issue({ subject: "CN=old.test", names: ["old.test"], days: -5, by: ca }),
    issue({ subject: "CN=good, OU=One, OU=Two, O=Org, C=FR", by: ca }),
    issue({ subject: "CN=chained", by: middle }),
    issue({ subject: "CN=expired client", days: -5, by: ca }),
    issue({ subject: "CN=revoked client", by: ca }),
    issue({ subject: "CN=stranger" }),
    issue({ subject: "CN=srv.test", names: ["srv.test", "*.w.test"], by: ca }),
    issue({ subject: "CN=wrong.test" }),
  ]);
const crl = revoke(ca, [revoked, revokedOld]);

export const files: Readonly<Record<string, string>> = {
  "main.pem": main.pem,
  "second.pem": second.key + second.cert,
  "wild.pem": wild.pem,
  "both.pem.rsa": rsa.pem,
  "both.pem.ecdsa": main.pem,
  "apart.crt": second.cert,
  "apart.crt.key": second.key,
  "old.pem": expired.pem,
  "ca.pem": ca.cert,
  "crl.pem": crl,
  "client.pem": good.pem,
};

/** A configuration whose frontend listens with TLS and these words behind `ssl`. */
export function tlsFront(words: string, lines: Parameters<typeof http>[0] = {}, build = http): string {
  return build(lines).replace("bind 127.0.0.1:{fe}", `bind 127.0.0.1:{fe} ssl ${words}`);
}

export const V12: TlsWish = { maxVersion: 0x303 };

/** Connects, notes what was agreed on, and asks once when there is a connection. */
export async function ask(talk: Talk, key: string, wish: TlsWish): Promise<Peer> {
  const peer = await talk.connect("fe", { tls: wish });
  talk.note(key, peer.tls === null ? null : { ...peer.tls, cipher: undefined });
  if (peer.tls !== null) {
    peer.send(get("/", "Connection: close"));
    await peer.response({ ms: 1500 }).catch(() => "");
  }
  await silence(peer);
  return peer;
}

/** What a client shows: a certificate, and those of its issuers that it sends along. */
export function certificate({ key, cert }: Issued, ...chain: readonly Issued[]): Pick<TlsWish, "key" | "cert"> {
  return { key, cert: cert + chain.map((issuer) => issuer.cert).join("") };
}
