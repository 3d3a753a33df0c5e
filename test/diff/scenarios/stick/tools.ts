/** Servers that tell their names, requests one after the other, and what the table then holds. */
import { ok, respond } from "../../../harness/server.ts";
import { get, http } from "../../build.ts";
import type { Scenario, Talk } from "../../scenario.ts";

export const SERVERS = { s1: "", s2: "", s3: "" };

/** Answers with its name, and with the fields a target asks for: /set-X-v sends "X: v", /sid-v a cookie. */
const named = (name: string) =>
  respond((text) => {
    const target = text.split(" ")[1]!;
    const fields = [...target.matchAll(/set-(\w+)-([\w=;]+)/g)].map(([, field, value]) => `${field}: ${value}`);
    const sid = /sid-(\w+)/.exec(target);
    if (sid !== null) fields.push("Set-Cookie: lang=en", `Set-Cookie: SID=${sid[1]}; path=/`);
    const response = ok(text.startsWith("HEAD") ? "" : name, ...fields);
    return target.includes("fail") ? response.replace("200 OK", "500 Internal Server Error") : response;
  });

export const servers = { s1: named("one"), s2: named("two"), s3: named("three") };

/** What a table holds, without what no two processes have in common. */
export async function entries(talk: Talk, table = "be"): Promise<string> {
  return masked(await talk.command(`show table {@${table}}`));
}

function masked(text: string): string {
  return text.replaceAll(/^0x[0-9a-f]+:/gm, "0x:").replaceAll(/exp=[1-9]\d*/g, "exp=N");
}

export const ask = (target: string, ...fields: string[]): string => get(target, "Connection: close", ...fields);

interface Steps {
  readonly backend: string;
  readonly frontend?: string;
  /** Sections behind the backend. */
  readonly more?: string;
  readonly servers?: Readonly<Record<string, string>>;
  readonly tables?: readonly string[];
  readonly requests: readonly string[];
  /** Servers go away, or are asked again: which of their idle connections are closed when, and when that is logged, is not compared. */
  readonly loose?: true;
}

/** Requests one after the other, then the table. */
export function sequence(name: string, steps: Steps): Scenario {
  const { backend, frontend, more = "", requests } = steps;
  return {
    name: `stick: ${name}`,
    config: `${http({ backend, servers: steps.servers ?? SERVERS, ...(frontend === undefined ? {} : { frontend }) })}${more}`,
    servers,
    ...(steps.loose === true ? { compare: { servers: false, logOrder: "any" } as const } : {}),
    async client(talk) {
      for (const request of requests) {
        if (request.startsWith("!")) talk.note(request, masked(await talk.command(request.slice(1))));
        else await talk.once(request);
        // What happens in one millisecond has no order.
        if (name.includes("full")) await talk.sleep(5);
      }
      await talk.logged(requests.filter((request) => !request.startsWith("!")).length);
      for (const table of steps.tables ?? ["be"]) talk.note(`table ${table}`, await entries(talk, table));
    },
  };
}

export const user = (name: string, ...fields: string[]): string => ask("/", `X-User: ${name}`, ...fields);
export const STRING = "stick-table type string len 20 size 100 expire 1m";
