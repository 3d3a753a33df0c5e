/** A `resolvers` section at work (manual, section 5.3.2): questions over UDP to all its name servers, and answers kept for a while. */
import { randomInt } from "node:crypto";
import {
  type AddressType,
  decodeAnswer,
  encodeQuestion,
  hostName,
  messageId,
  type Outcome,
  TYPE_A,
  TYPE_AAAA,
} from "./message.ts";

/** What a section says. */
export interface ResolversSettings {
  readonly name: string;
  readonly nameservers: readonly { readonly ip: string; readonly port: number }[];
  /** Size of the answers that are taken, bytes. */
  readonly payloadSize: number;
  /** How often a question is asked. */
  readonly retries: number;
  /** Between two tries, ms. */
  readonly timeoutRetry: number;
  /** How long an address is kept, ms. */
  readonly holdValid: number;
}

/** What `show resolvers` tells of a name server, in its order; what is never counted here stays 0. */
export const resolverCounters = [
  "sent",
  "snd_error",
  "valid",
  "update",
  "cname",
  "cname_error",
  "any_err",
  "nx",
  "timeout",
  "refused",
  "other",
  "invalid",
  "too_big",
  "truncated",
  "outdated",
] as const;

export type ResolverCounts = Record<(typeof resolverCounters)[number], number>;

function noCounts(): ResolverCounts {
  return Object.fromEntries(resolverCounters.map((name) => [name, 0])) as ResolverCounts;
}

/** The counter of an answer. */
const COUNTED: Readonly<Record<Outcome["kind"], keyof ResolverCounts>> = {
  valid: "valid",
  nx: "nx",
  empty: "any_err",
  refused: "refused",
  truncated: "truncated",
  other: "other",
};

type Done = (address: Uint8Array | null) => void;

/** Names kept; the oldest goes when there is one more. */
const MAX_KEPT = 4096;
/** Sockets are closed when nothing was asked for so long, ms. */
const IDLE = 10_000;

/**
 * Asks for addresses. A name goes to all servers at once and the first valid answer counts. When all of them have said that the name has no
 * address of one family, the other family is asked for; when it has none either, the name has none. What fails otherwise is
 * tried again after `timeout retry`. Sockets are opened at the first question.
 */
export class Resolvers {
  private readonly kept = new Map<string, { readonly address: Uint8Array; readonly until: number }>();
  private readonly running = new Map<string, Resolution>();
  private servers: Promise<NameServer[]> | null = null;
  private idle: ReturnType<typeof setTimeout> | null = null;

  /** Of each name server, in the order of the settings, since this was made. */
  readonly counts: readonly ResolverCounts[];

  constructor(readonly settings: ResolversSettings) {
    this.counts = settings.nameservers.map(noCounts);
  }

  /**
   * `done` gets 4 or 16 bytes, of family `prefer` when there is such an address, or null. Never called before this returns. Addresses written
   * as such are no names: like HAProxy this looks nothing up but names in the DNS.
   */
  lookup(host: string, prefer: 4 | 6, done: Done): void {
    const name = hostName(host);
    if (name === null) return void queueMicrotask(() => done(null));
    const key = `${prefer} ${name}`;
    const kept = this.kept.get(key);
    if (kept !== undefined && kept.until > performance.now()) return void queueMicrotask(() => done(kept.address));
    const running = this.running.get(key);
    if (running !== undefined) return void running.waiting.push(done);
    const resolution = new Resolution(this.settings, name, prefer === 6 ? TYPE_AAAA : TYPE_A, (address) => {
      this.running.delete(key);
      if (address !== null) this.keep(key, address);
      this.rest();
    });
    resolution.waiting.push(done);
    this.running.set(key, resolution);
    this.open().then(
      (servers) => {
        for (const server of servers) server.socket?.ref();
        resolution.start(servers);
      },
      () => resolution.start([]),
    );
  }

  /** Closes the sockets; the next question opens them again. */
  close(): void {
    const { servers } = this;
    this.servers = null;
    if (this.idle !== null) clearTimeout(this.idle);
    this.idle = null;
    void servers?.then((list) => {
      for (const server of list) server.close();
    });
  }

  private keep(key: string, address: Uint8Array): void {
    this.kept.delete(key);
    if (this.kept.size >= MAX_KEPT) this.kept.delete(this.kept.keys().next().value!);
    this.kept.set(key, { address, until: performance.now() + this.settings.holdValid });
  }

