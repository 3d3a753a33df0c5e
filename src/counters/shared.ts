import { C, COLUMNS, columnNames } from "./columns.ts";

/**
 * The shared segment, mapped by the supervisor and every worker:
 *
 *     header      64 bytes    magic, slots, workers, sets of slabs, and for each set the supervisor whose workers write it
 *     live        slots × 28 int32, atomic: gauges and rates that must be exact over all workers
 *     state       slots × 32 int32, atomic: state of servers (and generation numbers of backends)
 *     text        slots × 128 bytes: last check result of servers
 *     slabs       sets × workers × slots × COLUMNS float64, each written by its worker alone
 *
 * One set is for the workers of one supervisor: after an upgrade those of the old one still finish while those of the new one serve, and
 * what they count adds up.
 *
 * The file is sparse: only slots in use take memory.
 */
export const LIVE_WIDTH = 28;
export const STATE_WIDTH = 32;
const TEXT_WIDTH = 128;
const HEADER_BYTES = 64;
const MAGIC = 0x746c6231;
/** Supervisors whose workers may be alive at the same time, the latest included. */
export const SETS = 4;
/** Cells of the header. */
const H = { magic: 0, slots: 1, workers: 2, sets: 3, owner: 4 } as const;

/** Columns of `live`. A rate is three cells: second, events in it, events in the second before. */
export const L = {
  /** Connections (frontend, listener, process) or streams (backend, server) right now. */
  live: 0,
  queued: 1,
  sessRate: 2,
  reqRate: 5,
  connRate: 8,
  /** Process slot: SSL handshakes; frontends: unused. */
  sslRate: 11,
  /** Process slot: bytes into and out of compressors. */
  compIn: 14,
  compOut: 17,
  /** Process slot: full TLS handshakes with clients, and with servers. */
  sslFrontKeys: 20,
  sslBackKeys: 23,
} as const;

/** Connections of the whole process: slot 0. */
export const PROCESS_LIVE = 0;

/** Columns of `state`. */
export const S = {
  /** Backend: raised by whoever changes a server of it, so that workers rebuild what depends on it. Process slot: any change. */
  generation: 0,
  /** Server: administrative state, bits of `Admin`. */
  admin: 1,
  /** Server: operational state, one of `Oper`. */
  oper: 2,
  /** Server: current and initial (configured) weight, 0..256. */
  weight: 3,
  initialWeight: 4,
  /** Server: effective weight ×16 while slow start raises it. */
  slowstartStep: 5,
  health: 6,
  checkStatus: 7,
  checkCode: 8,
  /** ms, -1 unknown. */
  checkDuration: 9,
  /** Seconds since the epoch of the last change between up and down. */
  lastChange: 10,
  /** Seconds spent down so far, up to lastChange. */
  downSeconds: 11,
  maxconn: 12,
  /** Server: IPv4 or IPv6 in force (family, 4 words) and port, when other than configured; family 0 = as configured. */
  addrFamily: 13,
  addr0: 14,
  addr1: 15,
  addr2: 16,
  addr3: 17,
  addrPort: 18,
  consecutiveErrors: 19,
  checkResult: 20,
  /** 1 = the server has been checked at least once. */
  checked: 21,
  agentStatus: 22,
  /** Process slot: limit of compression set at run time, kilobytes a second and 1; 0 = as configured. */
  compressionRate: 23,
  /** The same of the limits of connections, sessions and TLS sessions a second. */
  connRateLimit: 24,
  sessRateLimit: 25,
  sslRateLimit: 26,
  /** Server: 1 = the runtime API switched its health checks off; the port they go to when it chose one, 0 = as configured. */
  checkOff: 27,
  checkPort: 28,
  /** Backend: turns taken by all workers, for round robin. */
  turns: 31,
} as const;

/** Administrative state bits, as in the management manual's `show servers state`. */
export const Admin = {
  forcedMaint: 1,
  inheritedMaint: 2,
  /** The configuration says `disabled`; it stays when the administrator lets the server in. */
  configMaint: 4,
  forcedDrain: 8,
  inheritedDrain: 16,
  resolutionMaint: 32,
  /** Any bit that takes a server out completely. */
  maint: 1 | 2 | 32,
  drain: 8 | 16,
} as const;

/** Operational state, as in `show servers state`. */
export const Oper = { stopped: 0, starting: 1, running: 2, stopping: 3 } as const;

/** Bytes of a segment. `sets`: of slabs, one for each supervisor whose workers count at a time. */
export function segmentSize(slots: number, workers: number, sets = 1): number {
  return HEADER_BYTES + slots * (LIVE_WIDTH * 4 + STATE_WIDTH * 4 + TEXT_WIDTH) + sets * workers * slots * COLUMNS * 8;
}

/** Two versions of this program whose texts are equal read each other's segments. */
export function layoutText(): string {
  return JSON.stringify([
    MAGIC,
    HEADER_BYTES,
    H,
    SETS,
    LIVE_WIDTH,
    L,
    STATE_WIDTH,
    S,
    Admin,
    Oper,
    TEXT_WIDTH,
    COLUMNS,
    columnNames,
  ]);
}

/**
 * Typed views over one mapping of the segment. `init` writes the header; otherwise it is verified. `slabs` begins with those of `set`, so that
 * a worker finds its own by its number.
 */
export class Shared {
  readonly slots: number;
  readonly workers: number;
  readonly live: Int32Array;
  readonly state: Int32Array;
  readonly text: Uint8Array;
  readonly slabs: readonly Float64Array[];
  private readonly header: Int32Array;

