/** show errors [<iid>|<proxy>] [request|response] (management manual, section 9.3), in the form HAProxy 2.6 prints. */
import type { Model } from "../../../config/model.ts";
import { logDate } from "../../../log/date.ts";
import type { ErrorCapture } from "../../../stream/error-captures.ts";
import { type Command, failure } from "../command.ts";

interface Answer {
  readonly total: number;
  readonly captures: readonly ErrorCapture[];
}

export const showErrors: Command = {
  name: "show errors",
  usage: "show errors [<px>] [request|response]",
  help: "show the last bad request and response of every proxy",
  level: "operator",
  needs: "show-errors",
  async run({ ctx, args }) {
    const [which, side] = args;
    const model = ctx.model();
    let only: string | null = null;
    if (which !== undefined && !model.proxies.some(({ name }) => name === which)) {
      // A number, as atoi() reads it: of nobody, or negative for all.
      const id = Number.parseInt(which, 10) || 0;
      if (id === 0) return failure("No such proxy.");
      if (id > 0) only = model.proxies.find((proxy) => proxy.id === id)?.name ?? "";
    } else if (which !== undefined) only = which;
    if (side !== undefined && side !== "request" && side !== "response") {
      return failure("Expects either 'request' or 'response'.");
    }
    const answers = (await ctx.query("all", "show-errors", [])).map((text) => JSON.parse(text) as Answer);
    const last = new Map<string, ErrorCapture>();
    for (const capture of answers.flatMap(({ captures }) => captures)) {
      if (side !== undefined && capture.side !== side) continue;
      if (only !== null && capture.proxy !== only && capture.other !== only) continue;
      const key = `${capture.side} ${capture.proxy}`;
      if ((last.get(key)?.at ?? 0) <= capture.at) last.set(key, capture);
    }
    const total = answers.reduce((sum, answer) => sum + answer.total, 0);
    let out = `Total events captured on [${logDate(Date.now())}] : ${total}\n`;
    for (const { name } of model.proxies) {
      for (const one of ["request", "response"]) {
        const capture = last.get(`${one} ${name}`);
        if (capture !== undefined) out += describe(model, capture);
      }
    }
    return out;
  },
};

/** Bytes of a buffer that HAProxy keeps for itself. */
const RESERVED = 48;

function describe(model: Model, capture: ErrorCapture): string {
  const { at, side, proxy, other, server, source, bytes, position, state, offset, chunk, body } = capture;
  const named = (name: string | null): string => {
    const found = model.proxies.find((one) => one.name === name);
    return found === undefined ? "<NONE> (#-1)" : `${found.name} (#${found.id})`;
  };
  const owner = side === "request" ? other : proxy;
  const target = model.proxies.find(({ name }) => name === owner)?.servers.find(({ name }) => name === server);
  const [mine, theirs] = side === "request" ? ["frontend", "backend"] : ["backend", "frontend"];
  const { bufsize } = model.global;
  return ` 
[${logDate(at)}] ${mine} ${named(proxy)}: invalid ${side}
  ${theirs} ${named(other)}, server ${target === undefined ? "<NONE> (#-1)" : `${target.name} (#${target.id})`}, event #${capture.id}, src ${source}
  buffer starts at 0 (including 0 out), ${bufsize - bytes.length} free,
  len ${bytes.length}, wraps at ${bufsize - RESERVED - offset}, error at position ${position}
  H1 connection flags 0x00000000, H1 stream flags 0x00000000
  H1 msg state ${state}, H1 msg flags 0x00000000
  H1 chunk len ${chunk} bytes, H1 body len ${body} bytes :
  
${dump(bytes)}`;
}

/** Columns a line of the dump may take. */
const WIDTH = 79;
const letters: Readonly<Record<string, string>> = {
  "\t": "\\t",
  "\n": "\\n",
  "\r": "\\r",
  "\x1b": "\\e",
  "\\": "\\\\",
};

/** Lines with the offset of their first byte; "+" where one goes on. */
function dump(bytes: string): string {
  let out = "";
  for (let at = 0, lineAt = 0; at < bytes.length;) {
    let line = `  ${String(at).padStart(5, "0")}${at === lineAt ? " " : "+"} `;
    while (at < bytes.length) {
      const char = bytes[at]!;
      const shown =
        letters[char] ??
        (char >= " " && char <= "~" ? char : `\\x${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`);
      if (line.length + shown.length > WIDTH) break;
      line += shown;
      at++;
      if (char === "\n") {
        lineAt = at;
        break;
      }
    }
    out += `${line}\n`;
  }
  return out;
}
