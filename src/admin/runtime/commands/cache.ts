/** show cache: the caches and what is stored in them (management manual, section 9.3). */
import { H, R, ROW, State } from "../../../cache/layout.ts";
import { hashNumber } from "../../../cache/key.ts";
import type { CacheStore } from "../../../cache/store.ts";
import type { Command } from "../command.ts";

export const showCache: Command = {
  name: "show cache",
  usage: "show cache",
  help: "show cache status",
  level: "admin",
  *run({ ctx, nowMs }) {
    let number = 0;
    for (const settings of ctx.model().caches) {
      const store = ctx.cacheStore(settings);
      if (store !== null) yield* dump(store, ++number, settings.name, Math.floor(nowMs / 1000));
    }
  },
};

/** There are no addresses to show: caches are numbered, and objects have the number of their first block. */
function* dump(store: CacheStore, number: number, name: string, now: number): Generator<string> {
  const { memory } = store;
  const { rows, blocks, header } = memory;
  const base = number * 0x100000000;
  const found: number[] = [];
  let busy = 0;
  for (let block = 0; block < blocks;) {
    const at = block * ROW;
    const length = rows[at + R.length]!;
    // It changes at this moment.
    if (length <= 0) break;
    const owner = rows[at + R.owner]! - 1;
    if (owner >= 0 && (rows[owner * ROW + R.state] !== State.complete || store.pinsOf(owner) > 0)) busy += length;
    if (owner === block && rows[at + R.epoch] === header[H.epoch] && listed(rows[at + R.state]!)) found.push(block);
    block += length;
  }
  yield `0x${base.toString(16)}: ${name} (shctx:0x${base.toString(16)}, available blocks:${blocks - busy})\n`;
  // As in HAProxy in the order of the hashes.
  found.sort((a, b) => hashNumber(rows[a * ROW + R.hash]!) - hashNumber(rows[b * ROW + R.hash]!));
  for (const block of found) {
    const at = block * ROW;
    const key = rows[at + R.signature] === 0 ? "0000000000000000" : word(rows[at + R.key0]!) + word(rows[at + R.key1]!);
    const size = rows[at + R.size]!;
    yield `0x${(base + block + 1).toString(16)} hash:${hashNumber(rows[at + R.hash]!)} vary:0x${key} size:${size} (${Math.ceil(size / 1024)} blocks), refcount:${store.pinsOf(block)}, expire:${rows[at + R.expire]! - now}\n`;
  }
}

function listed(state: number): boolean {
  return state === State.complete || state === State.writing;
}

/** Four bytes in the order of the machine. */
function word(value: number): string {
  let text = "";
  for (let i = 0; i < 4; i++) text += ((value >>> (8 * i)) & 0xff).toString(16).padStart(2, "0");
  return text;
}
