/** The DNS client against a server of the test: answers, refusals, silence, lies. */
import { expect, test } from "bun:test";
import { Buffer } from "node:buffer";
import { type DnsAnswer, type DnsServer, type Question, startDns, TYPE } from "../../../test/harness/dns.ts";
import { Scope } from "../../../test/harness/scope.ts";
import { addressText } from "../../expr/cast.ts";
import { decodeAnswer, encodeQuestion, hostName, messageId, TYPE_A, TYPE_AAAA } from "./message.ts";
import { Resolvers, type ResolversSettings } from "./resolvers.ts";

let nextPort = 21_000 + Math.floor(Math.random() * 8000);

async function server(scope: Scope, answer: (question: Question) => DnsAnswer): Promise<DnsServer & { port: number }> {
  for (;;) {
    const port = nextPort++;
    try {
      return { ...(await startDns(scope, "127.0.0.1", port, answer)), port };
    } catch {
      // Taken.
    }
  }
}

function client(scope: Scope, ports: readonly number[], more: Partial<ResolversSettings> = {}): Resolvers {
  const nameservers = ports.map((port) => ({ ip: "127.0.0.1", port }));
  const settings = { name: "r", nameservers, payloadSize: 1232, retries: 3, timeoutRetry: 60, holdValid: 200 };
  const out = new Resolvers({ ...settings, ...more });
  scope.defer(() => out.close());
  return out;
}

function ask(resolvers: Resolvers, name: string, prefer: 4 | 6 = 4): Promise<string | null> {
  return new Promise((resolve) => {
    resolvers.lookup(name, prefer, (address) => resolve(address === null ? null : addressText(address)));
  });
}

const a = (name: string, data: string) => ({ name, type: TYPE.A, data });

test("names: what is asked for", () => {
  expect(hostName("WWW.Example.Test.")).toBe("www.example.test");
  expect(hostName("_x-1.y")).toBe("_x-1.y");
  for (const bad of ["", ".", "a..b", "a b", "a/b", "[::1]", "::1", "a\0b", `${"a".repeat(64)}.b`, "\xe4.de"]) {
    expect([bad, hostName(bad)]).toEqual([bad, null]);
  }
  expect(hostName(`${"a.".repeat(126)}b`)).not.toBeNull();
  expect(hostName(`${"a.".repeat(127)}b`)).toBeNull();
});

test("a question as it goes out", () => {
  const bytes = encodeQuestion(0x1234, "ab.c", TYPE_AAAA, 4096);
  expect(bytes.toHex()).toBe("123401000001000000000001" + "0261620163" + "00001c0001" + "0000291000000000000000");
  expect(messageId(bytes)).toBe(0x1234);
  expect(messageId(bytes.subarray(0, 11))).toBe(-1);
});

test("an answer cut or changed anywhere yields no address that was not there, and never throws", () => {
  const question = "abcd8180000100020000000001610162000001" + "0001";
  const alias = "c00c00050001000000000004" + "0163c00e";
  const address = "0163c00e00010001000000000004c0000201";
  const whole = Buffer.from(question + alias + address, "hex");
  expect(decodeAnswer(whole, "a.b", TYPE_A)).toEqual({ kind: "valid", addresses: [Buffer.of(192, 0, 2, 1)] });
  expect(decodeAnswer(whole, "a.c", TYPE_A)).toBeNull();
  expect(decodeAnswer(whole, "a.b", TYPE_AAAA)).toBeNull();
  for (let length = 0; length < whole.length; length++) {
    expect(decodeAnswer(whole.subarray(0, length), "a.b", TYPE_A)?.kind ?? "none").not.toBe("valid");
  }
  for (let at = 0; at < whole.length; at++) {
    for (let value = 0; value < 256; value++) {
      const changed = Buffer.from(whole);
      changed[at] = value;
      const found = decodeAnswer(changed, "a.b", TYPE_A);
      if (found?.kind === "valid") expect(found.addresses[0]!.length).toBe(4);
    }
  }
  // A pointer to itself, and a chain of aliases that comes back.
  const loop = Buffer.from(`${question}c01500010001000000000004c0000201`, "hex");
  expect(decodeAnswer(loop, "a.b", TYPE_A)).toEqual({ kind: "other" });
  const circle = Buffer.from(`${question}${alias}0163c00e00050001000000000002c00c`, "hex");
  expect(decodeAnswer(circle, "a.b", TYPE_A)).toEqual({ kind: "other" });
});

test("the preferred family, the other one, or none", async () => {
  await using scope = new Scope();
  const dns = await server(scope, ({ name, type }) => {
    if (name === "four.test" && type === TYPE.A) return [a(name, "192.0.2.1"), a(name, "192.0.2.2")];
    if (name === "six.test" && type === TYPE.AAAA) return [{ name, type, data: "2001:db8::1" }];
    return name === "none.test" ? { code: 3 } : [];
  });
  const resolvers = client(scope, [dns.port]);
  expect(await ask(resolvers, "four.test", 4)).toBe("192.0.2.1");
  expect(await ask(resolvers, "FOUR.test", 6)).toBe("192.0.2.1");
  expect(await ask(resolvers, "six.test", 4)).toBe("2001:db8::1");
  const before = dns.questions.length;
  expect(await ask(resolvers, "none.test")).toBeNull();
  expect(await ask(resolvers, "empty.test")).toBeNull();
  // Both families, once each: nothing is gained by asking again.
  expect(dns.questions.length - before).toBe(4);
});

