/** set rate-limit: limits of the whole process (management manual, section 9.3). */
import { type RateLimit, rateLimits, setLimit } from "../../../counters/limits.ts";
import { failure, type Command } from "../command.ts";

/** Kilobytes whose bytes still fit where they are kept, and the largest number there is one to add to. */
const MOST = { compression: 2097151, others: 0x7ffffffe };

function command(words: string, which: RateLimit, help: string): Command {
  return {
    name: `set rate-limit ${words} global`,
    usage: `set rate-limit ${words} global <value>`,
    help,
    level: "admin",
    run({ ctx, args }) {
      if (args[0] === undefined) return failure("Expects an integer value.");
      // As atoi() reads it: a number of 32 bits, or 0.
      const value = Number.parseInt(args[0], 10) | 0;
      const most = which === rateLimits.compression ? MOST.compression : MOST.others;
      if (value < 0 || value > most) return failure("Value out of range.");
      setLimit(ctx.shared, which, value);
      return "";
    },
  };
}

export const setRateLimits: readonly Command[] = [
  command("connections", rateLimits.connections, "change the limit of connections a second; 0 is none"),
  command("http-compression", rateLimits.compression, "change the limit of kilobytes compressed a second; 0 is none"),
  command("sessions", rateLimits.sessions, "change the limit of sessions a second; 0 is none"),
  command("ssl-sessions", rateLimits.tls, "change the limit of TLS connections a second; 0 is none"),
];