  private open(): Promise<NameServer[]> {
    if (this.idle !== null) clearTimeout(this.idle);
    this.idle = null;
    this.servers ??= openAll(this.settings.nameservers, this.counts, (server, message) => {
      for (const resolution of this.running.values()) if (resolution.take(server, message)) return;
      server.counts.outdated++;
    });
    return this.servers;
  }

  private rest(): void {
    if (this.running.size > 0 || this.idle !== null) return;
    // What waits for no answer keeps no process from ending.
    void this.servers?.then((list) => {
      if (this.running.size === 0) for (const server of list) server.socket?.unref();
    });
    this.idle = setTimeout(() => this.close(), IDLE);
    this.idle.unref();
  }
}

async function openAll(
  addresses: ResolversSettings["nameservers"],
  counts: readonly ResolverCounts[],
  take: (server: NameServer, message: Uint8Array) => void,
): Promise<NameServer[]> {
  const all = addresses.map(async ({ ip, port }, index) => {
    const server = new NameServer(counts[index]!);
    // Connected: the kernel drops what others send, and tells when nobody listens there.
    server.socket = await Bun.udpSocket({
      connect: { hostname: ip, port },
      socket: {
        data: (_socket, data) => take(server, data),
        error: () => {},
      },
    });
    return server;
  });
  const opened = await Promise.allSettled(all);
  return opened.flatMap((each) => (each.status === "fulfilled" ? [each.value] : []));
}

class NameServer {
  socket: { send(data: Uint8Array): boolean; close(): void; ref(): void; unref(): void } | null = null;

  constructor(readonly counts: ResolverCounts) {}

  send(question: Uint8Array): void {
    this.counts.sent++;
    try {
      this.socket?.send(question);
    } catch {
      this.counts.snd_error++;
      // Nobody listens there, or there is no way: as if the question got lost.
    }
  }

  close(): void {
    this.socket?.close();
    this.socket = null;
  }
}

/** One name being asked for. */
class Resolution {
  readonly waiting: Done[] = [];
  private servers: readonly NameServer[] = [];
  /** Those that have answered the question, in vain. */
  private readonly failed = new Set<NameServer>();
  private id = -1;
  private type: AddressType;
  /** Families that all servers deny. */
  private denied = 0;
  private tries: number;
  private timer: ReturnType<typeof setTimeout> | null = null;

  constructor(
    private readonly settings: ResolversSettings,
    private readonly name: string,
    private readonly wanted: AddressType,
    private readonly over: (address: Uint8Array | null) => void,
  ) {
    this.type = wanted;
    this.tries = settings.retries;
  }

  start(servers: readonly NameServer[]): void {
    this.servers = servers;
    if (servers.length === 0) this.finish(null);
    else this.attempt();
  }

  /** Whether the message belonged here. */
  take(server: NameServer, message: Uint8Array): boolean {
    if (messageId(message) !== this.id || this.failed.has(server)) return false;
    const outcome = decodeAnswer(message, this.name, this.type);
    if (outcome === null) return false;
    server.counts[COUNTED[outcome.kind]]++;
    if (outcome.kind === "valid") this.finish(outcome.addresses[0]!);
    else this.failure(server, outcome);
    return true;
  }

  private failure(server: NameServer, { kind }: Outcome): void {
    this.failed.add(server);
    if (this.failed.size < this.servers.length) return;
    // As in HAProxy, the last answer counts when all are in vain.
    if (kind === "nx" || kind === "empty") this.denied++;
    if (this.type === this.wanted) this.turn();
    else if (this.denied === 2) this.finish(null);
    // Otherwise the timer that runs brings the next try.
  }

  private attempt(): void {
    // The timer of the try before: who is silent has let it pass.
    if (this.timer !== null) for (const server of this.servers) if (!this.failed.has(server)) server.counts.timeout++;
    // Some have answered, in vain, and others are silent: then the other family is asked for, which is no try of its own.
    if (this.type === this.wanted && this.failed.size > 0) this.turn();
    else {
      if (this.tries-- <= 0) return this.finish(null);
      this.type = this.wanted;
      this.denied = 0;
      this.ask();
    }
    this.timer = setTimeout(() => this.attempt(), this.settings.timeoutRetry);
  }

  /** Asks for the other family. */
  private turn(): void {
    this.type = this.wanted === TYPE_A ? TYPE_AAAA : TYPE_A;
    this.ask();
  }

  private ask(): void {
    this.failed.clear();
    this.id = randomInt(0x10000);
    const question = encodeQuestion(this.id, this.name, this.type, this.settings.payloadSize);
    for (const server of this.servers) server.send(question);
  }

  private finish(address: Uint8Array | null): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.id = -1;
    this.over(address);
    for (const done of this.waiting) done(address);
  }
}
