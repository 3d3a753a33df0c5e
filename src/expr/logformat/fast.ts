/**
 * Fast path: the named formats written out by hand. Each must give what the compiler makes of the text in named.ts;
 * compile.test.ts feeds both the same records.
 */
import { logDate, logMilliseconds, logSeconds } from "../../log/date.ts";
import { line, type LineFormat, type LineWriter } from "../../log/line.ts";
import { BAD_REQUEST, type LogRecord } from "../../log/record.ts";
import { captureBlock } from "./tags/capture.ts";
import { requestDate } from "./tags/date.ts";

const SPACE = 32;
const QUOTE = 34;
const PLUS = 43;
const DASH = 45;
const SLASH = 47;
const COLON = 58;
const OPEN = 91;
const CLOSE = 93;
const TILDE = 126;

/** Client, date, frontend, backend and server, each with the space behind it. */
function writeEnds(r: LogRecord, date: number, out: LineWriter): void {
  out.text(r.clientAddress || "-");
  out.byte(COLON);
  out.int(r.clientPort);
  out.byte(SPACE);
  out.byte(OPEN);
  out.text(logSeconds(date));
  out.text(logMilliseconds(date));
  out.byte(CLOSE);
  out.byte(SPACE);
  out.text(r.frontendName);
  if (r.tls) out.byte(TILDE);
  out.byte(SPACE);
  out.text(r.backendName || "-");
  out.byte(SLASH);
  out.text(r.serverName || "-");
  out.byte(SPACE);
}

/** Connections, retries and queues, with a space before. */
function writeCounts(r: LogRecord, out: LineWriter): void {
  out.byte(SPACE);
  out.int(r.actconn);
  out.byte(SLASH);
  out.int(r.feconn);
  out.byte(SLASH);
  out.int(r.beconn);
  out.byte(SLASH);
  out.int(r.srvconn);
  out.byte(SLASH);
  if (r.redispatched) out.byte(PLUS);
  out.int(r.retries);
  out.byte(SPACE);
  out.int(r.srvQueue);
  out.byte(SLASH);
  out.int(r.backendQueue);
}

/** The time and the bytes that may still grow. */
function writeTotals(r: LogRecord, time: number, out: LineWriter): void {
  if (r.logasap) out.byte(PLUS);
  out.int(time);
}

function writeTcplog(r: LogRecord, out: LineWriter): void {
  writeEnds(r, r.acceptDate, out);
  out.int(r.tQueue);
  out.byte(SLASH);
  out.int(r.tConnect);
  out.byte(SLASH);
  writeTotals(r, r.tTotal, out);
  out.byte(SPACE);
  writeTotals(r, r.bytesRead, out);
  out.byte(SPACE);
  out.text(r.terminationState.slice(0, 2));
  writeCounts(r, out);
}

function writeCookie(cookie: string | null, out: LineWriter): void {
  out.byte(SPACE);
  if (cookie === null) out.byte(DASH);
  else out.text(cookie);
}

function writeCaptures(captures: LogRecord["requestCaptures"], out: LineWriter): void {
  const block = captures === null ? "" : captureBlock(captures);
  if (block === "") return;
  out.text(block);
  out.byte(SPACE);
}

function writeHttplog(r: LogRecord, out: LineWriter): void {
  writeEnds(r, requestDate(r), out);
  out.int(r.tRequest);
  out.byte(SLASH);
  out.int(r.tQueue);
  out.byte(SLASH);
  out.int(r.tConnect);
  out.byte(SLASH);
  out.int(r.tResponse);
  out.byte(SLASH);
  writeTotals(r, r.tActive, out);
  out.byte(SPACE);
  out.int(r.status);
  out.byte(SPACE);
  writeTotals(r, r.bytesRead, out);
  writeCookie(r.requestCookie, out);
  writeCookie(r.responseCookie, out);
  out.byte(SPACE);
  out.text(r.terminationState);
  writeCounts(r, out);
  out.byte(SPACE);
  writeCaptures(r.requestCaptures, out);
  writeCaptures(r.responseCaptures, out);
  out.byte(QUOTE);
  out.request(r.requestLine ?? BAD_REQUEST);
  out.byte(QUOTE);
}

function textOf(write: LineFormat): (r: LogRecord) => string {
  return (r) => {
    line.begin();
    write(r, line);
    return line.toString();
  };
}

/** `option tcplog`. */
export const tcplog = textOf(writeTcplog);

/** `option httplog`. */
export const httplog = textOf(writeHttplog);

/** Formats that are written without a text in between. */
export const lineFormats: ReadonlyMap<(r: LogRecord) => string, LineFormat> = new Map([
  [tcplog, writeTcplog],
  [httplog, writeHttplog],
]);

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
