/** Servers that answer line by line, and clients that send in pieces. */
import type { ServerScript } from "../../../harness/server.ts";
import { type Lines, silence, tcp } from "../../build.ts";
import type { Scenario, Talk } from "../../scenario.ts";

/** Answers every line with the server's name and the line. */
export function echo(name: string): ServerScript {
  return async (peer) => {
    while (true) peer.send(`${name}:${await peer.until("\n", 60_000)}`);
  };
}

export const names = { s1: echo("one"), s2: echo("two") };

/** Pieces 30 ms apart, then silence. */
export function sends(...pieces: string[]): Scenario["client"] {
  return async (talk) => {
    const client = await talk.knock();
    await client.drip(pieces, 30);
    await silence(client, 200);
  };
}

/** Pieces, then FIN. */
export function ends(...pieces: string[]): Scenario["client"] {
  return async (talk) => {
    const client = await talk.connect();
    await client.drip(pieces, 30);
    await talk.sleep(30);
    client.shutdown();
    await client.closed(3500).catch(() => {});
  };
}

export function rule(name: string, lines: Lines, client: Scenario["client"], more: Partial<Scenario> = {}): Scenario {
  return { name: `tcp rules: ${name}`, config: tcp(lines), servers: { s1: echo("one") }, client, ...more };
}

export const TWO = { s1: "", s2: "" };

/** What a rule sees is told by the answer: the second server answers when the condition holds. */
export function sees(condition: string, pieces: readonly string[], more = ""): Scenario {
  const test = /^[A-Z_]+$/.test(condition) ? condition : `{ ${condition} }`;
  return rule(
    `${condition} | ${JSON.stringify(pieces).slice(0, 60)}${more === "" ? "" : ` | ${more}`}`,
    {
      frontend: `tcp-request inspect-delay 300ms\n${more}\ntcp-request content accept if ${test}`,
      servers: TWO,
      backend: `use-server s2 if ${test}\nuse-server s1 if TRUE`,
    },
    sends(...pieces),
    { servers: names },
  );
}

export async function fromTwo(talk: Talk, ...froms: string[]): Promise<void> {
  for (const from of froms) {
    const client = await talk.knock("fe", { from });
    client.send("hi\n");
    await silence(client, 150);
    client.close();
    await talk.sleep(20);
  }
}

export const CLOSE: Scenario["compare"] = { clientClose: "closed" };
