/** Finds what differs between two observations; an empty list means the programs behaved alike. */
import type { CompareOptions, LogLine, Observation } from "./scenario.ts";

export function differences(expected: Observation, actual: Observation, options: CompareOptions = {}): string[] {
  const found: string[] = [];
  const differ = (what: string, want: unknown, got: unknown): void => {
    found.push(`${what}\n      haproxy: ${show(want)}\n      tlb:     ${show(got)}`);
  };

  if (expected.error !== actual.error) differ("the script", expected.error, actual.error);
  for (let index = 0; index < Math.max(expected.clients.length, actual.clients.length); index++) {
    const want = expected.clients[index];
    const got = actual.clients[index];
    if (options.received !== false && !sameAges(want?.received, got?.received))
      differ(`client ${index} received`, want?.received, got?.received);
    const loose = options.clientClose === "closed";
    if (kind(want?.close, loose) !== kind(got?.close, loose)) differ(`client ${index} close`, want?.close, got?.close);
  }
  if (options.servers !== false) {
    for (const name of Object.keys(expected.servers)) {
      const wants = expected.servers[name] ?? [];
      const gots = actual.servers[name] ?? [];
      if (wants.length !== gots.length) differ(`server ${name}: connections`, wants.length, gots.length);
      for (let index = 0; index < Math.max(wants.length, gots.length); index++) {
        const want = wants[index];
        const got = gots[index];
        if (want?.received !== got?.received) {
          differ(`server ${name} connection ${index} received`, want?.received, got?.received);
        }
        const loose = options.serverClose !== true;
        if (kind(want?.close, loose) !== kind(got?.close, loose)) {
          differ(`server ${name} connection ${index} close`, want?.close, got?.close);
        }
      }
    }
  }
  const timers = (options.timers ?? 60) + Math.max(expected.missed, actual.missed);
  compareLogs(expected.logs, actual.logs, { ...options, timers }, differ);
  for (const key of new Set([...Object.keys(expected.notes), ...Object.keys(actual.notes)])) {
    if (!Bun.deepEquals(expected.notes[key], actual.notes[key])) differ(key, expected.notes[key], actual.notes[key]);
  }
  return found;
}

function compareLogs(
  wants: readonly LogLine[],
  gots: readonly LogLine[],
  options: CompareOptions & { readonly timers: number },
  differ: (what: string, want: unknown, got: unknown) => void,
): void {
  const order = (lines: readonly LogLine[]): readonly LogLine[] =>
    options.logOrder === "any" ? lines.toSorted((a, b) => (a.text < b.text ? -1 : a.text > b.text ? 1 : 0)) : lines;
  const expected = order(wants.map((line) => loosen(line, options)));
  const actual = order(gots.map((line) => loosen(line, options)));
  if (expected.length !== actual.length) {
    differ("log lines", expected.map(withTimers).join("\n          "), actual.map(withTimers).join("\n          "));
    return;
  }
  for (const [index, want] of expected.entries()) {
    const got = actual[index]!;
    if (!sameText(want.text, got.text) || !timersAgree(want.timers, got.timers, options.timers)) {
      differ(`log line ${index}`, withTimers(want), withTimers(got));
    }
  }
}

function loosen({ text, timers }: LogLine, options: CompareOptions): LogLine {
  let loose = text;
  if (options.logBytes === false) loose = loose.replace(/(\/T (?:\d{3} )?)\+?\d+/, "$1B");
  if (options.logServer === false) loose = loose.replace(/(?<= be\/)\S+/, "SERVER").replace(/(?<="GET \/)\d+/, "N");
  return { text: loose, timers };
}

/** Equal, but for the seconds that a cache has held what it answers with: the two programs began theirs at different moments. */
function sameAges(want: string | undefined, got: string | undefined): boolean {
  if (want === got || want === undefined || got === undefined) return want === got;
  const wants = want.split(AGE);
  const gots = got.split(AGE);
  return (
    wants.length === gots.length &&
    wants.every((text, index) => text === gots[index] || (index % 2 === 1 && Math.abs(+text - +gots[index]!) === 1))
  );
}

const AGE = /(?<=\r\nage: )(\d+)(?=\r\n)/;

/** Lines cut at their longest may differ by a few characters at the end: the date, ports and timers that were masked vary in length. */
function sameText(want: string, got: string): boolean {
  if (want === got) return true;
  const [long, short] = want.length > got.length ? [want, got] : [got, want];
  return short.length > 80 && long.length - short.length <= 8 && !long.endsWith('"') && long.startsWith(short);
}

/** "Not reached" (-1) must agree; times may differ by `tolerance` ms and a quarter of the larger. */
function timersAgree(wants: readonly number[], gots: readonly number[], tolerance: number): boolean {
  return (
    wants.length === gots.length &&
    wants.every((want, index) => {
      const got = gots[index]!;
      if (want < 0 || got < 0) return want === got;
      return Math.abs(want - got) <= tolerance + Math.max(want, got) / 4;
    })
  );
}

function withTimers(line: LogLine): string {
  return line.timers.length === 0 ? line.text : `${line.text}   (T: ${line.timers.join("/")})`;
}

function kind(close: string | undefined, loose: boolean): string | undefined {
  return loose && (close === "fin" || close === "reset") ? "closed" : close;
}

function show(value: unknown): string {
  return typeof value === "string" ? value.replaceAll("\r\n", "\\r\\n").slice(0, 1500) : JSON.stringify(value);
}
