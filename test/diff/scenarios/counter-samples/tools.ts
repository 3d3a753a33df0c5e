/** Tables, a frontend with rules, and requests one after the other. */
import { ok, respond } from "../../../harness/server.ts";
import { get, silence } from "../../build.ts";
import type { Scenario } from "../../scenario.ts";
import { EVERYTHING, STORED } from "../counters/tables.ts";

const LEGACY = `${EVERYTHING},gpt0,gpc0,gpc0_rate(1h),gpc1,gpc1_rate(1h),server_id`;
const ARRAYS = "gpt(3),gpc(3),gpc_rate(3,1h),conn_cnt,http_req_cnt,http_req_rate(1h)";

/** Data by name, behind `sc_`, `sc0_`, `src_` and, most of them, `table_`. */
export const DATA = [...STORED, "gpc0_rate", "gpc1_rate"] as const;
export const GENERAL = ["gpc0", "gpc1", "gpt0"] as const;

/** Headers of the answer, numbered, one for each expression: the name and what it yields. */
export function shows(expressions: readonly string[], rule = "http-after-response"): string {
  return expressions.map((text, i) => `${rule} set-header x-${i} "<%[${text}]>"`).join("\n    ");
}

interface Parts {
  readonly frontend: string;
  readonly backend?: string;
  /** Sections with stick tables and the like. */
  readonly more?: string;
  readonly defaults?: string;
  readonly mode?: "tcp";
}

function config({ frontend, backend = "", more = "", defaults = "", mode }: Parts): string {
  return `
defaults
    mode ${mode ?? "http"}
    timeout connect 1s
    timeout client 3s
    timeout server 3s
    ${defaults}
frontend fe
    bind 127.0.0.1:{fe}
    ${frontend}
    default_backend be
backend be
    ${backend}
    server s1 127.0.0.1:{s1}
${more}`;
}

/** Requests on one connection, each answered before the next. */
export function ask(...requests: string[]): Scenario["client"] {
  return async (talk) => {
    const client = await talk.connect();
    for (const text of requests) {
      client.send(text);
      await Promise.race([client.response().catch(() => {}), client.closed().catch(() => {})]);
      // What ends with a response is counted behind its last byte.
      await talk.sleep(20);
      if (client.closeKind !== "open") break;
    }
    client.close();
    await silence(client, 30);
  };
}

const server = respond((text) => {
  const code = Number(/^\S+ \/(\d{3})/.exec(text)?.[1] ?? 200);
  return code === 200 ? ok("0123456789") : `HTTP/1.1 ${code} X\r\nContent-Length: 0\r\n\r\n`;
});

export function one(
  name: string,
  parts: Parts,
  client: Scenario["client"] = ask(get("/a"), get("/404"), get("/500")),
): Scenario {
  return {
    name: `stick counters: ${name}`,
    config: config(parts),
    servers: { s1: server },
    client,
    compare: { clientClose: "closed" },
  };
}

export const table = (line: string, name = "tab"): string => `backend ${name}\n    stick-table ${line}\n`;
export const legacy = table(`type ip size 100 expire 1m store ${LEGACY}`);
export const arrays = table(`type ip size 100 expire 1m store ${ARRAYS}`);

export const counters = [0, 1, 2] as const;
