/** gRPC. Calls of every kind over HTTP/2 on both sides. */
import { beforeAll, describe, expect, test } from "bun:test";
import { randomBytes } from "node:crypto";
import { Code, grpcClient, metadata, startGrpcServer } from "../../harness/grpc.ts";
import { Scope } from "../../harness/scope.ts";
import { becomes, eventually, stat, sha } from "../tools.ts";
import {
  text,
  bytes,
  fields,
  methods,
  never,
  ca,
  leaf,
  proxies,
  serve,
  lines,
  atRest,
  issueCertificates,
} from "./tools.ts";

beforeAll(issueCertificates);

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
    if (name === "tlb") await becomes(() => stat(served.proxy, "app/s1", "scur"), 0);
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
  }, 60_000);

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
});
