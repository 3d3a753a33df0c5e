import { openSink } from "./index.ts";

/**
 * One or more lines of this process on its standard error, at once and without waiting for whoever reads: a pipe that is full must not
 * hold the process. What finds no room is lost.
 */
export function writeToStderr(text: string): void {
  const sink = openSink({ kind: "stderr" });
  for (const line of text.replace(/\n$/, "").split("\n")) sink.write(Buffer.from(line).toString("latin1"));
  sink.flush();
}
