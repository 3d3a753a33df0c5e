/** show sess, shutdown session, shutdown sessions server: what only the workers know. */
import { failure, type Command } from "../command.ts";
import { findServer } from "../target.ts";

export const showSess: Command = {
  name: "show sess",
  usage: "show sess [id]",
  help: "list the sessions, or one in detail",
  level: "operator",
  needs: "show-sess",
  async run({ ctx, args }) {
    const answers = await ctx.query("all", "show-sess", args);
    const text = answers.join("");
    return text === "" && Number(args[0]) > 0 ? failure("Session not found.") : text;
  },
};

export const shutdownSession: Command = {
  name: "shutdown session",
  usage: "shutdown session [id]",
  help: "close a session",
  level: "admin",
  needs: "shutdown-session",
  async run({ ctx, args }) {
    // A number that is not 0, as strtoul reads it.
    if (!/^\s*(0x0*[1-9a-f]|0*[1-9])/i.test(args[0] ?? "")) {
      return failure("Session pointer expected (use 'show sess').");
    }
    const answers = await ctx.query("all", "shutdown-session", [args[0]!]);
    return answers.includes("1") ? "" : failure("No such session (use 'show sess').");
  },
};

export const shutdownSessionsServer: Command = {
  name: "shutdown sessions server",
  usage: "shutdown sessions server <bk>/<srv>",
  help: "close the sessions on a server",
  level: "admin",
  needs: "shutdown-server",
  async run({ ctx, args }) {
    const found = findServer(ctx, args[0]);
    if (!found.ok) return found.error;
    await ctx.query("all", "shutdown-server", [found.value.proxy.name, found.value.server.name]);
    return "";
  },
};
