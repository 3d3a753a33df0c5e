/** Every end of an HTTP exchange: by phase, and by who acts. See ends.ts. */
import { ok } from "../../harness/server.ts";
import { get, http, request, switching, upgradeFields } from "../build.ts";
import type { Scenario } from "../scenario.ts";
import { clientFirst, type Phase, serverFirst, tableOf } from "./ends.ts";

const FORMAT =
  'log-format "Th=%Th TR=%TR Tw=%Tw Tc=%Tc Tr=%Tr Td=%Td Ta=%Ta Tt=%Tt %f %b/%s %ST %B %U %tsc fc=%fc bc=%bc sc=%sc rc=%rc sq=%sq bq=%bq %r"';
const LENGTH = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n";
const CHUNKS = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";

const upload = (...fields: string[]): string => request("POST", "/x", ["Content-Length: 10", ...fields], "abc");
const plain = { send: [get("/x")], rest: ok("hi") };
const partial = { send: [upload()], more: "defghij", rest: ok("hi") };

const phases: readonly Phase[] = [
  { name: "before any byte", send: [] },
  { name: "in the request line", send: ["GET /x HT"], more: "TP/1.1\r\nHost: a\r\n\r\n", rest: ok("hi") },
  { name: "in the head", send: ["GET /x HTTP/1.1\r\nHo"], more: "st: a\r\n\r\n", rest: ok("hi") },
  { name: "in a body with a length", ...partial },
  {
    name: "in a chunk",
    send: [request("POST", "/x", ["Transfer-Encoding: chunked"], "5\r\nab")],
    more: "cde\r\n0\r\n\r\n",
    rest: ok("hi"),
  },
  {
    name: "after 100 Continue",
    send: [request("POST", "/x", ["Content-Length: 10", "Expect: 100-continue"], "")],
    answer: "HTTP/1.1 100 Continue\r\n\r\n",
    more: "abcdefghij",
    rest: ok("hi"),
  },
  { name: "in the queue", server: "taken", ...plain },
  { name: "in the queue with a part of a body", server: "taken", ...partial },
  { name: "while connecting", server: "stuck", ...plain },
  { name: "while connecting with a part of a body", server: "stuck", ...partial },
  { name: "in the turn-around", server: "refuses", lines: { backend: "retries 1" }, ...plain },
  { name: "waiting for the response", ...plain, also: ["server sends junk"] },
  {
    name: "in the head of the response",
    ...plain,
    answer: "HTTP/1.1 200 OK\r\nX-",
    rest: "A: b\r\nContent-Length: 0\r\n\r\n",
  },
  { name: "after an interim response", ...plain, answer: "HTTP/1.1 103 Early\r\nLink: a\r\n\r\n" },
  { name: "in a response with a length", ...plain, answer: `${LENGTH}abc`, rest: "defghij" },
  { name: "in a response in chunks", ...plain, answer: `${CHUNKS}5\r\nab`, rest: "cde\r\n0\r\n\r\n" },
  { name: "in a response without an end", ...plain, answer: "HTTP/1.1 200 OK\r\n\r\nabc", rest: "def" },
  { name: "between requests", ...plain, answer: ok("hi"), more: get("/y") },
  {
    name: "in a tunnel",
    send: [get("/x", ...upgradeFields), "abc"],
    answer: `${switching()}def`,
    more: "hello",
    rest: "world",
  },
  { name: "waiting for a tunnel", send: [get("/x", ...upgradeFields)], rest: switching() },
  { name: "in the tarpit", ...plain, lines: { frontend: "timeout tarpit 200ms\nhttp-request tarpit" } },
  {
    name: "in an inspection",
    ...plain,
    lines: { frontend: "tcp-request inspect-delay 200ms\ntcp-request content accept if { req.len gt 9999 }" },
  },
  { name: "waiting for a body", ...partial, lines: { frontend: "http-request wait-for-body time 250ms" } },
  {
    name: "waiting for a body in the backend",
    ...partial,
    lines: { backend: "http-request wait-for-body time 250ms" },
  },
  { name: "buffering a request", ...partial, lines: { frontend: "option http-buffer-request" } },
  // HAProxy 2.6.12 never ends an exchange whose server sends more behind its answer while the client still sends.
  { name: "in the body after an early answer", ...partial, rest: undefined, answer: ok("hi") },
  { name: "in the body and an early answer", ...partial, answer: `${LENGTH}abc`, rest: "defghij" },
];

const sequences = [
  "",
  "client half-closes",
  "client resets",
  "server half-closes",
  "server resets",
  "server goes on",
  "server goes on, server half-closes",
  "client goes on, server goes on",
  "client goes on, client resets",
  "client half-closes, server goes on",
  "client resets, server goes on",
  "client resets, server resets",
  "server half-closes, client half-closes",
];

const table = tableOf(phases, http, FORMAT, get("/first"));

const options: readonly string[] = [
  "option abortonclose",
  "option httpclose",
  "option nolinger",
  "option logasap",
  "option dontlognull",
  "option http-ignore-probes",
  "option http-buffer-request",
  "timeout http-request 150ms",
  "timeout http-keep-alive 150ms",
  "timeout client-fin 100ms\ntimeout server-fin 100ms",
];
const some = /^(before any byte|in the queue|waiting for the response|in a response with a length|between requests)$/;

export const endsHttp: readonly Scenario[] = [
  // HAProxy 2.6.12 has no timeout for clients that stop in a body, see divergences.ts.
  ...table("ends", serverFirst, /./, sequences),
  ...table(
    "ends, the client's time is shorter",
    clientFirst,
    /^(?!.*(in a body|in a chunk|after 100|a part|early answer))/,
    [""],
  ),
  ...options.flatMap((option) =>
    table(
      `ends, ${option.replace("\n", ", ")}`,
      clientFirst,
      some,
      ["", "client half-closes", "client resets"],
      option,
    ),
  ),
];
