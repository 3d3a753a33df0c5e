import type { CertificateInfo } from "../../net/tls/certificate.ts";

const DAY_MS = 86_400_000;

/** A certificate with fewer days left is named. */
const EXPIRES_SOON_DAYS = 30;

export interface Validity {
  readonly code: "tls/expired" | "tls/not-yet-valid" | "tls/expires-soon";
  readonly message: string;
}

/** Whole days, rounded down: 0 = less than a day. */
export function daysLeft(notAfter: number, now: number): number {
  return Math.floor((notAfter - now) / DAY_MS);
}

function days(n: number): string {
  return n === 1 ? "1 day" : `${n} days`;
}

function date(time: number): string {
  return new Date(time).toISOString().slice(0, 10);
}

/** What is to be said about the time a certificate is valid; nothing about one with time left. */
export function describeValidity(
  path: string,
  { notBefore, notAfter, names }: Pick<CertificateInfo, "notBefore" | "notAfter" | "names">,
  now: number,
): Validity[] {
  const of = `'${path}'${names[0] === undefined ? "" : ` (${names[0]})`}`;
  if (notAfter < now) {
    const ago = Math.floor((now - notAfter) / DAY_MS);
    const message = `the certificate ${of} expired ${days(ago)} ago, on ${date(notAfter)}`;
    return [{ code: "tls/expired", message }];
  }
  if (notBefore > now) {
    const message = `the certificate ${of} is not valid before ${date(notBefore)}`;
    return [{ code: "tls/not-yet-valid", message }];
  }
  const left = daysLeft(notAfter, now);
  if (left >= EXPIRES_SOON_DAYS) return [];
  const message = `the certificate ${of} expires in ${days(left)}, on ${date(notAfter)}`;
  return [{ code: "tls/expires-soon", message }];
}
