import { Settings } from "../../codec/h2/frames/settings.ts";
import type { GlobalModel } from "../../config/model.ts";

/** What this side tells its peers (manual, tune.h2.*). */
export function h2Settings(global: GlobalModel): Settings {
  const settings = new Settings();
  settings.headerTableSize = global.h2HeaderTableSize;
  settings.initialWindowSize = global.h2InitialWindowSize;
  settings.maxConcurrentStreams = global.h2MaxConcurrentStreams || Number.POSITIVE_INFINITY;
  settings.maxFrameSize = global.h2MaxFrameSize;
  return settings;
}
