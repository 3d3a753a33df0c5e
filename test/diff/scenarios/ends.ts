/**
 * How a session ends, by phase and by who acts: what ends-http.ts and ends-tcp.ts have in common. A phase is a configuration and what both
 * sides said until it is reached; the acts that follow are 60 ms apart. Compared are the log line with all its timers, what either side got and
 * whether it was a FIN or a reset, and every counter.
 */
import type { Peer } from "../../harness/peer.ts";
import type { Lines } from "../build.ts";
import type { Scenario } from "../scenario.ts";

export interface Phase {
  readonly name: string;
  readonly lines?: Lines;
  /** What the client sends, 30 ms apart. */
  readonly send: readonly string[];
  /** What it still could send. */
  readonly more?: string;
  /** What the server says once it has seen `seen` (a head, when not told otherwise); none = it says nothing. */
  readonly answer?: string;
  readonly seen?: string;
  /** What it still could say. */
  readonly rest?: string;
  /** The server: it serves, its queue of connections is full, it refuses, or its only place is taken by another client. */
  readonly server?: "stuck" | "refuses" | "taken";
  /** Sequences of acts, beside the usual. */
  readonly also?: readonly string[];
  /** Sequences it is not tried with, for what they do in it is a matter of chance. */
  readonly except?: readonly string[];
}

interface Sides {
  readonly client: Peer;
  readonly server: Peer | undefined;
  readonly phase: Phase;
}

const acts: Readonly<Record<string, (sides: Sides) => void>> = {
  "client half-closes": ({ client }) => client.shutdown(),
  "client resets": ({ client }) => client.reset(),
  "client goes on": ({ client, phase }) => client.send(phase.more!),
  "server half-closes": ({ server }) => server?.shutdown(),
  "server resets": ({ server }) => server?.reset(),
  "server goes on": ({ server, phase }) => server?.send(phase.rest!),
  "server sends junk": ({ server }) => server?.send("\0\x01junk\r\n\r\n"),
};

/** Whose timeout is the shorter one. */
export const clientFirst = "timeout client 600ms\ntimeout server 1s\ntimeout connect 800ms\ntimeout queue 800ms";
export const serverFirst = "timeout client 1s\ntimeout server 600ms\ntimeout connect 800ms\ntimeout queue 800ms";

/** Scenarios of the phases whose name fits, under limits of their own. */
export type Table = (
  prefix: string,
  limits: string,
  names: RegExp,
  chosen: readonly string[],
  more?: string,
) => readonly Scenario[];

/** `build` makes a configuration of the mode, `format` is its line for the log, `first` what a client before the others sends. */
export function tableOf(
  phases: readonly Phase[],
  build: (lines: Lines) => string,
  format: string,
  first: string,
): Table {
  return (prefix, limits, names, chosen, more = "") =>
    endings(
      prefix,
      phases.filter(({ name }) => names.test(name)),
      chosen,
      (lines) =>
        build({
          ...lines,
          defaults: `${limits}\n${more}\n${lines.defaults}`,
          frontend: `${format}\n${lines.frontend ?? ""}`,
        }),
      first,
    );
}

/** Acts in a row, separated by ", "; "" = both are silent until a timeout. */
function endings(
  prefix: string,
  phases: readonly Phase[],
  sequences: readonly string[],
  build: (lines: Lines) => string,
  first: string,
): readonly Scenario[] {
  return phases.flatMap((phase) =>
    [...sequences, ...(phase.also ?? [])]
      .filter((sequence) => possible(phase, sequence))
      .map((sequence): Scenario => ({
        name: `${prefix}: ${phase.name}, ${sequence || "silence"}`,
        config: build({
          ...phase.lines,
          ...(phase.server === "taken" ? { servers: { s1: "maxconn 1" } } : {}),
          defaults: `retries 0\n${phase.lines?.defaults ?? ""}`,
        }),
        ...servers(phase),
        async client(talk) {
          const other = phase.server === "taken" ? await talk.connect() : null;
          other?.send(first);
          if (other !== null) await talk.sleep(40);
          const from = Date.now();
          const client = await talk.connect();
          await client.drip(phase.send, 30);
          // The kernel may hold the first part of a body back.
          await talk.sleep(110);
          const served = phase.server === "stuck" || phase.server === "refuses" ? [] : talk.server("s1").peers;
          for (const act of sequence === "" ? [] : sequence.split(", ")) {
            acts[act]!({ client, server: other === null ? served.at(-1) : served[1], phase });
            await talk.sleep(60);
          }
          await client.closed(2400).catch(() => {});
          // Where the client has gone by itself: long enough for every timeout.
          // Where the place is taken, the server's timeout of who has it ends behind that of the queue.
          const rest = client.gone || other !== null ? 1400 - (Date.now() - from) : 0;
          await talk.sleep(Math.max(60, rest));
          other?.close();
          await talk.sleep(40);
          await talk.counters();
        },
        compare: {
          serverClose: true,
          timers: 80,
          ...(sequence.includes("client resets") ? { received: false as const } : {}),
        },
      })),
  );
}

function possible({ server, more, rest, except }: Phase, sequence: string): boolean {
  if (except?.includes(sequence)) return false;
  if (sequence.includes("server") && server !== undefined && (server !== "taken" || sequence.includes("goes on")))
    return false;
  return (
    !(sequence.includes("client goes on") && more === undefined) &&
    !(sequence.includes("server goes on") && rest === undefined)
  );
}

function servers({ server, answer, seen = "\r\n\r\n" }: Phase): Partial<Scenario> {
  if (server === "stuck") return { stuck: ["s1"] };
  if (server === "refuses") return {};
  return {
    servers: {
      s1: async (peer) => {
        if (answer === undefined) return;
        if (seen !== "") await peer.until(seen);
        peer.send(answer);
      },
    },
  };
}
