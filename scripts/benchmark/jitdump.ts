/**
 * The names of compiled JavaScript functions, from the dump that JavaScriptCore writes with BUN_JSC_useJITDump=1: the layout is Linux's
 * tools/perf/Documentation/jitdump-specification.txt. perf itself does not find the file, for its name and because the runtime never maps it.
 */

interface Code {
  readonly start: number;
  readonly end: number;
  /** Nanoseconds of the monotonic clock: addresses are used again. */
  readonly time: number;
  readonly name: string;
}

const MAGIC = 0x4a695444;
/** Record kind: a function was compiled. */
const CODE_LOAD = 0;

export class JitNames {
  private readonly codes: readonly Code[];

  constructor(dump: Buffer) {
    this.codes = read(dump).toSorted((a, b) => b.time - a.time);
  }

  /** What was at `address` at `time` (ns); undefined when nothing was. */
  at(address: number, time: number): string | undefined {
    return this.codes.find((code) => code.time <= time && address >= code.start && address < code.end)?.name;
  }
}

function read(dump: Buffer): Code[] {
  if (dump.length < 40 || dump.readUInt32LE(0) !== MAGIC) throw new Error("this is no jitdump");
  const codes: Code[] = [];
  let at = dump.readUInt32LE(8);
  while (at + 16 <= dump.length) {
    const size = dump.readUInt32LE(at + 4);
    if (size < 16 || at + size > dump.length) break;
    if (dump.readUInt32LE(at) === CODE_LOAD) {
      const start = Number(dump.readBigUInt64LE(at + 32));
      const name = at + 56;
      codes.push({
        start,
        end: start + Number(dump.readBigUInt64LE(at + 40)),
        time: Number(dump.readBigUInt64LE(at + 8)),
        name: dump.toString("latin1", name, dump.indexOf(0, name)),
      });
    }
    at += size;
  }
  return codes;
}
