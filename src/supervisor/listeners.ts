/**
 * Every listening socket of the process, by identity. A reload is planned against this set: what stays keeps its sockets
 * and the connections that wait in them, what is new is bound, and nothing changes until the plan is committed.
 */
import type { Address, BindModel, Model, ProxyModel, StatsSocketModel } from "../config/model.ts";
import { PLAIN_KEEPALIVE, plainBind } from "../config/plain.ts";
import { strerror } from "../ffi/errno.ts";
import { close } from "../ffi/file.ts";
import { listen, SHUT_RD, shutdown } from "../ffi/socket.ts";
import { addressText, adoptInherited, bindAbstract, bindInet, tune, type Bound, type ListenOptions } from "./bind.ts";
import { bindUnix, protect, UnixSocket } from "./unix.ts";

/** A listening address: one socket for each worker (TCP), or one that all share. */
export interface Listener {
  readonly key: string;
  readonly address: Address;
  readonly fds: readonly number[];
  readonly unix: UnixSocket | null;
}

/** What a configuration wants a listener for. */
export interface ListenerUse {
  readonly key: string;
  /** null = a `stats socket` of the global section, served by the supervisor. */
  readonly proxy: ProxyModel | null;
  /** Index in the proxy's `binds`, or in `statsSockets`. */
  readonly index: number;
  readonly address: Address;
  readonly options: ListenOptions;
}

export interface ListenerPlan {
  /** Everything the new configuration listens on, in its order. */
  readonly uses: readonly ListenerUse[];
  readonly kept: readonly string[];
  readonly added: readonly Listener[];
  readonly removed: readonly Listener[];
  /** Non-empty: the plan cannot be committed, and nothing was left open. */
  readonly errors: readonly string[];
}

const DEFAULT_BACKLOG = 4096;

/** All uses of a model. Two lines with one address are two listeners, as SO_REUSEPORT allows. */
export function listenerUses(model: Model): ListenerUse[] {
  const uses: ListenerUse[] = [];
  const seen = new Map<string, number>();
  const key = (identity: string) => {
    const n = seen.get(identity) ?? 0;
    seen.set(identity, n + 1);
    return n === 0 ? identity : `${identity}#${n}`;
  };
  const { rcvbufClient: rcvbuf, sndbufClient: sndbuf } = model.global;
  for (const proxy of model.proxies) {
    if (proxy.kind === "backend" || proxy.disabled) continue;
    const keepalive = proxy.options.tcpka === true || proxy.options.clitcpka === true;
    proxy.binds.forEach((bind, index) => {
      const backlog = bind.backlog || proxy.backlog || Math.max(DEFAULT_BACKLOG, bind.maxconn || proxy.maxconn);
      // Behind a PROXY header the client, another proxy, may wait for an ACK before the request itself.
      const plain = !bind.acceptProxy && !bind.acceptNetscaler;
      const smart = proxy.smartAccept ?? (plain && (proxy.mode === "http" || bind.tls !== null));
      const options = { backlog, keepalive, probes: proxy.clientKeepalive, quickAck: !smart, rcvbuf, sndbuf };
      uses.push({ key: key(identity(bind)), proxy, index, address: bind.address, options });
    });
  }
  model.global.statsSockets.forEach((stats, index) => {
    const backlog = stats.backlog || Math.max(10, model.global.statsMaxconn);
    const options = { backlog, keepalive: false, probes: PLAIN_KEEPALIVE, quickAck: true, rcvbuf: 0, sndbuf: 0 };
    const identity = `stats ${stats.address.kind} ${addressText(stats.address)}`;
    uses.push({ key: key(identity), proxy: null, index, address: stats.address, options });
  });
  return uses;
}

/** What makes two `bind` lines the same socket; all other options may change on a socket that listens. */
function identity(bind: BindModel): string {
  const parts = [bind.address.kind, addressText(bind.address)];
  if (bind.interface !== null) parts.push(`interface ${bind.interface}`);
  if (bind.namespace !== null) parts.push(`namespace ${bind.namespace}`);
  if (bind.transparent) parts.push("transparent");
  if (bind.v6only) parts.push("v6only");
  else if (bind.v4v6) parts.push("v4v6");
  return parts.join(" ");
}

