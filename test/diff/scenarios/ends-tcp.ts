/** Every end of a session in mode tcp: by phase, and by who acts. See ends.ts. */
import { tcp } from "../build.ts";
import type { Scenario } from "../scenario.ts";
import { clientFirst, type Phase, serverFirst, tableOf } from "./ends.ts";

const FORMAT =
  'log-format "Th=%Th Tw=%Tw Tc=%Tc Td=%Td Tt=%Tt %f %b/%s %B %U %ts fc=%fc bc=%bc sc=%sc rc=%rc sq=%sq bq=%bq"';
const delay = (side: string): string =>
  `tcp-${side === "res" ? "response" : "request"} inspect-delay 200ms\ntcp-${side === "res" ? "response" : "request"} content accept if { ${side}.len gt 99 }`;
const both = { more: "more", rest: "rest" };

const phases: readonly Phase[] = [
  { name: "nobody has talked", send: [], ...both },
  { name: "the client has talked", send: ["abc"], ...both },
  { name: "both have talked", send: ["abc"], seen: "abc", answer: "def", ...both },
  { name: "the server has talked", send: [], seen: "", answer: "def", ...both },
  { name: "in the queue", server: "taken", send: [] },
  { name: "in the queue, the client has talked", server: "taken", send: ["abc"] },
  { name: "while connecting, the client has talked", server: "stuck", send: ["abc"] },
  { name: "in an inspection, the client has talked", send: ["abc"], lines: { frontend: delay("req") }, ...both },
  { name: "in an inspection of the backend", send: ["abc"], lines: { backend: delay("req") }, ...both },
  {
    name: "in an inspection of the response",
    send: ["abc"],
    seen: "abc",
    answer: "def",
    lines: { backend: delay("res") },
    ...both,
  },
];

const sequences = [
  "",
  "client half-closes",
  "client resets",
  "server resets",
  "server goes on",
  "client goes on",
  "client goes on, client half-closes",
  "client half-closes, server goes on",
  "server half-closes, client half-closes",
];

const usual = ["client half-closes", "client resets", "server resets"];

const table = tableOf(phases, tcp, FORMAT, "first");

const options: readonly string[] = [
  "option nolinger",
  "option abortonclose",
  "option logasap",
  "option dontlognull",
  "timeout client-fin 100ms\ntimeout server-fin 100ms",
  "timeout tunnel 200ms",
];

export const endsTcp: readonly Scenario[] = [
  ...table("ends, tcp", clientFirst, /./, sequences),
  ...table("ends, tcp, the server's time is shorter", serverFirst, /^(?!in|while)/, [
    "client half-closes",
    "client resets",
  ]),
  ...options.flatMap((option) =>
    table(
      `ends, tcp, ${option.replace("\n", ", ")}`,
      clientFirst,
      /^(nobody|the client|both)/,
      // Both sides' time is over at once then, and either may be the first.
      option.includes("tunnel") ? usual : ["", ...usual],
      option,
    ),
  ),
];
