/** set rate-limit: limits of the whole process (management manual, section 9.3). */
import { type RateLimit, rateLimits, setLimit } from "../../../counters/limits.ts";
import { failure, type Command } from "../command.ts";

/** Kilobytes whose bytes still fit where they are kept, and the largest number there is one to add to. */
const MOST = { compression: 2097151, others: 0x7ffffffe };

const settings: Readonly<Record<string, { readonly which: RateLimit; readonly help: string }>> = {
  connections: { which: rateLimits.connections, help: "connections a second" },
  sessions: { which: rateLimits.sessions, help: "sessions a second" },
  "ssl-sessions": { which: rateLimits.tls, help: "TLS connections a second" },
  "http-compression": { which: rateLimits.compression, help: "kilobytes compressed a second" },
};

export const setRateLimit: Command = {
  name: "set rate-limit",
  usage: "set rate-limit <setting> <value>",
  help: "change a limit of the process: connections global and others; 0 is none",
  level: "admin",
  run({ ctx, args }) {
    const [name, scope, text] = args;
    const setting = name !== undefined && Object.hasOwn(settings, name) ? settings[name] : undefined;
    if (setting === undefined || scope !== "global") {
      const lines = Object.entries(settings).map(([key, { help }]) => `   - '${key} global': ${help}; 0 is no limit`);
      return failure(["'set rate-limit' only supports :", ...lines].join("\n"));
    }
    if (text === undefined) return failure("Expects an integer value.");
    // As atoi() reads it: a number of 32 bits, or 0.
    const value = Number.parseInt(text, 10) | 0;
    const most = setting.which === rateLimits.compression ? MOST.compression : MOST.others;
    if (value < 0 || value > most) return failure("Value out of range.");
    setLimit(ctx.shared, setting.which, value);
    return "";
  },
};