test("addresses are no names, and nothing is asked", async () => {
  await using scope = new Scope();
  const dns = await server(scope, ({ name }) => (name === "127.1" ? { code: 3 } : [a(name, "192.0.2.1")]));
  const resolvers = client(scope, [dns.port]);
  expect(await ask(resolvers, "::1")).toBeNull();
  expect(await ask(resolvers, "two words")).toBeNull();
  expect(dns.questions.length).toBe(0);
  // What could be a name is one: who answers is the name server, not the C library.
  expect(await ask(resolvers, "127.1")).toBeNull();
  expect(await ask(resolvers, "localhost")).toBe("192.0.2.1");
});

test("several servers: the first good answer counts, after failures, lies and silence", async () => {
  await using scope = new Scope();
  const silent = await server(scope, () => null);
  const broken = await server(scope, () => ({ code: 2 }));
  const liar = await server(scope, ({ name }) => ({ id: 1, records: [a(name, "192.0.2.66")] }));
  const stranger = await server(scope, () => ({ records: [a("other.test", "192.0.2.77")] }));
  const good = await server(scope, ({ name, type }) => (type === TYPE.A ? [a(name, "192.0.2.1")] : []));
  const ports = [silent, broken, liar, stranger, good].map(({ port }) => port);
  expect(await ask(client(scope, ports), "a.test")).toBe("192.0.2.1");
  const started = performance.now();
  expect(await ask(client(scope, ports.slice(0, 4)), "a.test")).toBeNull();
  const took = performance.now() - started;
  expect(took).toBeGreaterThan(340);
  expect(took).toBeLessThan(1500);
  // Three tries; each asks for the other family when its time is over, as somebody has answered.
  expect(silent.questions.slice(1).map(({ type }) => type)).toEqual([1, 28, 1, 28, 1, 28]);
  const all = silent.questions.length;
  expect(await ask(client(scope, [silent.port]), "a.test")).toBeNull();
  // Silence says nothing about a family.
  expect(silent.questions.slice(all).map(({ type }) => type)).toEqual([1, 1, 1]);
});

test("refused and truncated answers are tried again, in both families", async () => {
  await using scope = new Scope();
  for (const answer of [{ code: 5 }, { truncated: true }, { code: 2 }] as const) {
    const dns = await server(scope, () => answer);
    expect(await ask(client(scope, [dns.port]), "a.test")).toBeNull();
    expect(dns.questions.map(({ type }) => type)).toEqual([1, 28, 1, 28, 1, 28]);
  }
});

test("a lost question is asked again; what is found is kept for a while, and shared by who asks at the same time", async () => {
  await using scope = new Scope();
  let count = 0;
  const dns = await server(scope, ({ name }) => (count++ === 0 ? null : [a(name, `192.0.2.${count}`)]));
  const resolvers = client(scope, [dns.port]);
  expect(await Promise.all([ask(resolvers, "a.test"), ask(resolvers, "A.TEST.")])).toEqual(["192.0.2.2", "192.0.2.2"]);
  expect(await ask(resolvers, "a.test")).toBe("192.0.2.2");
  expect(dns.questions.length).toBe(2);
  await Bun.sleep(220);
  expect(await ask(resolvers, "a.test")).toBe("192.0.2.3");
});

test("without servers, with one that is not there, and after its sockets were closed", async () => {
  await using scope = new Scope();
  expect(await ask(client(scope, []), "a.test")).toBeNull();
  const dns = await server(scope, ({ name }) => [a(name, "192.0.2.1")]);
  dns.close();
  expect(await ask(client(scope, [dns.port]), "a.test")).toBeNull();
  const again = await server(scope, ({ name }) => [a(name, "192.0.2.1")]);
  const resolvers = client(scope, [again.port], { holdValid: 0 });
  expect(await ask(resolvers, "a.test")).toBe("192.0.2.1");
  resolvers.close();
  expect(await ask(resolvers, "a.test")).toBe("192.0.2.1");
});

test("what is asked and answered is counted by name server", async () => {
  await using scope = new Scope();
  const first = await server(scope, ({ name, type }) => {
    if (name === "silent.test") return null;
    return name === "ok.test" && type === TYPE.A ? [a(name, "192.0.2.1")] : [];
  });
  const second = await server(scope, () => null);
  const resolvers = client(scope, [first.port, second.port], { retries: 1 });
  const told = (): Record<string, number>[] =>
    resolvers.counts.map((counts) => Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0)));
  expect(await ask(resolvers, "ok.test")).toBe("192.0.2.1");
  expect(told()).toEqual([{ sent: 1, valid: 1 }, { sent: 1 }]);
  expect(await ask(resolvers, "silent.test")).toBeNull();
  expect(told()).toEqual([
    { sent: 2, valid: 1, timeout: 1 },
    { sent: 2, timeout: 1 },
  ]);
});
