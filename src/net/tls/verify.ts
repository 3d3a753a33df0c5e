/** Results of the verification of a peer's certificate, by OpenSSL's numbers (X509_V_ERR_…, manual: ssl_c_verify, crt-ignore-err). */
import { parseX509, timeOf } from "./x509.ts";

/** Names as Bun reports them in the `code` of an error. */
const numbers: Readonly<Record<string, number>> = {
  UNSPECIFIED: 1,
  UNABLE_TO_GET_ISSUER_CERT: 2,
  UNABLE_TO_GET_CRL: 3,
  UNABLE_TO_DECRYPT_CERT_SIGNATURE: 4,
  UNABLE_TO_DECRYPT_CRL_SIGNATURE: 5,
  UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY: 6,
  CERT_SIGNATURE_FAILURE: 7,
  CRL_SIGNATURE_FAILURE: 8,
  CERT_NOT_YET_VALID: 9,
  CERT_HAS_EXPIRED: 10,
  CRL_NOT_YET_VALID: 11,
  CRL_HAS_EXPIRED: 12,
  ERROR_IN_CERT_NOT_BEFORE_FIELD: 13,
  ERROR_IN_CERT_NOT_AFTER_FIELD: 14,
  ERROR_IN_CRL_LAST_UPDATE_FIELD: 15,
  ERROR_IN_CRL_NEXT_UPDATE_FIELD: 16,
  OUT_OF_MEM: 17,
  DEPTH_ZERO_SELF_SIGNED_CERT: 18,
  SELF_SIGNED_CERT_IN_CHAIN: 19,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 20,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 21,
  CERT_CHAIN_TOO_LONG: 22,
  CERT_REVOKED: 23,
  INVALID_CA: 24,
  PATH_LENGTH_EXCEEDED: 25,
  INVALID_PURPOSE: 26,
  CERT_UNTRUSTED: 27,
  CERT_REJECTED: 28,
  HOSTNAME_MISMATCH: 62,
};

/** 1 (unspecified) for what is not in the list. */
export function verifyNumber(code: string | undefined): number {
  return code === undefined ? 0 : (numbers[code] ?? 1);
}

/** Whether an error says that a handshake came to its end and the certificate is not trusted. */
export function isVerifyCode(code: string | undefined): boolean {
  return code !== undefined && numbers[code] !== undefined;
}

/** Errors that are about an authority rather than the peer's own certificate. */
const OF_AUTHORITIES: ReadonlySet<number> = new Set([2, 6, 19, 22, 24, 25]);

/**
 * Whether an error stands at depth 0 or above. The library tells the error alone; a date is the peer's own when its certificate
 * says so.
 */
export function errorDepth(error: number, der: Uint8Array, now: number): number {
  if (OF_AUTHORITIES.has(error)) return 1;
  if (error !== 9 && error !== 10) return 0;
  const certificate = parseX509(der);
  if (certificate === null) return 0;
  const own = error === 10 ? timeOf(certificate.notAfter) < now : timeOf(certificate.notBefore) > now;
  return own ? 0 : 1;
}

/** The numbers of ca-ignore-err and crt-ignore-err; -1 = all. */
export function ignores(list: readonly number[], error: number): boolean {
  return list.includes(-1) || list.includes(error);
}
