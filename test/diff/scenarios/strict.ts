/** Rewrites for which HAProxy's buffer has no room, with and without strict-mode. */
import { get, http, sends } from "../build.ts";
import { ok, respond } from "../../harness/server.ts";
import type { Scenario } from "../scenario.ts";

const BIG = `X-B: ${"b".repeat(9000)}`;
const heads = respond((text) => ok(String(text.length)));

const cases: readonly (readonly [name: string, frontend: string, backend?: string])[] = [
  ["set-header", "http-request set-header X-C %[req.hdr(x-b)]"],
  ["add-header twice", "http-request add-header X-C %[req.hdr(x-b)]\nhttp-request add-header X-D %[req.hdr(x-b)]"],
  ["off", "http-request strict-mode off\nhttp-request set-header X-C %[req.hdr(x-b)]"],
  [
    "off and on",
    "http-request strict-mode off\nhttp-request strict-mode on\nhttp-request set-header X-C %[req.hdr(x-b)]",
  ],
  ["off in the frontend only", "http-request strict-mode off", "http-request set-header X-C %[req.hdr(x-b)]"],
  ["set-path", "http-request set-path /%[req.hdr(x-b)]"],
  ["replace-header", "http-request replace-header X-B (.*) \\1\\1"],
  ["replace-path", "http-request replace-path (.*) /%[req.hdr(x-b)]"],
  [
    "response",
    "http-request set-var(txn.b) req.hdr(x-b)",
    "http-response add-header X-D %[var(txn.b)]\nhttp-response add-header X-E %[var(txn.b)]",
  ],
  [
    "response, off",
    "http-request set-var(txn.b) req.hdr(x-b)",
    "http-response strict-mode off\nhttp-response add-header X-D %[var(txn.b)]\nhttp-response add-header X-E %[var(txn.b)]",
  ],
  [
    "the same again and again",
    "http-request set-header X-B %[req.hdr(x-b)]\nhttp-request set-header X-B %[req.hdr(x-b)]\nhttp-request replace-header X-B b c",
  ],
  ["set-query", "http-request set-query a=%[req.hdr(x-b)]"],
];

export const strict: readonly Scenario[] = cases.map(([name, frontend, backend = ""]): Scenario => ({
  name: `strict: ${name}`,
  config: http({ frontend, backend }),
  servers: { s1: heads },
  client: sends(get("/", BIG), get("/2")),
}));
