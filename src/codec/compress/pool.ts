import type { Algorithm } from "./algorithms.ts";
import { Context, type Format, type Parameters } from "./native.ts";

/** What the global section sets about compressors. */
export interface CompressorSettings extends Parameters {
  /** Bytes all contexts together may take (`maxzlibmem`, per worker); 0 = no limit. */
  readonly maxMemory: number;
}

/** What a context takes, measured; zlib's own estimate of HAProxy is of this order too. */
export const CONTEXT_BYTES = 219_136;
/** Idle contexts kept for each format. */
const IDLE_MAX = 64;

export const defaultSettings: CompressorSettings = { level: 1, memLevel: 8, windowBits: 15, maxMemory: 0 };

/** Contexts of one worker: taken for a stream and given back at its end, whatever that was. */
export class ContextPool {
  /** Contexts in the hands of streams. */
  used = 0;
  #settings: CompressorSettings = defaultSettings;
  readonly #idle = new Map<Format, Context[]>();

  /** Bytes of all contexts, those that wait included. */
  get memory(): number {
    let n = this.used;
    for (const list of this.#idle.values()) n += list.length;
    return n * CONTEXT_BYTES;
  }

  get idle(): number {
    let n = 0;
    for (const list of this.#idle.values()) n += list.length;
    return n;
  }

  /** Other parameters hold for contexts taken from now on. */
  configure(settings: CompressorSettings): void {
    const { level, memLevel, windowBits } = this.#settings;
    if (level !== settings.level || memLevel !== settings.memLevel || windowBits !== settings.windowBits) this.clear();
    this.#settings = settings;
  }

  /** null: `maxMemory` is reached. */
  take(algorithm: Algorithm): Context | null {
    const format = algorithm.format!;
    const { maxMemory } = this.#settings;
    if (maxMemory > 0 && (this.used + 1) * CONTEXT_BYTES > maxMemory) return null;
    const context = this.#idle.get(format)?.pop() ?? this.#open(format);
    this.used++;
    return context;
  }

  put(context: Context): void {
    this.used--;
    const { format, parameters } = context;
    const { level, memLevel, windowBits } = this.#settings;
    const current =
      parameters.level === level && parameters.memLevel === memLevel && parameters.windowBits === windowBits;
    let list = this.#idle.get(format);
    if (list === undefined) this.#idle.set(format, (list = []));
    if (list.length < IDLE_MAX && current && context.reset()) {
      list.push(context);
    } else {
      context.close();
    }
  }

  /** Closes what waits. */
  clear(): void {
    for (const list of this.#idle.values()) for (const context of list) context.close();
    this.#idle.clear();
  }

  #open(format: Format): Context {
    const { level, memLevel, windowBits } = this.#settings;
    return new Context(format, { level, memLevel, windowBits });
  }
}

/** That of this worker. */
export const contexts = new ContextPool();
