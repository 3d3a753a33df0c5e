/** Run by netns.test.ts in a namespace of its own: listeners and servers in network namespaces by name, with HAProxy and with tlb. */
import { join } from "node:path";
import { connect } from "../../harness/client.ts";
import { run, startProgram } from "../../harness/program.ts";
import { type Proxy, startHaproxy, startTlb } from "../../harness/proxy.ts";
import { Scope } from "../../harness/scope.ts";
import { ok, respond, startServer } from "../../harness/server.ts";
import { field, startServing } from "../tools.ts";
import { must, report } from "./enter.ts";

/** The same port on both sides: what answers tells where the connection went. */
const [ORIGIN, HERE, THERE] = [8005, 8001, 8002];

if (process.argv[2] === "origin") {
  const scope = new Scope();
  startServer(scope, respond(ok("blue")), ORIGIN);
  await Bun.sleep(30_000);
  process.exit(0);
}

if (process.argv[2] === "ask") {
  await using scope = new Scope();
  console.log(await ask(scope, THERE));
  process.exit(0);
}

async function ask(scope: Scope, port: number): Promise<string> {
  const client = await connect(scope, port);
  client.send("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  const answer = await client.response();
  client.reset();
  return answer.slice(answer.indexOf("\r\n\r\n") + 4);
}

function config(identity: string): string {
  return `global
  nbthread 1
  ${identity}
defaults
  mode http
  timeout client 5s
  timeout server 5s
  timeout connect 2s
  http-reuse never
listen here
  bind 127.0.0.1:${HERE}
  balance roundrobin
  server own 127.0.0.1:${ORIGIN} check inter 100
  server other 127.0.0.1:${ORIGIN} namespace blue check inter 100
listen there
  bind 127.0.0.1:${THERE} namespace blue
  server own 127.0.0.1:${ORIGIN}
`;
}

async function observe(scope: Scope, proxy: Proxy): Promise<unknown> {
  const here = [await ask(scope, HERE), await ask(scope, HERE)].sort();
  const inside = await run(["ip", "netns", "exec", "blue", process.execPath, import.meta.path, "ask"]);
  const checks = await Promise.all(["own", "other"].map((name) => field(proxy, `here/${name}`, "status")));
  await proxy.program.stop();
  return { here, there: inside.stdout.trim(), checks };
}

// Nothing of it is left in the folders of others.
await must("mount -t tmpfs none /run");
await must("ip link set lo up");
await must("ip netns add blue");
await must("ip -n blue link set lo up");
await using scope = new Scope();
startServer(scope, respond(ok("outside")), ORIGIN);
const origin = startProgram(scope, [
  "ip",
  "netns",
  "exec",
  "blue",
  process.execPath,
  join(import.meta.dir, "named.ts"),
  "origin",
]);
await Bun.sleep(600);
const found: Record<string, unknown> = {};
found["haproxy"] = await observe(scope, await startHaproxy(scope, config("")));
found["tlb"] = await observe(scope, await startServing(scope, config("")));
// The folder of the namespaces is out of reach for workers then; it was opened before.
const root = scope.tempDir();
found["tlb, chroot"] = await observe(scope, await startServing(scope, config(`chroot ${root}`)));
const missing = await startTlb(scope, config("").replaceAll("blue", "green")).then(
  () => "",
  (error: Error) => error.message,
);
found["missing"] = /there is no network namespace 'green'/.test(missing);
await origin.stop();
report(found);
