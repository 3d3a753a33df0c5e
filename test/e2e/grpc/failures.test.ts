/** gRPC. Routing, what the proxy answers itself, servers that fail, checks, a soft stop. */
import { beforeAll, describe, expect, test } from "bun:test";
import { constants, type ServerHttp2Stream } from "node:http2";
import { Code, grpcClient, healthResponse, type GrpcServer, metadata, startGrpcServer } from "../../harness/grpc.ts";
import { freePort } from "../../harness/ports.ts";
import { Scope } from "../../harness/scope.ts";
import { becomes, eventually, field, stat } from "../tools.ts";
import {
  text,
  bytes,
  methods,
  never,
  proxies,
  serve,
  lines,
  atRest,
  startStreams,
  answerUnary,
  issueCertificates,
} from "./tools.ts";

beforeAll(issueCertificates);

describe.each(proxies.map((name) => [name] as const))("%s", (name) => {
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
    expect(await stat(served.proxy, "app/s1", "wretr")).toBe(4);
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
    await becomes(state, "DOWN");
    serving = true;
    await becomes(state, "UP");
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
