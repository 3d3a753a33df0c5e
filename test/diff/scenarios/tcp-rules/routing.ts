/** use_backend and use-server. */
import { silence, tcp } from "../../build.ts";
import type { Scenario } from "../../scenario.ts";
import { echo, names, sends, rule, TWO, fromTwo, CLOSE } from "./tools.ts";

export const routing: readonly Scenario[] = [
  {
    name: "tcp rules: use_backend by source",
    config: `${tcp({ frontend: "use_backend two if { src 127.0.0.9 }" })}
backend two
    server s2 127.0.0.1:{s2}
`.replace("use_backend two", "use_backend two"),
    servers: names,
    client: (talk) => fromTwo(talk, "127.0.0.9", "127.0.0.8"),
  },
  {
    name: "tcp rules: use_backend by bytes",
    config: `${tcp({
      frontend: `tcp-request inspect-delay 1s
      tcp-request content accept if { req.len ge 3 }
      acl second req.payload(0,3) -m str two
      use_backend two if second`,
    })}
backend two
    server s2 127.0.0.1:{s2}
`,
    servers: names,
    async client(talk) {
      for (const word of ["two", "one"]) {
        const client = await talk.connect();
        await client.drip([word.slice(0, 2), `${word.slice(2)}\n`], 30);
        await silence(client, 150);
        client.close();
        await talk.sleep(20);
      }
    },
  },
  {
    name: "tcp rules: a backend without servers",
    config: `${tcp({ frontend: "use_backend two if { src 127.0.0.1 }" })}
backend two
`,
    servers: { s1: echo("one") },
    client: sends("a\n"),
    compare: CLOSE,
  },
  rule(
    "use-server by source",
    { servers: TWO, backend: "use-server s2 if { src 127.0.0.9 }\nuse-server s1 if { src 127.0.0.8 }" },
    (talk) => fromTwo(talk, "127.0.0.9", "127.0.0.8", "127.0.0.9"),
    { servers: names },
  ),
  rule(
    "use-server of a server that is down goes on",
    { servers: { s1: "disabled", s2: "" }, backend: "use-server s1 if TRUE\nuse-server s2 if TRUE" },
    (talk) => fromTwo(talk, "127.0.0.9", "127.0.0.8"),
    { servers: names },
  ),
  rule(
    "use-server by a variable name",
    { servers: TWO, backend: "use-server %[src,map_ip({file:map},s1)] if TRUE" },
    (talk) => fromTwo(talk, "127.0.0.9", "127.0.0.8"),
    { servers: names, files: { map: "127.0.0.9 s2\n" } },
  ),
  rule(
    "use-server of an unknown variable name",
    { servers: TWO, backend: "use-server %[str(nobody)] if TRUE\nuse-server s2 if TRUE" },
    sends("a\n"),
    { servers: names, compare: { logServer: false } },
  ),
  rule(
    "use-server of a server that refuses, redispatched",
    { servers: { s1: "", s2: "" }, backend: "option redispatch 1\nretries 1\nuse-server s1 if TRUE" },
    sends("a\n"),
    { servers: { s2: echo("two") } },
  ),
  rule("use_backend to no backend", { frontend: "use_backend %[str(nobody)]" }, sends("a\n")),
];
