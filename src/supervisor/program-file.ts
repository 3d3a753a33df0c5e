/** Whether the file this program was started from still holds it. */
import { realpathSync, statSync } from "node:fs";

/** Names what is behind a path now: another file there, or another content, has another name; "" = nothing. */
export function fileIdentity(path: string): string {
  try {
    const { dev, ino, size, mtimeMs } = statSync(realpathSync(Bun.which(path) ?? path));
    return [dev, ino, size, mtimeMs].join(" ");
  } catch {
    return "";
  }
}
