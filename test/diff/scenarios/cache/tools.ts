/** A case: a cache, an answer, requests one after the other. */
import { respond } from "../../../harness/server.ts";
import { get, http, type Lines, silence } from "../../build.ts";
import type { Scenario } from "../../scenario.ts";

interface Case {
  readonly name: string;
  /** Lines of the cache section beside its size. */
  readonly cache?: string;
  readonly lines?: Lines;
  /** The answer of the server, or what makes it. */
  readonly answer: string | ((request: string) => string);
  /** Each on a connection of its own. */
  readonly requests: readonly string[];
  /** All on one connection. */
  readonly kept?: true;
  readonly compare?: Scenario["compare"];
}

let count = 0;

/** The name of a cache no other scenario has. */
export function nextId(): string {
  return `c${++count}`;
}

export function scenario({ name, cache = "", lines = {}, answer, requests, kept, compare }: Case): Scenario {
  const id = nextId();
  const store: Lines = {
    ...lines,
    backend: lines.backend ?? `http-request cache-use ${id}\nhttp-response cache-store ${id}`,
  };
  const section = `cache ${id}\n    total-max-size 4\n    max-age 30\n${cache}\n`;
  return {
    name: `cache: ${name}`,
    config: section + http(store).replaceAll("{cache}", id),
    servers: { s1: respond(answer) },
    ...(compare === undefined ? {} : { compare }),
    async client(talk) {
      if (kept === true) {
        const client = await talk.connect();
        for (const text of requests) {
          client.send(text);
          await client.response();
        }
        await silence(client, 40);
        return;
      }
      for (const [index, text] of requests.entries()) {
        const client = await talk.connect();
        client.send(text);
        await talk.logged(index + 1).catch(() => {});
        await silence(client, 20);
        client.close();
      }
    },
  };
}

export const BODY = "hello";

export function answer(...fields: string[]): string {
  return ["HTTP/1.1 200 OK", ...fields, `Content-Length: ${BODY.length}`, "", BODY].join("\r\n");
}

export const MAX_AGE = "Cache-Control: max-age=20";
export const twice = [get("/x"), get("/x")];

export const date = (offset: number): string => new Date(Date.now() + offset * 1000).toUTCString();

export const OBJECT = answer(MAX_AGE, 'ETag: "a"', "Last-Modified: Tue, 15 Nov 1994 12:45:26 GMT");

export const VARY = "    process-vary on";
export const encoded = (text: string): string => {
  const wanted = /x-answer: ([^\r]*)/i.exec(text)?.[1] ?? "";
  return answer(MAX_AGE, "Vary: Accept-Encoding", ...(wanted === "" ? [] : [`Content-Encoding: ${wanted}`]));
};
export const asks = (accept: string | null, content = ""): string =>
  get(
    "/x",
    ...(accept === null ? [] : [`Accept-Encoding: ${accept}`]),
    ...(content === "" ? [] : [`X-Answer: ${content}`]),
  );
