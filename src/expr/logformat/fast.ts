/**
 * Fast path: the named formats written out by hand. Each must give what the compiler makes of the text in named.ts;
 * compile.test.ts feeds both the same records.
 */
import { logDate } from "../../log/date.ts";
import { BAD_REQUEST, type LogRecord } from "../../log/record.ts";
import { encodeRequest } from "./escape.ts";
import { captureBlock } from "./tags/capture.ts";
import { requestDate } from "./tags/date.ts";

/** `option tcplog`. */
export function tcplog(r: LogRecord): string {
  const plus = r.logasap ? "+" : "";
  return (
    `${r.clientAddress || "-"}:${r.clientPort} [${logDate(r.acceptDate)}] ${r.frontendName}${r.tls ? "~ " : " "}` +
    `${r.backendName || "-"}/${r.serverName || "-"} ${r.tQueue}/${r.tConnect}/${plus}${r.tTotal} ${plus}${r.bytesRead} ` +
    `${r.terminationState.slice(0, 2)} ${r.actconn}/${r.feconn}/${r.beconn}/${r.srvconn}/` +
    `${r.redispatched ? "+" : ""}${r.retries} ${r.srvQueue}/${r.backendQueue}`
  );
}

/** `option httplog`. */
export function httplog(r: LogRecord): string {
  const plus = r.logasap ? "+" : "";
  const request = r.requestCaptures === null ? "" : captureBlock(r.requestCaptures);
  const response = r.responseCaptures === null ? "" : captureBlock(r.responseCaptures);
  return (
    `${r.clientAddress || "-"}:${r.clientPort} [${logDate(requestDate(r))}] ${r.frontendName}${r.tls ? "~ " : " "}` +
    `${r.backendName || "-"}/${r.serverName || "-"} ` +
    `${r.tRequest}/${r.tQueue}/${r.tConnect}/${r.tResponse}/${plus}${r.tActive} ${r.status} ${plus}${r.bytesRead} ` +
    `${r.requestCookie ?? "-"} ${r.responseCookie ?? "-"} ${r.terminationState} ` +
    `${r.actconn}/${r.feconn}/${r.beconn}/${r.srvconn}/${r.redispatched ? "+" : ""}${r.retries} ` +
    `${r.srvQueue}/${r.backendQueue} ${request === "" ? "" : request + " "}${response === "" ? "" : response + " "}` +
    `"${encodeRequest(r.requestLine ?? BAD_REQUEST)}"`
  );
}

/**
 * `option httpslog`: httplog, then the error codes and names of the client's TLS connection. A stream exists only after
 * a handshake that succeeded, so the codes are zero where they apply.
 */
export function httpslog(r: LogRecord): string {
  if (r.tlsVersion === null) return httplog(r) + " 0/-/-/-/0 -/-/-";
  const errors = `0/0000000000000000/${r.tlsCertificateError}/${r.tlsAuthorityError}/${r.tlsResumed ? 1 : 0}`;
  return `${httplog(r)} ${errors} ${r.tlsSni || "-"}/${r.tlsVersion}/${r.tlsCipher || "-"}`;
}

/** The line without any format configured, written when a connection is accepted (manual 8.2.1). */
export function connectFrom(r: LogRecord): string {
  const mode = r.mode === "http" ? "HTTP" : "TCP";
  const proxy = `(${r.frontendName}/${mode})`;
  if (r.clientAddress === "unix") return `Connect to unix:${r.clientPort} ${proxy}`;
  return `Connect from ${r.clientAddress}:${r.clientPort} to ${r.frontendAddress}:${r.frontendPort} ${proxy}`;
}

/**
 * The line of a connection that failed before it had a stream (manual 8.2.5). `bind` is the name of the listener, or its
 * number when it has none; `message` says why, e.g. "SSL handshake failure".
 */
export function connectionError(r: LogRecord, bind: string, message: string): string {
  return `${r.clientAddress}:${r.clientPort} [${logDate(r.acceptDate)}] ${r.frontendName}/${bind}: ${message}`;
}
