/** What loading big pattern files leaves behind, and is worth giving back before any traffic. */
const WORTH = 256 * 1024;

/**
 * Collects the garbage of loading these files, now: some ms, so for when nothing is served yet, or by who serves nothing. Without it the
 * next collection may be long in coming: little is allocated per request.
 */
export function collectAfterLoading(files: Readonly<Record<string, string>>): void {
  let size = 0;
  for (const path in files) size += files[path]!.length;
  if (size >= WORTH) Bun.gc(true);
}
