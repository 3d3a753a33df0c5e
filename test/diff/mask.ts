/** Takes out of recorded bytes what legitimately differs between two runs: ports, dates, process ids, how a body was cut into chunks. */
import zlib from "node:zlib";
import type { LogLine } from "./scenario.ts";

/** Replaces the port numbers of the scenario by `{name}`. */
export function maskPorts(text: string, ports: ReadonlyMap<string, number>): string {
  let masked = text;
  for (const [name, port] of ports) masked = masked.replaceAll(new RegExp(`(?<!\\d)${port}(?!\\d)`, "g"), `{${name}}`);
  return masked;
}

/**
 * HTTP messages with their chunk boundaries taken away: a chunked body is written as `<chunked>` data `<end>` and trailers. Long
 * bodies become their length and a checksum. Anything that is no HTTP message is left as it is.
 */
export function maskBodies(text: string): string {
  let out = "";
  let at = 0;
  while (at < text.length) {
    const head = text.indexOf("\r\n\r\n", at);
    if (head < 0 || !/^(HTTP\/\d|[!-~]+ [^ \r\n]+ HTTP\/)/.test(text.slice(at, at + 4096))) break;
    const body = head + 4;
    const fields = text.slice(at, body);
    out += fields;
    at = body;
    // The answer to HEAD has fields but no body: another message, or nothing, follows.
    if (/^HTTP\/\d/.test(text.slice(at, at + 7))) continue;
    if (/\r\ntransfer-encoding:[^\r]*chunked/i.test(fields)) {
      const coding = /\r\ncontent-encoding:\s*(gzip|deflate)\r/i.exec(fields);
      const [data, end] = joinChunks(text, at, coding?.[1]?.toLowerCase() ?? "");
      out += data;
      at = end;
      continue;
    }
    const length = /\r\ncontent-length:\s*(\d+)/i.exec(fields);
    if (length !== null) {
      const end = Math.min(text.length, at + Number(length[1]));
      out += shorten(text.slice(at, end));
      at = end;
      continue;
    }
    if (/^HTTP\/1\.[01] (1\d\d|204|304)/.test(fields) || !fields.startsWith("HTTP/")) continue;
    break;
  }
  return out + shorten(text.slice(at));
}

function joinChunks(text: string, from: number, coding: string): [string, number] {
  let data = "";
  let at = from;
  while (true) {
    // Whether the next chunk had been announced is a matter of boundaries too.
    if (at >= text.length) return [`<chunked>${decoded(data, coding)}<cut>`, text.length];
    const line = text.indexOf("\r\n", at);
    const size = line < 0 ? Number.NaN : Number.parseInt(text.slice(at, line), 16);
    if (Number.isNaN(size)) return [`<chunked>${decoded(data, coding)}<broken>${shorten(text.slice(at))}`, text.length];
    if (size === 0) {
      const last = line + 2;
      const end = text.startsWith("\r\n", last) ? last + 2 : text.indexOf("\r\n\r\n", last) + 4;
      if (end < last) return [`<chunked>${decoded(data, coding)}<cut>${text.slice(last)}`, text.length];
      return [`<chunked>${decoded(data, coding)}<end>${text.slice(last, end)}`, end];
    }
    const chunk = text.slice(line + 2, line + 2 + size);
    data += chunk;
    at = line + 2 + size + 2;
    if (chunk.length < size || at > text.length) return [`<chunked>${decoded(data, coding)}<cut>`, text.length];
  }
}

/** A compressed body as what it says, with the format in front; two compressors need not write the same bytes. */
function decoded(data: string, coding: string): string {
  if (coding === "") return shorten(data);
  const bytes = Buffer.from(data, "latin1");
  // What was cut is read as far as it goes.
  const options = { finishFlush: zlib.constants.Z_SYNC_FLUSH };
  try {
    if (coding === "gzip") return `<gzip>${shorten(zlib.gunzipSync(bytes, options).toString("latin1"))}`;
    const wrapped = bytes.length >= 2 && (bytes[0]! & 15) === 8 && bytes.readUInt16BE(0) % 31 === 0;
    if (wrapped) return `<zlib>${shorten(zlib.inflateSync(bytes, options).toString("latin1"))}`;
    return `<raw deflate>${shorten(zlib.inflateRawSync(bytes, options).toString("latin1"))}`;
  } catch {
    return shorten(data);
  }
}

