import { Settings } from "../../codec/h2/frames/settings.ts";
import type { GlobalModel } from "../../config/model.ts";

/** What clients are told (manual, tune.h2.fe.* over tune.h2.*). */
export function clientSettings(global: GlobalModel): Settings {
  const settings = common(global);
  settings.initialWindowSize = global.h2FrontWindowSize || global.h2InitialWindowSize;
  settings.maxConcurrentStreams = global.h2FrontStreams || global.h2MaxConcurrentStreams || Number.POSITIVE_INFINITY;
  settings.enableConnect = true;
  return settings;
}

/** What servers are told (manual, tune.h2.be.* over tune.h2.*). Nothing is pushed to a proxy, and no streams are opened to it. */
export function serverSettings(global: GlobalModel): Settings {
  const settings = common(global);
  settings.initialWindowSize = global.h2BackWindowSize || global.h2InitialWindowSize;
  settings.maxConcurrentStreams = Number.POSITIVE_INFINITY;
  settings.enablePush = false;
  return settings;
}

/** Streams on one connection to a server; 0 = no limit was set. */
export function serverStreams(global: GlobalModel): number {
  return global.h2BackStreams || global.h2MaxConcurrentStreams;
}

function common(global: GlobalModel): Settings {
  const settings = new Settings();
  settings.headerTableSize = global.h2HeaderTableSize;
  settings.maxFrameSize = global.h2MaxFrameSize;
  return settings;
}
