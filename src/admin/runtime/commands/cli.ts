/** The connection itself: help, prompt, quit, level, timeout. */
import { parseTime } from "../../../lang/units.ts";
import { failure, info, type Command } from "../command.ts";
import { getsockname } from "../../../ffi/socket.ts";
import { socketAddress } from "../sockets.ts";
import { helpText, matching } from "../match.ts";

export const help: Command = {
  name: "help",
  usage: "help [<command>]",
  help: "list the commands, or those that match",
  run: ({ commands, args }) => helpText("The following commands are valid at this level:", matching(commands, args)),
};

export const prompt: Command = {
  name: "prompt",
  usage: "prompt",
  help: "switch the interactive mode on or off",
  run({ session }) {
    session.prompt = !session.prompt;
    return "";
  },
};

export const quit: Command = {
  name: "quit",
  usage: "quit",
  help: "close the connection",
  run({ session }) {
    session.closing = true;
    return "";
  },
};

function lower(level: "user" | "operator"): Command {
  return {
    name: level,
    usage: level,
    help: `lower the level of this connection to ${level}`,
    level,
    run({ session }) {
      session.level = level;
      return "";
    },
  };
}

export const user = lower("user");
export const operator = lower("operator");

export const showCliLevel: Command = {
  name: "show cli level",
  usage: "show cli level",
  help: "show the level of this connection",
  run: ({ session }) => info(session.level),
};

export const showCliSockets: Command = {
  name: "show cli sockets",
  usage: "show cli sockets",
  help: "list the sockets of the runtime API",
  run({ ctx }) {
    let out = "# socket lvl processes\n";
    for (const { address, level } of ctx.model().global.statsSockets) {
      // One that was handed over is shown by its address.
      const shown = address.kind === "fd" ? (getsockname(address.fd) ?? address) : address;
      out += `${socketAddress(shown)} ${level} all\n`;
    }
    return out;
  },
};

export const setTimeoutCli: Command = {
  name: "set timeout",
  usage: "set timeout [cli] <delay>",
  help: "change the idle time after which this connection is closed",
  run({ session, args }) {
    if (args[0] !== "cli") return failure("'set timeout' only supports 'cli'.");
    if (args[1] === undefined) return failure("Expects an integer value.");
    const delay = parseTime(args[1], "s");
    if (!delay.ok || delay.trailing >= 0 || delay.value < 1) return failure("Invalid timeout value.");
    session.timeoutMs = delay.value;
    return "";
  },
};

export const setSeverity: Command = {
  name: "set severity-output",
  usage: "set severity-output [none|number|string]",
  help: "put the severity before messages of this connection",
  run({ session, args }) {
    const [mode] = args;
    if (mode !== "none" && mode !== "number" && mode !== "string") {
      return failure("one of 'none', 'number', 'string' is a required argument");
    }
    session.severity = mode;
    return "";
  },
};

export const showVersion: Command = {
  name: "show version",
  usage: "show version",
  help: "show the version of the program",
  run: ({ ctx }) => info(ctx.version),
};

export const showEnv: Command = {
  name: "show env",
  usage: "show env [var]",
  help: "list the environment variables of the process",
  level: "operator",
  run({ args }) {
    const [name] = args;
    if (name === undefined) {
      return Object.entries(process.env)
        .map(([key, value]) => `${key}=${value ?? ""}\n`)
        .join("");
    }
    const value = process.env[name];
    return value === undefined ? failure("Variable not found") : `${name}=${value}\n`;
  },
};
