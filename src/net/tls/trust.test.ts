import { expect, test } from "bun:test";
import { issue, type Issued, revoke } from "./certificates.helper.ts";
import { ClientTrust } from "./trust.ts";

const der = ({ certificate }: Issued): Uint8Array => new Uint8Array(certificate.rawData);

test("errors that stand before the one the library tells", async () => {
  const ca = await issue({ subject: "CN=CA", ca: true });
  const middle = await issue({ subject: "CN=Middle", ca: true, by: ca });
  const good = await issue({ subject: "CN=good", by: ca });
  const deep = await issue({ subject: "CN=deep", by: middle });
  const bad = await issue({ subject: "CN=bad", by: ca });
  const self = await issue({ subject: "CN=self" });
  const below = await issue({ subject: "CN=below", by: good });
  // The right name over another key.
  const fake = await issue({ subject: "CN=fake", by: await issue({ subject: "CN=CA", ca: true }) });
  const trust = new ClientTrust(ca.cert, revoke(ca, [bad]));
  const before = (who: Issued, last: number, ...sent: Issued[]): unknown => trust.before(last, der(who), sent.map(der));
  const own = (...errors: number[]): unknown => ({ authority: 0, own: errors });
  expect(before(good, 10)).toEqual(own());
  expect(before(deep, 10, middle)).toEqual(own());
  expect(before(deep, 10)).toEqual(own(20, 21));
  expect(before(self, 10)).toEqual(own(18));
  expect(before(fake, 10)).toEqual(own(20, 21));
  expect(before(bad, 10)).toEqual(own(23));
  expect(before(bad, 23)).toEqual(own());
  expect(before(below, 10, good)).toEqual({ authority: 24, own: [] });
  expect(before(good, 21)).toEqual(own(20));
  expect([before(good, 20), before(self, 18), before(good, 19)]).toEqual([own(), own(), own()]);
  expect(before(ca, 10)).toEqual(own());
  expect(trust.before(10, Uint8Array.of(1, 2), [])).toEqual({ authority: 0, own: [20, 21] });
});

test("chains that go in circles end", async () => {
  const a = await issue({ subject: "CN=A", ca: true });
  const b = await issue({ subject: "CN=B", ca: true, by: a });
  const trust = new ClientTrust((await issue({ subject: "CN=Other", ca: true })).cert, "");
  expect(trust.before(10, der(b), [der(a), der(b), der(a)])).toEqual({ authority: 0, own: [20, 21] });
});
