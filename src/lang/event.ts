/** What happens to proxies and servers, as HAProxy shows it on standard error beside the log. */
import { haproxyMessage } from "./render.ts";

/** `alarm`: a backend is without servers; all else is a warning there, whatever its level in the log. */
export function eventMessage(alarm: boolean, pid: number, text: string): string {
  // The one line that differs from that of the log.
  const shown = text.replace(/^(backend|proxy) (\S+) (?=has no server available!)/, "$1 '$2' ");
  return haproxyMessage(alarm ? "error" : "warning", pid, shown);
}
