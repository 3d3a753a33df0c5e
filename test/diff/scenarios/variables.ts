/** Scopes, life times and limits of variables. */
import { get, http, sends } from "../build.ts";
import type { Scenario } from "../scenario.ts";
import { mirror } from "../build.ts";

function one(name: string, frontend: string, more: Partial<Scenario> = {}, ...requests: string[]): Scenario {
  const list = requests.length > 0 ? requests : [get("/a"), get("/bb")];
  return {
    name: `variables: ${name}`,
    config: http({ frontend }),
    servers: { s1: mirror },
    client: sends(...list),
    ...more,
  };
}

const GLOBAL = `
    set-var proc.number int(7),add(1)
    set-var proc.text str("a b")
    set-var proc.more var(proc.number),mul(2)
    set-var proc.addr str(10.1.2.3),ipmask(24)
    set-var proc.flag bool(1)
    set-var-fmt proc.fmt "n=%[var(proc.number)] t=%[var(proc.text)] %%"
    set-var-fmt proc.missing "<%[var(proc.none)]>"
    set-var proc.big int(9223372036854775807)`;

/** Sets as many variables as fit and shows which. */
const FILL = ["a", "b", "c", "d"]
  .map(
    (name) =>
      `http-request set-var(SCOPE.${name}) str(0123456789)\nhttp-request set-header X-${name} <%[var(SCOPE.${name})]>`,
  )
  .join("\n");

const limit = (name: string, scope: string, bytes: number, what = name): Scenario =>
  one(
    `limit of ${what}, ${bytes} bytes`,
    FILL.replaceAll("SCOPE", scope),
    { global: `    tune.vars.${name}-max-size ${bytes}` },
    get("/"),
    get("/"),
    get("/"),
  );

export const variables: readonly Scenario[] = [
  one(
    "set-var in the global section",
    ["number", "text", "more", "addr", "flag", "fmt", "missing", "none", "big"]
      .map((name) => `http-request set-header X-${name} <%[var(proc.${name})]>`)
      .join("\n"),
    { global: GLOBAL },
  ),
  one(
    "proc outlives requests and connections",
    "http-request set-header X-V <%[var(proc.seen)]>\nhttp-request set-var(proc.seen) path",
    {
      alone: true,
      client: async (talk) => {
        await talk.once(get("/1"));
        await talk.once(get("/2"));
        await talk.once(get("/3"));
      },
    },
  ),
  one(
    "unset-var of proc",
    "http-request set-var(proc.x) path\nhttp-request unset-var(proc.x) if { path /bb }\nhttp-request set-header X-V <%[var(proc.x)]>",
    { alone: true },
  ),
  one(
    "req ends with the response",
    "http-request set-var(req.x) path\nhttp-request set-var(txn.x) path\nhttp-response set-header X-R <%[var(req.x)]>\nhttp-response set-header X-T <%[var(txn.x)]>",
  ),
  one(
    "res does not exist in requests",
    "http-request set-var(res.x) path\nhttp-request set-header X-V <%[var(res.x)]>\nhttp-response set-header X-W <%[var(res.x)]>\nhttp-response set-var(res.x) status\nhttp-response set-header X-R <%[var(res.x)]>",
  ),
  one(
    "req and res of one name are two",
    "http-request set-var(req.x) str(q)\nhttp-response set-var(req.x) str(late)\nhttp-response set-header X-Q <%[var(req.x)]>\nhttp-response set-var(res.x) str(s)\nhttp-response set-header X-S <%[var(res.x)]>",
  ),
  one(
    "res in answers of our own",
    "http-request set-var(req.x) path\nhttp-after-response set-header X-Q <%[var(req.x)]>\nhttp-after-response set-var(res.y) str(1)\nhttp-after-response set-header X-S <%[var(res.y)]>\nhttp-request deny",
  ),
  one("sess of two connections", "http-request set-header X-V <%[var(sess.x)]>\nhttp-request set-var(sess.x) path", {
    client: async (talk) => {
      for (const path of ["/1", "/2"]) {
        const peer = await talk.connect();
        peer.send(get(path));
        await peer.response();
        peer.send(get(`${path}x`));
        await peer.response();
        peer.close();
      }
    },
  }),
  limit("txn", "txn", 100),
  limit("txn", "txn", 180),
  limit("txn", "txn", 200),
  limit("txn", "txn", 360),
  limit("reqres", "req", 180),
  limit("reqres", "req", 270),
  limit("sess", "sess", 180),
  limit("sess", "txn", 180, "sess for txn"),
  limit("txn", "req", 180, "txn for req"),
  limit("sess", "req", 270, "sess for req"),
];
