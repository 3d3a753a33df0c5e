/** Contexts of the TLS library: what it says to a key, a cipher list or a list of curves. */
import { createSecureContext, type SecureContextOptions } from "node:tls";
import { messageOf } from "../../util/error.ts";

/**
 * TLS 1.2 and below without `ciphers`, in the order OpenSSL has them: servers choose by their own preference, and the library's own
 * order would put AES-128 first.
 */
export const DEFAULT_CIPHERS = [
  "ECDHE-ECDSA-AES256-GCM-SHA384",
  "ECDHE-RSA-AES256-GCM-SHA384",
  "ECDHE-ECDSA-CHACHA20-POLY1305",
  "ECDHE-RSA-CHACHA20-POLY1305",
  "ECDHE-ECDSA-AES128-GCM-SHA256",
  "ECDHE-RSA-AES128-GCM-SHA256",
  "ECDHE-ECDSA-AES256-SHA",
  "ECDHE-RSA-AES256-SHA",
  "ECDHE-ECDSA-AES128-SHA",
  "ECDHE-RSA-AES128-SHA",
  "AES256-GCM-SHA384",
  "AES128-GCM-SHA256",
  "AES256-SHA",
  "AES128-SHA",
].join(":");

/** The library's words when it refuses these options, else null. */
export function contextProblem(options: SecureContextOptions): string | null {
  try {
    createSecureContext(options);
    return null;
  } catch (error) {
    const text = messageOf(error);
    return text.replace(/^error:[0-9a-f]+:/i, "");
  }
}

/** The context itself, as the `serverName` handler returns it (U). Throws what the library says. */
export function nativeContext(options: SecureContextOptions): object {
  return (createSecureContext(options) as unknown as { context: object }).context;
}

/** Versions as node names them. */
export function versionName(version: number): "TLSv1" | "TLSv1.1" | "TLSv1.2" | "TLSv1.3" {
  if (version === 0x301) return "TLSv1";
  if (version === 0x302) return "TLSv1.1";
  return version === 0x303 ? "TLSv1.2" : "TLSv1.3";
}
