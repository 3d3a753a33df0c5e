import type { Tag } from "../format.ts";
import { addressTags } from "./address.ts";
import { captureTags } from "./capture.ts";
import { countTags } from "./count.ts";
import { dateTags } from "./date.ts";
import { nameTags } from "./name.ts";
import { requestTags } from "./request.ts";
import { timerTags } from "./timer.ts";

const families: readonly Readonly<Record<string, Tag>>[] = [
  addressTags,
  captureTags,
  countTags,
  dateTags,
  nameTags,
  requestTags,
  timerTags,
];

function collect(): ReadonlyMap<string, Tag> {
  const all = new Map<string, Tag>();
  for (const family of families) {
    for (const [name, tag] of Object.entries(family)) {
      if (all.has(name)) throw new Error(`log-format tag %${name} is defined twice`);
      all.set(name, tag);
    }
  }
  return all;
}

/** Every `%name` of a log format by its name (manual 8.2.6); `%o` is the parser's. */
export const tags: ReadonlyMap<string, Tag> = collect();