export class ListenerSet {
  private readonly workers: number;
  private listeners = new Map<string, Listener>();
  /** Sockets that another program has handed over (takeover.ts), by the keys of the listeners they are for. */
  private spare: ReadonlyMap<string, readonly number[]> = new Map();
  /** Paths of unix sockets are taken from whoever listens there. */
  private replaces = false;

  constructor(workers: number) {
    this.workers = workers;
  }

  /** For the first plan: this process takes the place of another one, which has handed `spare` over. */
  succeed(spare: ReadonlyMap<string, readonly number[]>): void {
    this.spare = spare;
    this.replaces = true;
  }

  /** Takes over those of a former supervisor, as they are. */
  adopt(listeners: readonly Listener[]): void {
    for (const listener of listeners) this.listeners.set(listener.key, listener);
  }

  all(): Listener[] {
    return [...this.listeners.values()];
  }

  get(key: string): Listener | undefined {
    return this.listeners.get(key);
  }

  /**
   * Binds what `model` needs and this set does not have. Reports every failure, and then leaves nothing bound. Those of the proxies in
   * `without` are given up.
   */
  plan(model: Model, without: ReadonlySet<string> = new Set()): ListenerPlan {
    const uses = listenerUses(model).filter(({ proxy }) => proxy === null || !without.has(proxy.name));
    const { spare, replaces } = this;
    this.spare = new Map();
    this.replaces = false;
    const kept: string[] = [];
    const added: Listener[] = [];
    const errors: string[] = [];
    for (const use of uses) {
      if (this.listeners.has(use.key)) {
        kept.push(use.key);
        continue;
      }
      const twice = added.some(({ unix }) => use.address.kind === "unix" && unix?.path === use.address.path);
      const made = twice
        ? { error: `the path is used twice [${addressText(use.address)}]` }
        : this.create(model, use, spare.get(use.key) ?? [], replaces);
      if ("error" in made) errors.push(`Binding ${describeUse(model, use)}: ${made.error}`);
      else added.push(made);
    }
    const wanted = new Set(uses.map((use) => use.key));
    const removed = [...this.listeners.values()].filter((listener) => !wanted.has(listener.key));
    if (errors.length > 0) for (const listener of added.splice(0)) discard(listener);
    return { uses, kept, added, removed, errors };
  }

  abort(plan: ListenerPlan): void {
    for (const listener of plan.added) discard(listener);
  }

  /** First half of a commit: what can still fail. Returns the errors; then `abort` undoes it. */
  publish(plan: ListenerPlan): string[] {
    const errors: string[] = [];
    for (const { unix } of plan.added) {
      const status = unix?.publish() ?? 0;
      if (status < 0) errors.push(`cannot rename UNIX socket (${strerror(status)}) [${unix!.path}]`);
    }
    return errors;
  }

  /** Second half, after the workers have switched: closes what is gone and applies changed options to what stays. */
  commit(plan: ListenerPlan, model: Model): void {
    for (const listener of plan.removed) {
      discard(listener);
      this.listeners.delete(listener.key);
    }
    for (const listener of plan.added) this.listeners.set(listener.key, listener);
    const kept = new Set(plan.kept);
    for (const use of plan.uses) {
      if (kept.has(use.key)) this.adjust(this.listeners.get(use.key)!, use, model);
    }
  }

  /** The descriptor a worker listens on. */
  fdFor(key: string, worker: number): number {
    const { fds } = this.listeners.get(key)!;
    return fds.length === 1 ? fds[0]! : fds[worker]!;
  }

  /**
   * Takes the sockets of a worker that stays dead for a while out of the kernel's distribution, or back in. Connections that
   * wait in them are reset; new ones go to the other workers.
   */
  park(worker: number, parked: boolean, uses: readonly ListenerUse[]): void {
    for (const use of uses) {
      const listener = this.listeners.get(use.key);
      if (use.proxy === null || use.address.kind !== "ip" || listener === undefined || listener.fds.length < 2)
        continue;
      if (parked) shutdown(listener.fds[worker]!, SHUT_RD);
      else listen(listener.fds[worker]!, use.options.backlog);
    }
  }

