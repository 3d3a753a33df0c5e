/**
 * The date texts of log lines and syslog headers, by the second. Times are milliseconds since 1970 and print in the
 * time zone of the process (`TZ`), as HAProxy does, unless a name says UTC.
 *
 * A line carries dates of the past (accept, first byte), so one remembered second is not enough under load: each style
 * keeps the last 16 different ones, found by the low bits of the second.
 */
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const SLOTS = 16;

const TWO = Array.from({ length: 100 }, (_, i) => String(i).padStart(2, "0"));
const THREE = Array.from({ length: 1000 }, (_, i) => String(i).padStart(3, "0"));

/** "007" for 7. `n` must be 0..999. */
export function pad3(n: number): string {
  return THREE[n]!;
}

type Style = (date: Date) => string;

/** Remembers what `style` makes of whole seconds. The function it returns takes seconds. */
function bySecond(style: Style): (second: number) => string {
  const seconds = new Float64Array(SLOTS).fill(Number.NaN);
  const texts: string[] = new Array<string>(SLOTS).fill("");
  return (second) => {
    const slot = second & (SLOTS - 1);
    if (seconds[slot] === second) return texts[slot]!;
    const text = style(new Date(second * 1000));
    seconds[slot] = second;
    texts[slot] = text;
    return text;
  };
}

/** "+0130" or, with a separator, "+01:30": the offset from UTC at that moment. */
function zone(date: Date, separator: string): string {
  const minutes = -date.getTimezoneOffset();
  const size = Math.abs(minutes);
  return (minutes < 0 ? "-" : "+") + TWO[Math.floor(size / 60)] + separator + TWO[size % 60];
}

function clock(date: Date): string {
  return TWO[date.getHours()] + ":" + TWO[date.getMinutes()] + ":" + TWO[date.getSeconds()];
}

function day(date: Date): string {
  return TWO[date.getDate()] + "/" + MONTHS[date.getMonth()] + "/" + date.getFullYear();
}

const logSecond = bySecond((d) => day(d) + ":" + clock(d) + ".");
const utcSecond = bySecond(
  (d) =>
    `${TWO[d.getUTCDate()]}/${MONTHS[d.getUTCMonth()]}/${d.getUTCFullYear()}:` +
    `${TWO[d.getUTCHours()]}:${TWO[d.getUTCMinutes()]}:${TWO[d.getUTCSeconds()]} +0000`,
);
const localSecond = bySecond((d) => day(d) + ":" + clock(d) + " " + zone(d, ""));
const isoSecond = bySecond((d) => `${d.getFullYear()}-${TWO[d.getMonth() + 1]}-${TWO[d.getDate()]}T${clock(d)}.`);
const isoZone = bySecond((d) => zone(d, ":"));
const syslogSecond = bySecond(
  (d) => MONTHS[d.getMonth()] + (d.getDate() < 10 ? "  " : " ") + d.getDate() + " " + clock(d),
);

/** "21/Nov/2026:10:57:47.617", local time: `%t` and `%tr`. */
export function logDate(ms: number): string {
  const second = Math.floor(ms / 1000);
  return logSecond(second) + THREE[ms - second * 1000]!;
}

/** The part of `logDate` that all of a second share, "21/Nov/2026:10:57:47.", and the rest of it. */
export function logSeconds(ms: number): string {
  return logSecond(Math.floor(ms / 1000));
}
/** Milliseconds within the second, three digits. */
export function logMilliseconds(ms: number): string {
  return THREE[ms - Math.floor(ms / 1000) * 1000]!;
}

/** "21/Nov/2026:10:57:47 +0000", UTC: `%T` and `%trg`. */
export function utcDate(ms: number): string {
  return utcSecond(Math.floor(ms / 1000));
}

/** "21/Nov/2026:11:57:47 +0100", local time: `%Tl` and `%trl`. */
export function localDate(ms: number): string {
  return localSecond(Math.floor(ms / 1000));
}

/** "2026-11-21T10:57:47.617000+00:00", local time: the formats rfc5424, timed and iso. Resolution 1 ms. */
export function isoDate(ms: number): string {
  const second = Math.floor(ms / 1000);
  return isoSecond(second) + THREE[ms - second * 1000]! + "000" + isoZone(second);
}

/** "Nov 21 10:57:47", "Nov  1 …", local time (RFC 3164, 4.1.2). Takes whole seconds: callers cache by them. */
export function syslogDate(second: number): string {
  return syslogSecond(second);
}