  constructor(bytes: Uint8Array, init?: { slots: number; workers: number; sets?: number }, set = 0) {
    const { buffer, byteOffset } = bytes;
    const header = new Int32Array(buffer, byteOffset, HEADER_BYTES / 4);
    if (init) {
      header[H.slots] = init.slots;
      header[H.workers] = init.workers;
      header[H.sets] = init.sets ?? 1;
      header[H.magic] = MAGIC;
    } else if (header[H.magic] !== MAGIC) {
      throw new Error("not a tlb shared segment");
    }
    this.header = header;
    this.slots = header[H.slots]!;
    this.workers = header[H.workers]!;
    let at = byteOffset + HEADER_BYTES;
    this.live = new Int32Array(buffer, at, this.slots * LIVE_WIDTH);
    at += this.live.byteLength;
    this.state = new Int32Array(buffer, at, this.slots * STATE_WIDTH);
    at += this.state.byteLength;
    this.text = new Uint8Array(buffer, at, this.slots * TEXT_WIDTH);
    at += this.text.byteLength;
    const all = header[H.sets]! * this.workers;
    this.slabs = Array.from({ length: all }, (_, i) => {
      const place = (i + set * this.workers) % all;
      return new Float64Array(buffer, at + place * this.slots * COLUMNS * 8, this.slots * COLUMNS);
    });
  }

  /** Takes a set of slabs that no living supervisor has; -1 = there is none. The caller keeps it until `releaseSet`. */
  claimSet(pid: number, alive: (pid: number) => boolean): number {
    for (let set = 0; set < this.header[H.sets]!; set++) {
      const owner = Atomics.load(this.header, H.owner + set);
      if (owner !== 0 && owner !== pid && alive(owner)) continue;
      if (Atomics.compareExchange(this.header, H.owner + set, owner, pid) === owner) return set;
    }
    return -1;
  }

  releaseSet(pid: number): void {
    for (let set = 0; set < this.header[H.sets]!; set++) Atomics.compareExchange(this.header, H.owner + set, pid, 0);
  }

  /** Private memory of the same shape, for tests and tools without workers. */
  static local(slots = 64, workers = 1): Shared {
    return new Shared(new Uint8Array(segmentSize(slots, workers)), { slots, workers });
  }

  /** Sum of a column over all workers. */
  sum(slot: number, column: number): number {
    let total = 0;
    for (const slab of this.slabs) total += slab[slot * COLUMNS + column]!;
    return total;
  }

  /** Maximum of a column over all workers. */
  max(slot: number, column: number): number {
    let top = 0;
    for (const slab of this.slabs) top = Math.max(top, slab[slot * COLUMNS + column]!);
    return top;
  }

  getState(slot: number, field: number): number {
    return Atomics.load(this.state, slot * STATE_WIDTH + field);
  }

  setState(slot: number, field: number, value: number): void {
    Atomics.store(this.state, slot * STATE_WIDTH + field, value);
  }

  /** Tells every worker that a server of this backend changed. */
  bump(backendSlot: number): void {
    Atomics.add(this.state, backendSlot * STATE_WIDTH + S.generation, 1);
    Atomics.add(this.state, S.generation, 1);
  }

  /** Last check text of a server; cut at 127 bytes of latin1. */
  setText(slot: number, value: string): void {
    const at = slot * TEXT_WIDTH;
    const n = Math.min(value.length, TEXT_WIDTH - 1);
    for (let i = 0; i < n; i++) this.text[at + i] = value.charCodeAt(i) & 0xff;
    this.text.fill(0, at + n, at + TEXT_WIDTH);
  }

  getText(slot: number): string {
    const at = slot * TEXT_WIDTH;
    let out = "";
    for (let i = at; i < at + TEXT_WIDTH && this.text[i]; i++) out += String.fromCharCode(this.text[i]!);
    return out;
  }

  /** Zeroes everything about a slot before another object gets it. */
  clearSlot(slot: number): void {
    this.live.fill(0, slot * LIVE_WIDTH, (slot + 1) * LIVE_WIDTH);
    this.state.fill(0, slot * STATE_WIDTH, (slot + 1) * STATE_WIDTH);
    this.text.fill(0, slot * TEXT_WIDTH, (slot + 1) * TEXT_WIDTH);
    for (const slab of this.slabs) slab.fill(0, slot * COLUMNS, (slot + 1) * COLUMNS);
  }

  /** Takes a dead worker's share out of every gauge: what it served died with it. */
  forgetWorker(worker: number): void {
    const slab = this.slabs[worker]!;
    for (let slot = 0; slot < this.slots; slot++) {
      const base = slot * COLUMNS;
      const live = slab[base + C.ownLive]!;
      const queued = slab[base + C.ownQueued]!;
      if (live !== 0) Atomics.sub(this.live, slot * LIVE_WIDTH + L.live, live);
      if (queued !== 0) Atomics.sub(this.live, slot * LIVE_WIDTH + L.queued, queued);
      for (const column of [
        C.ownLive,
        C.ownQueued,
        C.idleConns,
        C.idleSafe,
        C.usedConns,
        C.sslLive,
        C.h2OpenConns,
        C.h2OpenStreams,
        // What it told about its last second, and about itself.
        C.bytesOutRate,
        C.pipesUsed,
        C.pipesFree,
        C.memoryBytes,
        C.compMemory,
      ]) {
        if (slab[base + column] !== 0) slab[base + column] = 0;
      }
    }
  }
}
