import { clock } from "../../util/clock.ts";
import type { TcpStream } from "./stream.ts";

/** Writes the line of a session, once: at its end, or earlier when the format needs no more. */
export function logSession(stream: TcpStream): void {
  if (stream.logged) return;
  const { logger, frontend } = stream;
  stream.logged = true;
  if (!logger.enabled) return;
  const { options } = frontend.model;
  const failed = stream.termCause !== "-";
  // Connections on which the client sent nothing (manual, option dontlognull).
  if (options.dontlognull && stream.bytesUploaded === 0) return;
  if (stream.logLevel === "silent") return;
  if (options["dontlog-normal"] && !failed && !stream.redispatched && stream.retries === 0) return;
  stream.logasap = options.logasap === true;
  stream.logCounter = frontend.logCount++;
  if (frontend.uniqueId !== null) stream.identify();
  stream.stamp(clock.now);
  const usual = options["log-separate-errors"] && (failed || stream.redispatched) ? "err" : "info";
  logger.stream(stream, stream.logLevel ?? usual);
}

/** The line when the server is reached: nothing of the client was passed on yet, and it shows as nothing. */
export function logEarly(stream: TcpStream): void {
  const { bytesUploaded } = stream;
  if (stream.frontend.model.options.dontlognull !== true) stream.bytesUploaded = 0;
  logSession(stream);
  stream.bytesUploaded = bytesUploaded;
}
