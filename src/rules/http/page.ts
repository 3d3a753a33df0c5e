/** Error files: complete HTTP/1 responses kept as text (manual, section 4.2, errorfile). */
import type { Args } from "../../lang/args.ts";
import type { Word } from "../../lang/line.ts";
import type { ActionEnv } from "../types.ts";
import { messageOf } from "../../util/error.ts";

/** Statuses HAProxy itself can answer with, so whose page can be replaced (manual section 4.2, errorfile). */
export const ERROR_STATUSES: readonly number[] = [
  200, 400, 401, 403, 404, 405, 407, 408, 410, 413, 421, 422, 425, 429, 500, 501, 502, 503, 504,
];

/** The file's bytes; empty is allowed and means: close without an answer. Null after a complaint. */
export function readPage(args: Args, env: ActionEnv, file: Word): string | null {
  let bytes: string;
  try {
    bytes = env.readFile(file.text);
  } catch (error) {
    const why = messageOf(error);
    return args.error("config/unreadable-file", file, `cannot read '${file.text}': ${why}`);
  }
  if (bytes === "") return bytes;
  if (bytes.length > env.bufsize) {
    return args.error(
      "config/file-too-big",
      file,
      `'${file.text}' is larger than a buffer: ${bytes.length} of ${env.bufsize} bytes`,
    );
  }
  const problem = responseProblem(bytes);
  return problem === null
    ? bytes
    : args.error("config/bad-error-page", file, `'${file.text}' is not a complete HTTP response: ${problem}`);
}

/** What keeps a text from being a complete HTTP/1 response (RFC 9112 sections 4 to 6), or null. */
function responseProblem(bytes: string): string | null {
  const end = /\r?\n\r?\n/.exec(bytes);
  if (end === null) return "no empty line behind the headers";
  const [first = "", ...headers] = bytes.slice(0, end.index).split(/\r?\n/);
  const status = /^HTTP\/1\.[01] ([1-9]\d\d)(?: .*)?$/.exec(first);
  if (status === null) return `'${first.slice(0, 40)}' is no status line`;
  if (status[1]!.startsWith("1")) return "an interim status ends nothing";
  let length = -1;
  for (const header of headers) {
    const match = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*(.*?)[ \t]*$/.exec(header);
    if (match === null) return `'${header.slice(0, 40)}' is no header`;
    const name = match[1]!.toLowerCase();
    if (name === "transfer-encoding") return "a transfer coding is not possible";
    if (name !== "content-length") continue;
    if (!/^\d{1,15}$/.test(match[2]!)) return `'${match[2]}' is no length`;
    length = Number(match[2]);
  }
  const body = bytes.length - end.index - end[0].length;
  if (length >= 0 && length !== body) return `its length is ${body} bytes, its Content-Length says ${length}`;
  return null;
}
