import type { Tag } from "../format.ts";
import { addressTags } from "./address.ts";
import { captureTags } from "./capture.ts";
import { countTags } from "./count.ts";
import { dateTags } from "./date.ts";
import { nameTags } from "./name.ts";
import { requestTags } from "./request.ts";
import { timerTags } from "./timer.ts";
import { registry } from "../../../util/registry.ts";

const families: readonly Readonly<Record<string, Tag>>[] = [
  addressTags,
  captureTags,
  countTags,
  dateTags,
  nameTags,
  requestTags,
  timerTags,
];

/** Every `%name` of a log format by its name (manual 8.2.6); `%o` is the parser's. */
export const tags = registry(
  "log-format tag",
  families.flatMap((family) => Object.entries(family)),
);