function shorten(data: string): string {
  return data.length <= 2000 ? data : `<${data.length} bytes, crc ${Bun.hash.crc32(data).toString(16)}>`;
}

/** Lines both programs write at start and stop, which belong to no scenario. */
const notCompared = /\bProxy \S+ (started|stopped|is now)|Stopping (proxy|frontend|backend)/;

/** Takes date, process id, client port, timers and the process-wide connection count out of a syslog line; null for lines of no interest. */
export function maskLog(line: string, alone: boolean): LogLine | null {
  if (notCompared.test(line)) return null;
  const timers: number[] = [];
  const text = line
    .replace(/^(<\d+>)\w{3} [ \d]\d \d\d:\d\d:\d\d /, "$1DATE ")
    .replace(/\[\w{3} [ \d]\d \d\d:\d\d:\d\d\.?\d*\]|\[?\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}[-+]\d\d:\d\d\]?/, "DATE")
    .replace(/(?<=DATE (?:\S+ )?\w+)\[\d+\](?=: )/, "[PID]")
    .replace(/^(<\d+>1 DATE \S+ \S+) \d+ - /, "$1 PID - ")
    .replace(/(^|[ :>])(127\.0\.\d+\.\d+|192\.0\.2\.\d+):\d{4,5}(?= )/g, "$1$2:PORT")
    .replace(
      / - - \[[^\]]+\] (".*" \d+ \d+ "" "") \d+ \d+ ("\S+" "\S+" "\S+") [-\d]+ [-\d]+ [-\d]+ [-\d]+ [-\d]+ /,
      " - - [ACCEPT] $1 PORT MS $2 T T T T T ",
    )
    .replace(/\[\d\d\/\w{3}\/\d{4}:\d\d:\d\d:\d\d\.\d{3}\]/, "[ACCEPT]")
    .replace(/(\[ACCEPT\] \S+ \S+ )([-+\d/]+)/, (_, before: string, values: string) => {
      const fields = values.split("/").map((value) => {
        timers.push(Number(value.replace("+", "")));
        return value.startsWith("+") ? "+T" : value === "-1" ? "-1" : "T";
      });
      return before + fields.join("/");
    })
    // Custom formats of scenarios name what they show: "Tr=12", "bp=54321".
    .replace(/\b(T[acdhiqrtuwR])=(\+?)(-?\d+)/g, (_, name: string, plus: string, value: string) => {
      timers.push(Number(value));
      return `${name}=${plus}${value === "-1" ? value : "T"}`;
    })
    .replace(/\b(cp|bp|pid|rt|ms|Ts|ac)=[0-9A-F]+/g, "$1=N")
    .replace(/\b(T|Tl|t|tr|trg|trl)=\d\d\/\w{3}\/\d{4}:\d\d:\d\d:\d\d(\.\d{3}| [-+]\d{4})/g, "$1=WHEN")
    // HAProxy tells it of a reset that its poller saw, and not of one that a read met.
    .replace('"SSL handshake failure (Connection reset by peer)"', '"SSL handshake failure"')
    .replace(/check duration: (\d+)ms/, (_, value: string) => {
      timers.push(Number(value));
      return "check duration: Tms";
    });
  // actconn counts the connections of the whole process, thus of other scenarios.
  const counted = alone
    ? text
    : text
        .replace(/ \d+(\/\d+\/\d+\/\d+\/\+?\d+ \d+\/\d+)/, " A$1")
        .replace(/( PORT MS .* \S{4}) \d+( \d+ \d+ \d+ \d+ \d+ \d+ )/, "$1 A$2");
  return { text: counted, timers };
}
