/** A service of every kind of call, and a proxy before it. */
import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { createServer, type ServerHttp2Stream } from "node:http2";
import { join } from "node:path";
import { issue, type Issued } from "../../../src/net/tls/certificates.helper.ts";
import { Code, type Handler, type Kind, metadata, type Outcome } from "../../harness/grpc.ts";
import { freePort } from "../../harness/ports.ts";
import { haproxyPath, type Proxy, type ProxyName, startHaproxy } from "../../harness/proxy.ts";
import { Scope } from "../../harness/scope.ts";
import { startSyslog, type Syslog } from "../../harness/syslog.ts";
import { busy, becomes, startServing } from "../tools.ts";

export const text = (outcome: Outcome): string[] => outcome.messages.map((message) => message.toString());
export const bytes = (...messages: string[]): Buffer[] => messages.map((message) => Buffer.from(message));

/** Heads and trailers without what a transport adds of its own. */
export const fields = (map: Record<string, string | Buffer>): Record<string, string | Buffer> =>
  Object.fromEntries(Object.entries(map).filter(([name]) => name.startsWith("x-")));

export interface Seen {
  cancelled: number;
  readonly deadlines: (number | Date)[];
  readonly calls: string[];
}

/** Methods that show one thing each. */
export function methods(seen: Seen, name = "s1"): Record<string, readonly [Kind, Handler]> {
  const noted =
    (handler: Handler): Handler =>
    (call, reply) => {
      seen.calls.push(call.getPath());
      handler(call, reply);
    };
  return {
    "/demo.Echo/Unary": [
      "unary",
      noted((call, reply) => {
        const head = metadata({ "x-head": "first", "x-bytes-bin": Buffer.from([0, 1, 255]) });
        for (const key of ["x-asked", "x-asked-bin"]) for (const value of call.metadata.get(key)) head.add(key, value);
        call.sendMetadata(head);
        reply(null, call.request, metadata({ "x-tail": name, "x-tail-bin": Buffer.from([9, 0, 9]) }));
      }),
    ],
    "/demo.Echo/Collect": [
      "collect",
      noted((call, reply) => {
        let count = 0;
        const hash = createHash("sha256");
        call.on("data", (message) => {
          count++;
          hash.update(message);
        });
        call.on("end", () => reply(null, Buffer.from(`${count} ${hash.digest("hex")}`)));
      }),
    ],
    "/demo.Echo/Spread": [
      "spread",
      noted((call) => {
        const [count = 0, size = 0] = call.request.toString().split(" ").map(Number);
        void (async () => {
          for (let i = 0; i < count && !call.cancelled; i++) {
            if (!call.write(Buffer.alloc(size, i))) await new Promise<void>((on) => call.once("drain", on));
          }
          call.end(metadata({ "x-tail": "spread" }));
        })();
      }),
    ],
    "/demo.Echo/Chat": [
      "chat",
      noted((call) => {
        call.on("data", (message) => void call.write(message));
        call.on("end", () => call.end(metadata({ "x-tail": "chat" })));
        call.on("cancelled", () => void seen.cancelled++);
      }),
    ],
    "/demo.Echo/Refuse": [
      "unary",
      noted((_, reply) =>
        reply({ code: Code.INVALID_ARGUMENT, details: "ünknown 100% näme", metadata: metadata({ "x-why": "empty" }) }),
      ),
    ],
    "/demo.Echo/Hang": [
      "unary",
      noted((call) => {
        seen.deadlines.push(call.getDeadline());
        call.on("cancelled", () => void seen.cancelled++);
      }),
    ],
    "/demo.Admin/Who": ["unary", noted((_, reply) => reply(null, Buffer.from(name)))],
  };
}

export const never = (): Seen => ({ cancelled: 0, deadlines: [], calls: [] });

export let ca: Issued;
export let leaf: Issued;

/** For `beforeAll`. */
export async function issueCertificates(): Promise<void> {
  ca = await issue({ subject: "CN=Test CA", ca: true });
  leaf = await issue({ subject: "CN=grpc.test", names: ["grpc.test"], by: ca });
}

export interface Shape {
  readonly front?: "plain" | "tls";
  readonly back?: "plain" | "tls";
  readonly lines?: string;
  /** Sections instead of the one backend with its server. */
  readonly backends?: string;
  readonly defaults?: string;
  readonly serverArgs?: string;
}

export interface Served {
  readonly proxy: Proxy;
  readonly port: number;
  readonly log: Syslog;
}

export const proxies: readonly ProxyName[] = haproxyPath === null ? ["tlb"] : ["haproxy", "tlb"];

export async function serve(scope: Scope, name: ProxyName, server: number, shape: Shape = {}): Promise<Served> {
  const port = freePort();
  const log = await startSyslog(scope);
  const file = join(scope.tempDir(), "leaf.pem");
  writeFileSync(file, leaf.pem);
  const bind = shape.front === "tls" ? `ssl crt ${file} alpn h2` : "proto h2";
  const args = shape.back === "tls" ? "ssl verify none alpn h2" : "proto h2";
  const config = `
global
    nbthread 1
defaults
    mode http
    log ${log.address} local0
    log-format "%ft %b/%s %ST %tsc %{+Q}r"
    timeout connect 2s
    timeout client 10s
    timeout server 10s
    ${shape.defaults ?? ""}
frontend web
    bind 127.0.0.1:${port} ${bind}
    ${shape.lines ?? ""}
    default_backend app
${shape.backends ?? `backend app\n    server s1 127.0.0.1:${server} ${args} ${shape.serverArgs ?? ""}`}
`;
  const proxy = name === "tlb" ? await startServing(scope, config) : await startHaproxy(scope, config);
  return { proxy, port, log };
}

export const lines = (log: Syslog): string[] => log.lines.map((line) => line.slice(line.indexOf("]: ") + 3));

export async function atRest({ proxy }: Served): Promise<void> {
  if (proxy.name === "tlb") await becomes(() => busy(proxy), []);
}

/** A server whose streams a test controls one by one. */
export async function startStreams(
  scope: Scope,
  answer: (stream: ServerHttp2Stream, nth: number) => void,
): Promise<{ readonly port: number }> {
  let nth = 0;
  const server = createServer();
  server.on("stream", (stream: ServerHttp2Stream) => {
    stream.on("error", () => {});
    answer(stream, nth++);
  });
  server.on("session", (session) => session.on("error", () => {}));
  const port = freePort();
  await new Promise<void>((done) => server.listen(port, "127.0.0.1", done));
  scope.defer(() => void server.close());
  return { port };
}

/** One message and status 0. */
export function answerUnary(stream: ServerHttp2Stream, message: string): void {
  stream.respond({ ":status": 200, "content-type": "application/grpc" }, { waitForTrailers: true });
  stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0" }));
  const head = Buffer.alloc(5);
  head.writeUInt32BE(message.length, 1);
  stream.end(Buffer.concat([head, Buffer.from(message)]));
}
