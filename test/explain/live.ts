/** The same request to a running tlb and to `tlb explain`: which server gets what, and what the client gets. */
import { expect } from "bun:test";
import { loadConfiguration } from "../../src/cli/load.ts";
import { type ExplainInput, type InputOptions, readInput } from "../../src/cli/explain/input.ts";
import type { Explanation } from "../../src/cli/explain/result.ts";
import { explain } from "../../src/cli/explain/run.ts";
import { readEntry } from "../../src/cli/explain/tables.ts";
import { startServing } from "../e2e/tools.ts";
import { connect } from "../harness/client.ts";
import { freePort } from "../harness/ports.ts";
import { Scope } from "../harness/scope.ts";
import { ok, respond, type ScriptedServer, startServer } from "../harness/server.ts";

export interface Decision {
  /** Name of the server that got the request; null = none. */
  readonly server: string | null;
  readonly forwarded: string | null;
  readonly answer: string;
}

/** One configuration in both. `{name}` in the text is a port: `fe` where it listens, every other one a server of that name. */
export class Live implements AsyncDisposable {
  private readonly scope = new Scope("file");
  private readonly servers = new Map<string, ScriptedServer>();
  private port = 0;
  private file = "";

  static async start(config: string): Promise<Live> {
    const live = new Live();
    live.port = freePort();
    const text = config.replace(/\{(\w+)\}/g, (_, name: string) => {
      if (name === "fe") return String(live.port);
      let server = live.servers.get(name);
      if (server === undefined) live.servers.set(name, (server = startServer(live.scope, respond(RESPONSE))));
      return String(server.port);
    });
    live.file = (await startServing(live.scope, `    nbthread 1\n${text}`)).file;
    return live;
  }

  /** `entries`: what stick tables hold, as for `--table`. */
  async explained(given: Partial<InputOptions>, entries: readonly string[] = []): Promise<Explanation> {
    const { model, findings, lines } = loadConfiguration([this.file]);
    expect(findings.filter(({ severity }) => severity === "error")).toEqual([]);
    const tables = model.proxies.flatMap(({ stickTable }) => stickTable?.name ?? []);
    const read = entries.map((text) => readEntry(text, tables));
    return explain(model, this.input(given), null, lines, read);
  }

  /** Sends the bytes of the request to the running one. `http`: waits for the answer, else until a server has got something. */
  async decided(bytes: string, http: boolean): Promise<Decision> {
    const before = this.received();
    const client = await connect(this.scope, this.port);
    client.send(bytes);
    const answer = http ? await client.response() : "";
    const deadline = Date.now() + 2000;
    do {
      for (const [name, text] of this.received()) {
        const more = text.slice(before.get(name)!.length);
        if (more.length < bytes.length && !http) continue;
        client.close();
        if (more !== "") return { server: name, forwarded: more, answer };
      }
      await Bun.sleep(10);
    } while (!http && client.closeKind === "open" && Date.now() < deadline);
    client.close();
    return { server: null, forwarded: null, answer };
  }

  /** Requests that are of no interest for themselves, on connections of their own; their statuses. */
  async spend(bytes: string, count: number): Promise<number[]> {
    const one = async (): Promise<number> => {
      const client = await connect(this.scope, this.port);
      client.send(bytes);
      const answer = await client.response({ ms: 8000 });
      client.close();
      return Number(answer.slice(9, 12));
    };
    return Promise.all(Array.from({ length: count }, one));
  }

  private received(): Map<string, string> {
    return new Map([...this.servers].map(([name, { peers }]) => [name, peers.map((peer) => peer.received).join("")]));
  }

  private input(given: Partial<InputOptions>): ExplainInput {
    const none = { method: undefined, headers: [], data: undefined, sni: undefined, variables: [], status: undefined };
    const at = { source: "127.0.0.1", destination: `127.0.0.1:${this.port}`, responseHeaders: [] };
    return { ...readInput({ words: [], ...none, ...at, ...given }), response: RESPONSE };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.scope.close();
  }
}

const RESPONSE = ok("done", "X-Server: yes");

/** Expects both to decide alike; returns the explanation. `entries`: what the tables of the running one hold by now. */
export async function alike(
  live: Live,
  given: Partial<InputOptions>,
  entries: readonly string[] = [],
): Promise<Explanation> {
  const found = await live.explained(given, entries);
  const decision: Decision = {
    server: found.choice?.server ?? null,
    forwarded: found.forwarded,
    answer: found.answer ?? "",
  };
  const http = found.frontend.mode === "http";
  expect({ given, ...decision }).toEqual({ given, ...(await live.decided(found.request.text, http)) });
  return found;
}
