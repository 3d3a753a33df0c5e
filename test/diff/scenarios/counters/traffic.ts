/** A kind of traffic, and what most of them are made of. */
import { type ServerScript, ok, respond } from "../../../harness/server.ts";
import { silence } from "../../build.ts";
import type { CompareOptions, Scenario } from "../../scenario.ts";
import { probe } from "./tables.ts";

export const status = (code: number): string => `HTTP/1.1 ${code} X\r\nContent-Length: 0\r\n\r\n`;

export const server: ServerScript = respond((text) => {
  const [, target = "/"] = text.split(" ");
  const code = Number(/^\/(\d{3})/.exec(target)?.[1] ?? 200);
  if (code !== 200) return status(code);
  return ok("x".repeat(Number(/big=(\d+)/.exec(target)?.[1] ?? 10)));
});

export interface Traffic {
  readonly name: string;
  readonly rules?: string;
  readonly backendRules?: string;
  readonly defaults?: string;
  readonly server?: ServerScript | null;
  readonly compare?: CompareOptions;
  /** Only where requests begin. */
  readonly client: Scenario["client"];
}

/** Requests on one connection, each answered before the next; the table is looked at behind each and at the end. */
export function keepAlive(...requests: string[]): Scenario["client"] {
  return async (talk) => {
    const client = await talk.connect();
    for (const [index, text] of requests.entries()) {
      client.send(text);
      await Promise.race([client.response().catch(() => {}), client.closed().catch(() => {})]);
      await silence(client, 60);
      await probe(talk, `after request ${index}`);
      if (client.closeKind !== "open") break;
    }
    client.close();
    await talk.sleep(60);
    await probe(talk, "in the end");
  };
}

export const one = (text: string): Scenario["client"] => keepAlive(text);
