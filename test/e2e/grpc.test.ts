/** gRPC through the proxy, with @grpc/grpc-js on both sides: the same expectations hold for HAProxy 2.6 where it is installed. */
import { beforeAll, describe, expect, test } from "bun:test";
import { createHash, randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import { constants, createServer, type ServerHttp2Stream } from "node:http2";
import { join } from "node:path";
import { issue, type Issued } from "../../src/net/tls/certificates.helper.ts";
import {
  Code,
  grpcClient,
  healthResponse,
  type GrpcServer,
  type Handler,
  type Kind,
  metadata,
  type Outcome,
  startGrpcServer,
} from "../harness/grpc.ts";
import { freePort } from "../harness/ports.ts";
import { haproxyPath, type Proxy, type ProxyName, startHaproxy } from "../harness/proxy.ts";
import { Scope } from "../harness/scope.ts";
import { startSyslog, type Syslog } from "../harness/syslog.ts";
import { busy, becomes, eventually, field, startServing, stat } from "./tools.ts";

const sha = (data: Uint8Array): string => createHash("sha256").update(data).digest("hex");
const text = (outcome: Outcome): string[] => outcome.messages.map((message) => message.toString());
const bytes = (...messages: string[]): Buffer[] => messages.map((message) => Buffer.from(message));

/** Heads and trailers without what a transport adds of its own. */
const fields = (map: Record<string, string | Buffer>): Record<string, string | Buffer> =>
  Object.fromEntries(Object.entries(map).filter(([name]) => name.startsWith("x-")));

interface Seen {
  cancelled: number;
  readonly deadlines: (number | Date)[];
  readonly calls: string[];
}

/** Methods that show one thing each. */
function methods(seen: Seen, name = "s1"): Record<string, readonly [Kind, Handler]> {
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

const never = (): Seen => ({ cancelled: 0, deadlines: [], calls: [] });

let ca: Issued;
let leaf: Issued;
beforeAll(async () => {
  ca = await issue({ subject: "CN=Test CA", ca: true });
  leaf = await issue({ subject: "CN=grpc.test", names: ["grpc.test"], by: ca });
});

interface Shape {
  readonly front?: "plain" | "tls";
  readonly back?: "plain" | "tls";
  readonly lines?: string;
  /** Sections instead of the one backend with its server. */
  readonly backends?: string;
  readonly defaults?: string;
  readonly serverArgs?: string;
}

interface Served {
  readonly proxy: Proxy;
  readonly port: number;
  readonly log: Syslog;
}

const proxies: readonly ProxyName[] = haproxyPath === null ? ["tlb"] : ["haproxy", "tlb"];

async function serve(scope: Scope, name: ProxyName, server: number, shape: Shape = {}): Promise<Served> {
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

const lines = (log: Syslog): string[] => log.lines.map((line) => line.slice(line.indexOf("]: ") + 3));

async function atRest({ proxy }: Served): Promise<void> {
  if (proxy.name === "tlb") await becomes(() => busy(proxy), [], 3000);
}

/** A server whose streams a test controls one by one. */
async function startStreams(
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

describe.each(proxies.map((name) => [name] as const))("%s", (name) => {
  for (const front of ["plain", "tls"] as const) {
    for (const back of ["plain", "tls"] as const) {
      test(`the four kinds of calls, ${front} to ${back}`, async () => {
        await using scope = new Scope();
        const seen = never();
        const server = await startGrpcServer(scope, methods(seen), back === "tls" ? { tls: leaf } : {});
        const served = await serve(scope, name, server.port, { front, back });
        const client = grpcClient(scope, served.port, front === "tls" ? { ca: ca.cert, name: "grpc.test" } : undefined);
        const unary = await client.call("unary", "/demo.Echo/Unary", bytes("hello"));
        expect(unary).toMatchObject({ code: Code.OK, details: "OK" });
        expect(text(unary)).toEqual(["hello"]);
        expect(fields(unary.initial)).toEqual({ "x-head": "first", "x-bytes-bin": Buffer.from([0, 1, 255]) });
        expect(fields(unary.trailers)).toEqual({ "x-tail": "s1", "x-tail-bin": Buffer.from([9, 0, 9]) });

        const parts = Array.from({ length: 50 }, () => randomBytes(3000));
        const collected = await client.call("collect", "/demo.Echo/Collect", parts);
        expect(text(collected)).toEqual([`50 ${sha(Buffer.concat(parts))}`]);

        const spread = await client.call("spread", "/demo.Echo/Spread", bytes("40 5000"));
        expect(spread.messages.map((message) => `${message.length} ${message[0]}`)).toEqual(
          Array.from({ length: 40 }, (_, i) => `5000 ${i}`),
        );
        expect(fields(spread.trailers)).toEqual({ "x-tail": "spread" });

        const chat = await client.call("chat", "/demo.Echo/Chat", bytes("one", "two", "three"));
        expect(chat.code).toBe(Code.OK);
        expect(text(chat)).toEqual(["one", "two", "three"]);
        // HAProxy 2.6.12 stalls now and then when both sides send at once.
        if (name === "tlb") {
          const burst = await client.call("chat", "/demo.Echo/Chat", [...parts, ...parts, ...parts]);
          expect(burst.code).toBe(Code.OK);
          expect(sha(Buffer.concat(burst.messages))).toBe(sha(Buffer.concat([...parts, ...parts, ...parts])));
        }
        client.close();
        const shown = front === "tls" ? "web~" : "web";
        const url = (method: string): string =>
          `"POST ${front === "tls" ? "https" : "http"}://${front === "tls" ? "grpc.test" : `127.0.0.1:${served.port}`}/demo.Echo/${method} HTTP/2.0"`;
        await becomes(
          () => lines(served.log),
          ["Unary", "Collect", "Spread", "Chat", ...(name === "tlb" ? ["Chat"] : [])].map(
            (method) => `${shown} app/s1 200 ---- ${url(method)}`,
          ),
        );
        await atRest(served);
      });
    }
  }

  test("a dialogue: each message is answered before the next is sent", async () => {
    await using scope = new Scope();
    const server = await startGrpcServer(scope, methods(never()));
    const served = await serve(scope, name, server.port);
    const client = grpcClient(scope, served.port);
    let turns = 0;
    const { call, done } = client.begin("chat", "/demo.Echo/Chat", bytes("0"), {
      open: true,
      onMessage: (message) => {
        expect(message.toString()).toBe(String(turns++));
        if (turns === 200) call.end();
        else call.write(Buffer.from(String(turns)));
      },
    });
    expect(await done).toMatchObject({ code: Code.OK });
    expect(turns).toBe(200);
  });

  test("metadata: several values, binary values, both ways", async () => {
    await using scope = new Scope();
    const server = await startGrpcServer(scope, methods(never()));
    const served = await serve(scope, name, server.port);
    const client = grpcClient(scope, served.port);
    const all = Buffer.from(Array.from({ length: 256 }, (_, i) => i));
    const asked = metadata({ "x-asked": "one", "x-asked-bin": all });
    asked.add("x-asked", "two, three");
    const outcome = await client.call("unary", "/demo.Echo/Unary", bytes(""), { metadata: asked });
    expect(outcome.initial["x-asked"]).toBe("one, two, three");
    expect(outcome.initial["x-asked-bin"]).toEqual(all);
    expect(text(outcome)).toEqual([""]);
  });

  test("errors: a response of trailers only, a method that is not there", async () => {
    await using scope = new Scope();
    const server = await startGrpcServer(scope, methods(never()));
    const served = await serve(scope, name, server.port);
    const client = grpcClient(scope, served.port);
    const refused = await client.call("unary", "/demo.Echo/Refuse", bytes("x"));
    expect(refused).toMatchObject({ code: Code.INVALID_ARGUMENT, details: "ünknown 100% näme", messages: [] });
    expect(fields(refused.trailers)).toEqual({ "x-why": "empty" });
    expect(await client.call("unary", "/demo.Echo/Nothing", bytes("x"))).toMatchObject({ code: Code.UNIMPLEMENTED });
    await becomes(
      () => lines(served.log).map((line) => line.split(" ").slice(0, 4).join(" ")),
      ["web app/s1 200 ----", "web app/s1 200 ----"],
    );
  });

  test("a deadline reaches the server, and its end cancels the call there", async () => {
    await using scope = new Scope();
    const seen = never();
    const server = await startGrpcServer(scope, methods(seen));
    const served = await serve(scope, name, server.port);
    const client = grpcClient(scope, served.port);
    const deadline = Date.now() + 500;
    const outcome = await client.call("unary", "/demo.Echo/Hang", bytes("x"), { deadline });
    expect(outcome.code).toBe(Code.DEADLINE_EXCEEDED);
    expect(Math.abs(Number(seen.deadlines[0]) - deadline)).toBeLessThan(200);
    await eventually("the server sees the end", () => seen.cancelled === 1);
    await becomes(() => lines(served.log).length, 1);
    client.close();
    // Some clients keep the connection of a call that ran out of time: what must be over is the call.
    if (name === "tlb") await becomes(() => stat(served.proxy, "app/s1", "scur"), 0, 3000);
  });

  test("a cancelled call is cancelled at the server: before the answer and in the middle of a dialogue", async () => {
    await using scope = new Scope();
    const seen = never();
    const server = await startGrpcServer(scope, methods(seen));
    const served = await serve(scope, name, server.port);
    const client = grpcClient(scope, served.port);
    const waiting = client.begin("unary", "/demo.Echo/Hang", bytes("x"));
    await eventually("the call is there", () => seen.calls.length === 1);
    waiting.call.cancel();
    expect((await waiting.done).code).toBe(Code.CANCELLED);
    await eventually("cancelled at the server", () => seen.cancelled === 1);
    const heard: string[] = [];
    const chat = client.begin("chat", "/demo.Echo/Chat", bytes("a"), {
      open: true,
      onMessage: (message) => void heard.push(message.toString()),
    });
    await eventually("an answer", () => heard.length === 1);
    chat.call.cancel();
    expect((await chat.done).code).toBe(Code.CANCELLED);
    await eventually("cancelled at the server too", () => seen.cancelled === 2);
    // The connection lives on.
    expect(await client.call("unary", "/demo.Echo/Unary", bytes("after"))).toMatchObject({ code: Code.OK });
    client.close();
    await atRest(served);
  });

  test("20 MiB in one message, both ways, and 20 MiB in a stream that is read slowly", async () => {
    await using scope = new Scope();
    const server = await startGrpcServer(scope, methods(never()));
    const served = await serve(scope, name, server.port);
    const client = grpcClient(scope, served.port);
    const large = randomBytes(20 << 20);
    const echoed = await client.call("unary", "/demo.Echo/Unary", [large]);
    expect(echoed.code).toBe(Code.OK);
    expect(sha(echoed.messages[0]!)).toBe(sha(large));
    let size = 0;
    const { call, done } = client.begin("spread", "/demo.Echo/Spread", bytes("320 65536"), {
      onMessage: (message) => {
        size += message.length;
        if (size % (4 << 20) !== 0) return;
        call.pause();
        setTimeout(() => call.resume(), 100);
      },
    });
    expect((await done).code).toBe(Code.OK);
    expect(size).toBe(20 << 20);
  }, 30_000);

  test("100 dialogues at a time on one connection", async () => {
    await using scope = new Scope();
    const seen = never();
    const server = await startGrpcServer(scope, methods(seen));
    const served = await serve(scope, name, server.port);
    const client = grpcClient(scope, served.port);
    let heard = 0;
    const calls = Array.from({ length: 100 }, (_, i) =>
      client.begin("chat", "/demo.Echo/Chat", bytes(`a${i}`), { open: true, onMessage: () => void heard++ }),
    );
    await eventually("all are open", () => heard === 100);
    for (const { call } of calls) call.write(Buffer.alloc(20_000, 7));
    await eventually("all go on", () => heard === 200);
    for (const { call } of calls) call.end();
    const outcomes = await Promise.all(calls.map(({ done }) => done));
    expect(outcomes.map((outcome) => outcome.code)).toEqual(calls.map(() => Code.OK));
    expect(outcomes.map((outcome) => outcome.messages[0]!.toString())).toEqual(calls.map((_, i) => `a${i}`));
    expect(await stat(served.proxy, "web/FRONTEND", "conn_tot")).toBe(1);
    client.close();
    await atRest(served);
  });

  test("routing by service, by method and by metadata; an unknown service gets a gRPC status from a rule", async () => {
    await using scope = new Scope();
    const [one, two] = [
      await startGrpcServer(scope, methods(never(), "one")),
      await startGrpcServer(scope, methods(never(), "two")),
    ];
    const served = await serve(scope, name, 0, {
      lines: `
    acl is_grpc req.hdr(content-type) -m beg application/grpc
    acl is_admin path_beg /demo.Admin/
    acl is_canary req.hdr(x-release) canary
    http-request return status 200 content-type application/grpc hdr grpc-status 7 hdr grpc-message "not for you" if is_grpc { path_beg /secret. }
    http-request deny deny_status 400 unless is_grpc
    use_backend two if is_admin
    use_backend two if { path /demo.Echo/Unary } is_canary`,
      backends: `backend app
    server s1 127.0.0.1:${one.port} proto h2
backend two
    server s2 127.0.0.1:${two.port} proto h2`,
    });
    const client = grpcClient(scope, served.port);
    const tail = async (release?: string): Promise<unknown> =>
      (
        await client.call("unary", "/demo.Echo/Unary", bytes("x"), {
          metadata: metadata(release === undefined ? {} : { "x-release": release }),
        })
      ).trailers["x-tail"];
    expect(text(await client.call("unary", "/demo.Admin/Who", bytes("")))).toEqual(["two"]);
    expect(await tail()).toBe("one");
    expect(await tail("canary")).toBe("two");
    expect(await client.call("unary", "/secret.Service/Read", bytes(""))).toMatchObject({
      code: Code.PERMISSION_DENIED,
      details: "not for you",
    });
  });

  test("what the proxy itself answers becomes a status of gRPC: no server, a server that is silent", async () => {
    await using scope = new Scope();
    const seen = never();
    const server = await startGrpcServer(scope, methods(seen));
    const served = await serve(scope, name, server.port, {
      defaults: "timeout server 300ms\n    retries 0",
      lines: "use_backend none if { path_beg /demo.Admin/ }",
      backends: `backend app
    server s1 127.0.0.1:${server.port} proto h2
backend none
    server s1 127.0.0.1:${freePort()} proto h2`,
    });
    const client = grpcClient(scope, served.port);
    // gRPC's doc/http-grpc-status-mapping.md: 503 and 504 are UNAVAILABLE.
    expect(await client.call("unary", "/demo.Admin/Who", bytes(""))).toMatchObject({ code: Code.UNAVAILABLE });
    expect(await client.call("unary", "/demo.Echo/Hang", bytes(""))).toMatchObject({ code: Code.UNAVAILABLE });
    await eventually("the server's call was cancelled", () => seen.cancelled === 1);
    await becomes(
      () => lines(served.log).map((line) => line.split(" ").slice(0, 4).join(" ")),
      ["web none/s1 503 SC--", "web app/s1 504 sH--"],
    );
  });

  test("the server is killed in the middle of a stream, and comes back", async () => {
    await using scope = new Scope();
    const port = freePort();
    let server: GrpcServer = await startGrpcServer(scope, methods(never()), { port });
    const served = await serve(scope, name, port);
    const client = grpcClient(scope, served.port);
    const heard: string[] = [];
    const chat = client.begin("chat", "/demo.Echo/Chat", bytes("a"), {
      open: true,
      onMessage: (message) => void heard.push(message.toString()),
    });
    await eventually("an answer", () => heard.length === 1);
    server.kill();
    const outcome = await chat.done;
    expect(outcome.code).not.toBe(Code.OK);
    expect(outcome.code).not.toBe(Code.DEADLINE_EXCEEDED);
    server = await startGrpcServer(scope, methods(never()), { port });
    expect(await client.call("unary", "/demo.Echo/Unary", bytes("again"))).toMatchObject({ code: Code.OK });
    client.close();
    await atRest(served);
  });

  // HAProxy 2.6 makes 502 of it.
  test.skipIf(name === "haproxy")("REFUSED_STREAM: a call that is complete is made again", async () => {
    await using scope = new Scope();
    const { port } = await startStreams(scope, (stream, nth) => {
      if (nth < 2) setTimeout(() => stream.close(constants.NGHTTP2_REFUSED_STREAM), 50);
      else answerUnary(stream, "third");
    });
    const served = await serve(scope, name, port, {
      defaults: "retry-on conn-failure empty-response\n    option http-buffer-request",
    });
    const client = grpcClient(scope, served.port);
    const outcome = await client.call("unary", "/demo.Echo/Unary", bytes("x"));
    expect([outcome.code, ...text(outcome)]).toEqual([Code.OK, "third"]);
    expect(await stat(served.proxy, "app/s1", "wretr")).toBe(2);
  });

  test("GOAWAY: calls under way end well, later ones take another connection", async () => {
    await using scope = new Scope();
    const sessions = new Set<unknown>();
    const waiting: ServerHttp2Stream[] = [];
    const { port } = await startStreams(scope, (stream, nth) => {
      sessions.add(stream.session);
      if (nth === 0) {
        waiting.push(stream);
        stream.session!.goaway(constants.NGHTTP2_NO_ERROR, stream.id!);
      } else answerUnary(stream, "later");
    });
    const served = await serve(scope, name, port);
    const client = grpcClient(scope, served.port);
    const first = client.call("unary", "/demo.Echo/Unary", bytes("x"));
    await eventually("it is there", () => waiting.length === 1);
    await Bun.sleep(50);
    expect(text(await client.call("unary", "/demo.Echo/Unary", bytes("x")))).toEqual(["later"]);
    answerUnary(waiting[0]!, "first");
    expect(text(await first)).toEqual(["first"]);
    expect(sessions.size).toBe(2);
  });

  // HAProxy 2.6 cannot send the bytes of a gRPC message in a check.
  test.skipIf(name === "haproxy").each(["", "demo.Echo"])("option grpc-check %s", async (service) => {
    await using scope = new Scope();
    let serving = true;
    const asked: string[] = [];
    const server = await startGrpcServer(scope, {
      ...methods(never()),
      "/grpc.health.v1.Health/Check": [
        "unary",
        (call, reply) => {
          asked.push(call.request.toString());
          reply(null, healthResponse(serving));
        },
      ],
    });
    const served = await serve(scope, name, 0, {
      backends: `backend app
    option grpc-check ${service}
    server s1 127.0.0.1:${server.port} proto h2 check inter 100ms fall 2 rise 2`,
    });
    const state = async (): Promise<string> => field(served.proxy, "app/s1", "status");
    await eventually("checks", () => asked.length > 2);
    expect(asked[0]).toBe(service === "" ? "" : `\n\t${service}`);
    expect(await state()).toBe("UP");
    serving = false;
    await becomes(state, "DOWN", 2000);
    serving = true;
    await becomes(state, "UP", 2000);
    const client = grpcClient(scope, served.port);
    expect(await client.call("unary", "/demo.Echo/Unary", bytes("x"))).toMatchObject({ code: Code.OK });
  });

  test("a soft stop: dialogues go on to their end, and the connection ends with them", async () => {
    await using scope = new Scope();
    const server = await startGrpcServer(scope, methods(never()));
    const served = await serve(scope, name, server.port);
    const client = grpcClient(scope, served.port);
    const heard: string[] = [];
    const chat = client.begin("chat", "/demo.Echo/Chat", bytes("before"), {
      open: true,
      onMessage: (message) => void heard.push(message.toString()),
    });
    await eventually("an answer", () => heard.length === 1);
    served.proxy.program.signal("SIGUSR1");
    await Bun.sleep(300);
    expect(served.proxy.program.running).toBe(true);
    chat.call.write(Buffer.from("after"));
    await becomes(() => heard, ["before", "after"]);
    chat.call.end();
    expect((await chat.done).code).toBe(Code.OK);
    client.close();
    expect(await served.proxy.program.exited).toBe(0);
  });
});

/** One message and status 0. */
function answerUnary(stream: ServerHttp2Stream, message: string): void {
  stream.respond({ ":status": 200, "content-type": "application/grpc" }, { waitForTrailers: true });
  stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0" }));
  const head = Buffer.alloc(5);
  head.writeUInt32BE(message.length, 1);
  stream.end(Buffer.concat([head, Buffer.from(message)]));
}