  /** Connections to these addresses are refused, those that wait reset, until `resume`. Paths of unix sockets keep their clients waiting. */
  pause(uses: readonly ListenerUse[]): void {
    for (const { key, address } of uses) {
      if (address.kind !== "ip") continue;
      for (const fd of this.listeners.get(key)?.fds ?? []) shutdown(fd, SHUT_RD);
    }
  }

  resume(uses: readonly ListenerUse[]): void {
    for (const { key, address, options } of uses) {
      if (address.kind !== "ip") continue;
      for (const fd of this.listeners.get(key)?.fds ?? []) listen(fd, options.backlog);
    }
  }

  /** Closes everything; `unlinkPaths` removes the files of unix sockets too. */
  close(unlinkPaths: boolean): void {
    for (const listener of this.listeners.values()) {
      if (unlinkPaths) listener.unix?.remove();
      for (const fd of listener.fds) close(fd);
    }
    this.listeners.clear();
  }

  /** `given`: descriptors for it that there are already. */
  private create(
    model: Model,
    use: ListenerUse,
    given: readonly number[],
    replaces: boolean,
  ): Listener | { readonly error: string } {
    const { key, address, options } = use;
    const bind = bindOf(model, use);
    const single = (bound: Bound) => ("error" in bound ? bound : { key, address, fds: [bound.fd], unix: null });
    switch (address.kind) {
      case "fd":
        return single(adoptInherited(address.fd, options));
      case "abns":
        return single(given.length > 0 ? { fd: given[0]! } : bindAbstract(address, options));
      case "unix": {
        const unix = bindUnix(
          address.path,
          { ...bind, backlog: options.backlog },
          replaces || this.ownsPath(address.path),
        );
        return "error" in unix ? unix : { key, address, fds: [unix.fd], unix };
      }
      case "ip":
        return this.createInet(use, "name" in bind ? bind : plainBind(bind.at, bind.address), given);
    }
  }

  private createInet(
    use: ListenerUse,
    bind: BindModel,
    given: readonly number[],
  ): Listener | { readonly error: string } {
    const fds = [...given];
    const count = use.proxy === null ? 1 : this.workers;
    while (fds.length < count) {
      const bound = bindInet(bind, use.options);
      if ("error" in bound) {
        for (const fd of fds) close(fd);
        return bound;
      }
      fds.push(bound.fd);
    }
    return { key: use.key, address: use.address, fds, unix: null };
  }

  /** A listener that a reload replaces is live, but not somebody else's. */
  private ownsPath(path: string): boolean {
    for (const { unix } of this.listeners.values()) if (unix?.path === path) return true;
    return false;
  }

  private adjust(listener: Listener, use: ListenerUse, model: Model): void {
    const bind = bindOf(model, use);
    for (const fd of listener.fds) {
      if ("name" in bind) tune(fd, bind, use.options);
      listen(fd, use.options.backlog);
    }
    if (listener.unix !== null) protect(listener.unix.path, { ...bind, backlog: use.options.backlog });
  }
}

function discard(listener: Listener): void {
  listener.unix?.remove();
  for (const fd of listener.fds) close(fd);
}

function bindOf(model: Model, use: ListenerUse): BindModel | StatsSocketModel {
  return use.proxy === null ? model.global.statsSockets[use.index]! : use.proxy.binds[use.index]!;
}

/** `[lb.cfg:12] for frontend web`, as HAProxy names the place. */
function describeUse(model: Model, use: ListenerUse): string {
  const found = bindOf(model, use);
  const { at } = found;
  // Those no line names: of -S, and the one tlb opens by itself.
  if (at.file === "")
    return "master" in found && found.master === true
      ? "[master-socket:0] for proxy MASTER"
      : "the default runtime socket";
  const kind = use.proxy === null ? "frontend" : use.proxy.kind === "listen" ? "proxy" : use.proxy.kind;
  return `[${at.file}:${at.line}] for ${kind} ${use.proxy === null ? "GLOBAL" : use.proxy.name}`;
}
