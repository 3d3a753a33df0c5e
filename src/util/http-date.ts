/** Dates of HTTP (RFC 9110 section 5.6.7): all three forms are read. */

const MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const IMF = /^[a-z]{3}, (\d\d) ([a-z]{3}) (\d{4}) (\d\d):(\d\d):(\d\d) gmt$/i;
const RFC850 = /^[a-z]{6,9}, (\d\d)-([a-z]{3})-(\d\d) (\d\d):(\d\d):(\d\d) gmt$/i;
const ASCTIME = /^[a-z]{3} ([a-z]{3}) ([ \d]\d) (\d\d):(\d\d):(\d\d) (\d{4})$/i;

/** Epoch seconds; null = no date. */
export function parseHttpDate(text: string): number | null {
  let parts = IMF.exec(text);
  if (parts !== null) return epoch(Number(parts[3]), parts[2]!, Number(parts[1]), parts[4]!, parts[5]!, parts[6]!);
  parts = RFC850.exec(text);
  if (parts !== null) {
    const year = Number(parts[3]);
    return epoch(year < 70 ? 2000 + year : 1900 + year, parts[2]!, Number(parts[1]), parts[4]!, parts[5]!, parts[6]!);
  }
  parts = ASCTIME.exec(text);
  if (parts === null) return null;
  return epoch(Number(parts[6]), parts[1]!, Number(parts[2]), parts[3]!, parts[4]!, parts[5]!);
}

function epoch(year: number, name: string, day: number, hour: string, minute: string, second: string): number | null {
  const month = MONTHS.indexOf(name.toLowerCase());
  if (month < 0) return null;
  return Date.UTC(year, month, day, Number(hour), Number(minute), Number(second)) / 1000;
}
