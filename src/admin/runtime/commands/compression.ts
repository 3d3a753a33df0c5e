import { setCompressionRate } from "../../../counters/compression.ts";
import { failure, type Command } from "../command.ts";

/** Kilobytes whose bytes still fit where they are kept. */
const MOST = 2097151;

export const setRateLimitCompression: Command = {
  name: "set rate-limit http-compression global",
  usage: "set rate-limit http-compression global <value>",
  help: "change the limit of kilobytes compressed a second; 0 is none",
  level: "admin",
  run({ ctx, args }) {
    if (args[0] === undefined) return failure("Expects an integer value.");
    const value = Number.parseInt(args[0], 10) || 0;
    if (value < 0 || value > MOST) return failure("Value out of range.");
    setCompressionRate(ctx.shared, value);
    return "";
  },
};
