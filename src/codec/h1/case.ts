/** Header names with capitals, for peers that break where names are in lower case (manual, section 3.1, h1-case-adjust). */

/** Names as they are to be written, by their lower-case form, which has the same length. */
export type HeaderCases = ReadonlyMap<string, Buffer>;

const COLON = 58;
const CR = 13;
const LF = 10;

/** Changes the names of a complete head at buf[start, …): start line, header lines, blank line. In place. */
export function adjustCases(buf: Buffer, start: number, cases: HeaderCases): void {
  let at = buf.indexOf(LF, start) + 1;
  while (at > 0 && at < buf.length && buf[at] !== CR && buf[at] !== LF) {
    const colon = buf.indexOf(COLON, at);
    if (colon < 0) return;
    const wanted = cases.get(buf.toString("latin1", at, colon));
    if (wanted !== undefined) wanted.copy(buf, at);
    at = buf.indexOf(LF, colon) + 1;
  }
}
