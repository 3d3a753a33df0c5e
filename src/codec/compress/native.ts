/**
 * The compressors of the run time, used synchronously and without their streams.
 *
 * This is the one file that reaches below the documented interface of node:zlib (Bun 1.4.5): the native handle of a stream has
 * `writeSync(flush, in, offset, length, out, offset, length)`, which leaves [room left in out, input left] in the stream's `_writeState`,
 * and `reset`, `params` and `close`. native.test.ts fails when that changes. A context of zlib takes about 214 KB.
 */
import zlib from "node:zlib";

/** What the bytes written look like. */
export type Format = "gzip" | "zlib" | "raw" | "brotli" | "zstd";

/** How far a write goes. */
export const Flush = {
  /** Output may be kept back for a better result. */
  none: 0,
  /** All input so far can be read by the receiver. */
  sync: 1,
  /** The stream ends. */
  finish: 2,
} as const;
export type Flush = (typeof Flush)[keyof typeof Flush];

/** Parameters of a context. `level` 0 stores; `memLevel` 1..9 and `windowBits` 8..15 are zlib's and mean nothing to the others. */
export interface Parameters {
  readonly level: number;
  readonly memLevel: number;
  readonly windowBits: number;
}

interface Handle {
  writeSync(
    flush: number,
    input: Uint8Array,
    inputAt: number,
    inputLength: number,
    out: Uint8Array,
    outAt: number,
    outLength: number,
  ): void;
  reset(): void;
  params(level: number, strategy: number): void;
}

interface NativeStream {
  readonly _handle: Handle;
  readonly _writeState: Uint32Array;
  close(): void;
  on(event: "error", listener: (error: Error) => void): unknown;
}

const { constants } = zlib;

const ZLIB_FLUSH = [constants.Z_NO_FLUSH, constants.Z_SYNC_FLUSH, constants.Z_FINISH];
const BROTLI_FLUSH = [
  constants.BROTLI_OPERATION_PROCESS,
  constants.BROTLI_OPERATION_FLUSH,
  constants.BROTLI_OPERATION_FINISH,
];
const ZSTD_FLUSH = [constants.ZSTD_e_continue, constants.ZSTD_e_flush, constants.ZSTD_e_end];

function open(format: Format, { level, memLevel, windowBits }: Parameters): NativeStream {
  const options = { level, memLevel, windowBits };
  switch (format) {
    case "gzip":
      return zlib.createGzip(options) as unknown as NativeStream;
    case "zlib":
      return zlib.createDeflate(options) as unknown as NativeStream;
    case "raw":
      return zlib.createDeflateRaw(options) as unknown as NativeStream;
    case "brotli": {
      const params = { [constants.BROTLI_PARAM_QUALITY]: level };
      return zlib.createBrotliCompress({ params }) as unknown as NativeStream;
    }
    case "zstd": {
      const params = { [constants.ZSTD_c_compressionLevel]: level };
      return zlib.createZstdCompress({ params }) as unknown as NativeStream;
    }
  }
}

/** A compressor: write until a finish, then `reset` for the next stream, or `close`. */
export class Context {
  readonly format: Format;
  readonly parameters: Parameters;
  level: number;
  /** Of the last write: bytes of input not taken yet, bytes of `out` that stayed free. */
  inputLeft = 0;
  roomLeft = 0;
  readonly #stream: NativeStream;
  readonly #handle: Handle;
  readonly #state: Uint32Array;
  readonly #flush: readonly number[];

  constructor(format: Format, parameters: Parameters) {
    this.format = format;
    this.parameters = parameters;
    this.level = parameters.level;
    this.#stream = open(format, parameters);
    // Without a listener a failure of the library would end the process; writes show it by their state.
    this.#stream.on("error", () => {});
    this.#handle = this.#stream._handle;
    this.#state = this.#stream._writeState;
    this.#flush = format === "brotli" ? BROTLI_FLUSH : format === "zstd" ? ZSTD_FLUSH : ZLIB_FLUSH;
  }

  /**
   * Compresses input[from, to) into out[at, end). What did not fit comes with further writes of the input that is left (perhaps none)
   * until `roomLeft` is not 0.
   */
  write(flush: Flush, input: Uint8Array, from: number, to: number, out: Uint8Array, at: number, end: number): void {
    this.#handle.writeSync(this.#flush[flush]!, input, from, to - from, out, at, end - at);
    this.roomLeft = this.#state[0]!;
    this.inputLeft = this.#state[1]!;
  }

  /** Changes the level within a stream; true when the format allows it. Call it between flushed writes. */
  setLevel(level: number): boolean {
    if (this.format === "brotli" || this.format === "zstd") return false;
    if (level !== this.level) {
      this.#handle.params(level, constants.Z_DEFAULT_STRATEGY);
      this.level = level;
    }
    return true;
  }

  /** Ready for another stream with the same parameters. False: this format cannot, close it. */
  reset(): boolean {
    // Bun forgets the parameters of brotli: it would go on at its highest quality, a thousand times slower.
    if (this.format === "brotli" || this.format === "zstd") return false;
    this.#handle.reset();
    if (this.level !== this.parameters.level) this.setLevel(this.parameters.level);
    return true;
  }

  close(): void {
    this.#stream.close();
  }
}
