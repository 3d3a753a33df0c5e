import type { LogFormatName } from "../config/model.ts";
import { isoDate, syslogDate } from "./date.ts";

/** What the header of a line says about this process. */
export interface Origin {
  readonly tag: string;
  readonly pid: number;
  /** `log-send-hostname`; null = not sent, which some formats fill with a fixed word. */
  readonly hostname: string | null;
}

/** What precedes the text of a line: `level` 0..7, `now` milliseconds since 1970, `data` RFC 5424 structured data. */
export type Header = (level: number, now: number, data: string) => string;

/** Keeps the text of one second for each level, since all lines of a second share it. */
function cached(build: (level: number, second: number) => string): Header {
  const seconds = new Float64Array(8).fill(Number.NaN);
  const texts: string[] = new Array<string>(8).fill("");
  return (level, now) => {
    const second = Math.floor(now / 1000);
    if (seconds[level] !== second) {
      seconds[level] = second;
      texts[level] = build(level, second);
    }
    return texts[level]!;
  };
}

const table = (text: (level: number) => string): Header => {
  const texts = Array.from({ length: 8 }, (_, level) => text(level));
  return (level) => texts[level]!;
};

/**
 * The header of a format (manual, `log … format`). RFC 3164 and RFC 5424 want a host name: without one HAProxy writes
 * "localhost" and "-". The program, process and message fields of RFC 5424 are the tag, the process number and "-".
 */
export const headers: Readonly<Record<LogFormatName, (facility: number, origin: Origin) => Header>> = {
  local: (facility, { tag, pid }) =>
    cached((level, second) => `<${facility * 8 + level}>${syslogDate(second)} ${tag}[${pid}]: `),
  rfc3164: (facility, { tag, pid, hostname }) =>
    cached(
      (level, second) => `<${facility * 8 + level}>${syslogDate(second)} ${hostname ?? "localhost"} ${tag}[${pid}]: `,
    ),
  rfc5424: (facility, { tag, pid, hostname }) => {
    const rest = ` ${hostname ?? "-"} ${tag} ${pid} - `;
    return (level, now, data) => `<${facility * 8 + level}>1 ${isoDate(now)}${rest}${data} `;
  },
  priority: (facility) => table((level) => `<${facility * 8 + level}>`),
  short: () => table((level) => `<${level}>`),
  timed: () => (level, now) => `<${level}>${isoDate(now)} `,
  iso: () => (_level, now) => `${isoDate(now)} `,
  raw: () => () => "",
};
