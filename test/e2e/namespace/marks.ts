/** Run by marks.test.ts in a namespace of its own: what `set-tos` and `set-mark` do to packets, with HAProxy and with tlb. */
import { connect } from "../../harness/client.ts";
import type { Peer } from "../../harness/peer.ts";
import { startHaproxy, startTlb } from "../../harness/proxy.ts";
import { Scope } from "../../harness/scope.ts";
import { startServer } from "../../harness/server.ts";
import { Capture } from "./capture.ts";
import { must, report } from "./enter.ts";

const [HTTP, SIX, TCP, EARLY, ORIGIN] = [8001, 8002, 8003, 8004, 8005];
/** What carries it goes nowhere. */
const LOST = "0x7";

const CONFIG = `defaults
  mode http
  timeout client 5s
  timeout server 5s
  timeout connect 2s
frontend h
  bind 127.0.0.1:${HTTP}
  bind [::1]:${SIX}
  http-request set-tos 0x10 if { path /tos }
  http-request set-tos 040 if { path /octal }
  http-request set-tos 255 if { path /all }
  http-request set-tos 0 if { path /zero }
  http-request set-mark 9 if { path /mark }
  http-request set-mark ${LOST} if { path /lost }
  default_backend b
backend b
  http-response set-tos 0x20 if { var(txn.late) -m found }
  http-request set-var(txn.late) str(x) if { path /late }
  http-response set-mark ${LOST} if { var(txn.gone) -m found }
  http-request set-var(txn.gone) str(x) if { path /gone }
  server s 127.0.0.1:${ORIGIN}
listen t
  mode tcp
  bind 127.0.0.1:${TCP}
  tcp-request inspect-delay 2s
  tcp-request content set-tos 0x18 if { req.payload(0,1) -m str t }
  tcp-request content set-mark ${LOST} if { req.payload(0,1) -m str m }
  tcp-response content set-tos 0x28 if { res.payload(0,1) -m str H }
  tcp-request content accept if { req.len gt 0 }
  server s 127.0.0.1:${ORIGIN}
listen e
  mode tcp
  bind 127.0.0.1:${EARLY}
  tcp-request connection set-tos 0x08 if { src 127.0.0.2 }
  tcp-request connection set-mark ${LOST} if { src 127.0.0.3 }
  tcp-request session set-tos 0x0c if { src 127.0.0.4 }
  server s 127.0.0.1:${ORIGIN}
`;

const capture = new Capture();

/** Sends and tells the services of the packets that come back, or that none does. */
async function exchange(peer: Peer, port: number, text: string): Promise<string> {
  capture.take();
  const before = peer.received.length;
  peer.send(text);
  const deadline = Date.now() + 400;
  while (peer.received.length === before && Date.now() < deadline) await Bun.sleep(5);
  const seen = capture.take().filter(({ sourcePort }) => sourcePort === port);
  const services = [...new Set(seen.map(({ family, tos }) => `IPv${family} ${tos}`))].join(", ");
  return peer.received.length > before ? services : `lost${services === "" ? "" : `, but ${services}`}`;
}

async function observe(start: typeof startTlb): Promise<Record<string, string>> {
  await using scope = new Scope();
  startServer(
    scope,
    async (peer) => {
      for (;;) {
        if ((await peer.request()) === null) return;
        peer.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
      }
    },
    ORIGIN,
  );
  const proxy = await start(scope, CONFIG);
  const out: Record<string, string> = {};
  const get = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: h\r\n\r\n`;
  for (const port of [HTTP, SIX]) {
    const host = port === SIX ? "::1" : "127.0.0.1";
    for (const paths of [
      "/none /tos /none",
      "/octal",
      "/all",
      "/tos /zero",
      "/late",
      "/mark",
      "/mark /lost",
      "/gone",
    ]) {
      const peer = await connect(scope, { host, port });
      const seen: string[] = [];
      for (const path of paths.split(" ")) seen.push(await exchange(peer, port, get(path)));
      out[`${host} ${paths}`] = seen.join("; ");
    }
  }
  for (const first of ["GET", "t", "m"]) {
    out[`tcp ${first}`] = await exchange(await connect(scope, TCP), TCP, `${first} / HTTP/1.1\r\n\r\n`);
  }
  for (const from of ["127.0.0.1", "127.0.0.2", "127.0.0.3", "127.0.0.4"]) {
    try {
      const peer = await connect(scope, { host: "127.0.0.1", port: EARLY }, { from });
      out[`connection from ${from}`] = await exchange(peer, EARLY, get("/"));
    } catch (error) {
      out[`connection from ${from}`] = String(error);
    }
  }
  await proxy.program.stop();
  return out;
}

await must("ip link set lo up");
for (const family of ["-4", "-6"]) {
  // The table of local addresses is asked first unless it moves.
  await must(`ip ${family} rule add pref 100 lookup local`);
  await must(`ip ${family} rule del pref 0`);
  await must(`ip ${family} rule add pref 10 fwmark ${LOST} blackhole`);
}
report({ haproxy: await observe(startHaproxy), tlb: await observe(startTlb) });
capture.close();
process.exit(0);
