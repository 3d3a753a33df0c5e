/** Run by resolve.test.ts in namespaces of its own: `do-resolve` of HAProxy and of tlb against one DNS server. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { connect } from "../../harness/client.ts";
import { type DnsAnswer, type DnsRecord, type Question, startDns, TYPE } from "../../harness/dns.ts";
import { startHaproxy, startTlb } from "../../harness/proxy.ts";
import { Scope } from "../../harness/scope.ts";
import { must, report } from "./enter.ts";

const PORT = 8001;
const FOUR = {
  "four.test": "192.0.2.4",
  "both.test": "192.0.2.6",
  "late.test": "192.0.2.7",
  "upper.test": "192.0.2.8",
};
const SIX = { "six.test": "2001:db8::6", "both.test": "2001:db8::4" };

let asked = 0;

function answer({ name, type }: Question): DnsAnswer {
  if (name === "silent.test") return null;
  if (name === "refused.test") return { code: 5 };
  if (name === "broken.test") return { code: 2 };
  // The first packet gets lost.
  if (name === "late.test" && asked++ % 4 < 2) return null;
  if (name === "alias.test") return [{ name, type: TYPE.CNAME, data: "four.test" }, ...records("four.test", type)];
  if (name === "chain.test") {
    const [first, second] = ["alias.test", "both.test"];
    return [
      { name, type: TYPE.CNAME, data: first },
      { name: first, type: TYPE.CNAME, data: second },
      ...records(second, type),
    ];
  }
  if (name === "empty.test" || name in FOUR || name in SIX) return records(name, type);
  return { code: 3 };
}

function records(name: string, type: number): DnsRecord[] {
  const data = (type === TYPE.A ? FOUR : type === TYPE.AAAA ? SIX : {})[name as never] as string | undefined;
  return data === undefined ? [] : [{ name, type, data }];
}

const rule = (path: string, family: string): string =>
  `  http-request do-resolve(txn.found,default${family}) hdr(host),host_only if { path /${path} }\n`;

/** A section with a silent server before the good one, and one that refuses. */
const OWN = `global
  nbthread 1
resolvers own
  nameserver silent 127.0.0.2:53
  nameserver good 127.0.0.1:53
  accepted_payload_size 4096
  resolve_retries 2
  timeout retry 200ms
  hold valid 600ms
resolvers quick
  nameserver good 127.0.0.1:53
  timeout retry 100ms
resolvers refused
  nameserver only 127.0.0.3:53
  resolve_retries 1
  timeout retry 200ms
resolvers system
  parse-resolv-conf
`;

const CONFIG = `${OWN}defaults
  mode http
  timeout client 9s
  timeout server 9s
  timeout connect 2s
listen h
  bind 127.0.0.1:${PORT}
  tcp-request inspect-delay 5s
  tcp-request content do-resolve(txn.found,default,ipv6) hdr(host),host_only if { path /content }
  http-request set-var(txn.found) str(before) if { path_end /before }
${rule("any", "")}${rule("four", ",ipv4")}${rule("six", ",ipv6")}  http-request do-resolve(txn.found,default) req.hdr(nothing) if { path /nothing }
  http-request do-resolve(txn.found,quick) hdr(host),host_only if { path /x/before }
  http-request do-resolve(txn.found,quick,ipv4) hdr(host),host_only if { path /quick }
  http-request do-resolve(txn.found,own,ipv4) hdr(host),host_only if { path /own }
  http-request do-resolve(txn.found,refused,ipv4) hdr(host),host_only if { path /refused }
  http-request do-resolve(txn.found,system,ipv4) hdr(host),host_only if { path /system }
  http-request return status 200 content-type text/plain lf-string "%[var(txn.found)]"
`;

const NAMES = ["four.test", "six.test", "both.test", "alias.test", "chain.test"];
const REQUESTS: readonly (readonly [path: string, host: string])[] = [
  ...["any", "four", "six"].flatMap((path) => NAMES.map((host) => [path, host] as const)),
  // HAProxy asks again and again, some seconds long.
  ["any", "nowhere.test"],
  ["quick", "empty.test"],
  ["quick", "refused.test"],
  ["quick", "broken.test"],
  ["content", "both.test"],
  ["own", "four.test"],
  ["own", "six.test"],
  ["own", "alias.test"],
  ["own", "silent.test"],
  ["refused", "four.test"],
  ["system", "four.test"],
  // No name: only name servers are asked, not the C library.
  ["own", "192.0.2.99"],
  ["own", "127.1"],
  ["own", "localhost"],
  ["own", "[::1]"],
  ["four", "UPPER.test"],
  ["four", "four.test:80"],
  ["nothing", "four.test"],
  ["x/before", "nowhere.test"],
  ["x/before", "four.test"],
  ["quick", "late.test"],
  ["quick", "silent.test"],
];

interface Seen {
  readonly found: Record<string, string>;
  /** How many questions each of some equal requests made, the last one after the time for which answers are kept. */
  readonly questions: readonly number[];
}

async function observe(start: typeof startTlb): Promise<Seen> {
  await using scope = new Scope();
  const { questions } = await startDns(scope, "127.0.0.1", 53, answer);
  await startDns(scope, "127.0.0.2", 53, () => null);
  await startDns(scope, "127.0.0.3", 53, () => ({ code: 5 }));
  const proxy = await start(scope, CONFIG);
  const out: Record<string, string> = {};
  const ask = async (path: string, host: string): Promise<string> => {
    asked = 0;
    const peer = await connect(scope, PORT);
    peer.send(`GET /${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
    const response = await peer.response({ ms: 15_000 });
    return response.slice(response.indexOf("\r\n\r\n") + 4);
  };
  for (const [path, host] of REQUESTS) out[`${path} ${host}`] = await ask(path, host);
  // What was found is kept for as long as the section says.
  await Bun.sleep(700);
  const counts: number[] = [];
  for (const pause of [0, 0, 300, 700]) {
    await Bun.sleep(pause);
    const before = questions.length;
    await ask("own", "four.test");
    counts.push(questions.length - before);
  }
  await proxy.program.stop();
  return { found: out, questions: counts };
}

await must("ip link set lo up");
{
  await using scope = new Scope();
  const file = join(scope.tempDir(), "resolv.conf");
  writeFileSync(file, "nameserver 127.0.0.1\noptions timeout:1 attempts:2\n");
  await must(`mount --bind ${file} /etc/resolv.conf`);
  report({ haproxy: await observe(startHaproxy), tlb: await observe(startTlb) });
  await must("umount /etc/resolv.conf");
}
process.exit(0);
