/** How a backend chooses: its balance algorithm runs as always, and what it asks of the request is written down. */
import { algorithmOf } from "../../balance/index.ts";
import { ALL_FULL, type AllFull, type Balancer, type BalanceRequest } from "../../balance/types.ts";
import type { BalanceModel } from "../../config/model.ts";
import { addressText } from "../../expr/cast.ts";
import type { Backend } from "../../proxy/backend.ts";
import type { Server } from "../../proxy/server.ts";
import { ClientCookie } from "../../server/cookies.ts";
import type { Stream } from "../../stream/stream.ts";
import { HttpStream } from "../../stream/http/stream.ts";
import type { Candidate, ServerChoice } from "./result.ts";
import { quoted } from "./values.ts";

/** What was seen of the choice of a server. */
export class ChoiceRecord {
  backend: Backend | null = null;
  keys: string[] = [];
  picked: Server | null = null;
  direct: Server | null = null;
  cookie: string | null = null;
}

/** Puts recorders in front of the algorithms of all backends. */
export function recordChoices(backends: Iterable<Backend>, record: ChoiceRecord): void {
  for (const backend of backends) {
    backend.balancer = new RecordingBalancer(backend, backend.balancer as Balancer, record);
  }
}

class RecordingBalancer implements Balancer {
  constructor(
    private readonly backend: Backend,
    private readonly inner: Balancer,
    private readonly record: ChoiceRecord,
  ) {}

  pick(request: BalanceRequest, avoid: Server | null): Server | AllFull | null {
    this.record.backend = this.backend;
    const seen = new RecordingRequest(request);
    const server = this.inner.pick(seen, avoid);
    this.record.keys = seen.keys;
    this.record.picked = server === ALL_FULL ? null : server;
    return server;
  }

  rebuild(): void {
    this.inner.rebuild();
  }

  served(server: Server): void {
    this.inner.served(server);
  }
}

/** Hands questions on and writes down what was answered. */
class RecordingRequest implements BalanceRequest {
  readonly keys: string[] = [];

  constructor(private readonly inner: BalanceRequest) {}

  get clientAddress(): string {
    return this.inner.clientAddress;
  }
  clientAddressBytes(): Uint8Array | null {
    const bytes = this.inner.clientAddressBytes();
    this.note("source", bytes === null ? null : addressText(bytes), false);
    return bytes;
  }
  uri(): string | null {
    return this.note("uri", this.inner.uri());
  }
  header(name: string): string | null {
    return this.note(`header ${name}`, this.inner.header(name));
  }
  urlParam(name: string): string | null {
    return this.note(`parameter ${name}`, this.inner.urlParam(name));
  }
  bodyParam(name: string): string | null {
    return this.note(`parameter ${name} of the body`, this.inner.bodyParam(name));
  }
  rdpCookie(name: string): string | null {
    return this.note(`RDP cookie ${name}`, this.inner.rdpCookie(name));
  }
  expression(): string | null {
    return this.note("expression", this.inner.expression());
  }

  private note(what: string, value: string | null, quotes = true): string | null {
    this.keys.push(`${what} ${value === null ? "is absent" : quotes ? quoted(value) : value}`);
    return value;
  }
}

const cookies: Readonly<Record<number, string>> = {
  [ClientCookie.none]: "the request has none",
  [ClientCookie.invalid]: "it names no server",
  [ClientCookie.down]: "its server is down",
  [ClientCookie.valid]: "it names a server",
  [ClientCookie.expired]: "it has expired",
  [ClientCookie.old]: "it is too old",
  [ClientCookie.unused]: "it is not used",
};

/** What persistence decided for a stream that is on its way to a server. */
export function noteStream(stream: Stream, record: ChoiceRecord): void {
  record.backend = stream.backend;
  record.direct = stream.direct;
  const cookie = stream.backend?.model.cookie ?? null;
  if (cookie === null || !(stream instanceof HttpStream)) return;
  record.cookie = `cookie ${cookie.name}: ${cookies[stream.persistence.client] ?? "unknown"}`;
}

export function choiceOf(record: ChoiceRecord, server: Server | null): ServerChoice | null {
  const { backend, keys, direct, cookie } = record;
  if (backend === null) return null;
  const { model, servers } = backend;
  const candidates = servers.map((one) => candidateOf(one));
  const main = servers.filter((one) => one.usable && !one.backup);
  const usable = main.length > 0 ? main : servers.filter((one) => one.usable);
  // Without a key these fall back to round robin.
  const keyed = algorithmOf(model.balance).keyed && !keys.some((key) => key.endsWith(" is absent"));
  const first = model.balance.algorithm.kind === "first";
  return {
    algorithm: algorithmText(model.balance),
    keys,
    persistence: cookie,
    candidates,
    server: server === null || server.index < 0 ? null : server.name,
    fixed: direct !== null || usable.length === 1 || keyed || first,
  };
}

function algorithmText(balance: BalanceModel): string {
  const { algorithm, hash } = balance;
  const { name, keyed, text } = algorithmOf(balance);
  return `${text?.(algorithm) ?? name}${keyed ? `, hash-type ${hash.method} ${hash.function}` : ""}`;
}

function candidateOf(server: Server): Candidate {
  const { address, model } = server;
  const text = address === null ? model.addressText : address.kind === "ip" ? place(address) : model.addressText;
  const note = server.usable
    ? ""
    : model.disabled
      ? "disabled"
      : !server.up
        ? "has no address"
        : server.weight === 0
          ? "weight 0"
          : "not in use";
  return {
    name: server.name,
    address: text,
    weight: server.weight,
    backup: server.backup,
    usable: server.usable,
    note,
  };
}

function place({ family, ip, port }: { family: 4 | 6; ip: string; port: number }): string {
  return family === 6 ? `[${ip}]:${port}` : `${ip}:${port}`;
}
