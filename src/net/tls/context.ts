/** Contexts of the TLS library: what it says to a key, a cipher list or a list of curves. */
import { createSecureContext, type SecureContextOptions } from "node:tls";

/** The library's words when it refuses these options, else null. */
export function contextProblem(options: SecureContextOptions): string | null {
  try {
    createSecureContext(options);
    return null;
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    return text.replace(/^error:[0-9a-f]+:/i, "");
  }
}

/** The context itself, as the `serverName` handler returns it (U). Throws what the library says. */
export function nativeContext(options: SecureContextOptions): object {
  return (createSecureContext(options) as unknown as { context: object }).context;
}
