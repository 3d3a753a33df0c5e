import { expect, test } from "bun:test";
import { parseText } from "../config/testing.helper.ts";
import { websocketPlan } from "./websocket.ts";

function plan(words: string): string {
  const { model, diagnostics } = parseText(
    `backend b\n mode http\n timeout server 1s\n timeout connect 1s\n server s 127.0.0.1:1 ${words}\n`,
  );
  expect(diagnostics.failed).toBe(false);
  const found = websocketPlan(model.proxies[0]!.servers[0]!);
  if (found === null) return "-";
  return `${found.proto ?? "alpn"} ${found.alpn?.join(",") ?? "-"}${found.shared ? " shared" : ""}`;
}

const TLS = "ssl verify none";

for (const [words, expected] of [
  ["", "-"],
  ["ws auto", "-"],
  ["ws h1", "-"],
  ["ws h2", "h2 -"],
  ["proto h2", "-"],
  ["proto h2 ws h2", "-"],
  ["proto h2 ws h1", "h1 -"],
  ["proto h1 ws h2", "h2 -"],
  [TLS, "-"],
  [`${TLS} ws h2`, "h2 -"],
  [`${TLS} alpn h2`, "-"],
  [`${TLS} alpn http/1.1`, "-"],
  [`${TLS} alpn h2,http/1.1`, "alpn http/1.1 shared"],
  [`${TLS} alpn h2,http/1.1 proto h2`, "-"],
  [`${TLS} alpn h2,http/1.1 ws h1`, "h1 http/1.1"],
  [`${TLS} alpn h2,http/1.1 ws h2`, "h2 h2"],
  [`${TLS} alpn h2,http/1.1 proto h2 ws h1`, "h1 http/1.1"],
] as const) {
  test(`a WebSocket to a server with '${words}'`, () => expect(plan(words)).toBe(expected));
}

test("ws takes three words", () => {
  const { diagnostics } = parseText("backend b\n mode http\n server s 127.0.0.1:1 ws h3\n");
  expect(diagnostics.list.map(({ code }) => code)).toContain("config/bad-value");
});
