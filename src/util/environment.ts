/** What changes how Bun itself starts, and would let an inherited environment change what a child of this program does. */
const SCRUBBED = ["BUN_OPTIONS", "BUN_BE_BUN", "BUN_INSPECT", "BUN_INSPECT_PRELOAD", "NODE_OPTIONS"];

/** The environment for children: that of this process without what would steer the runtime, plus `extra`. */
export function childEnvironment(extra: Readonly<Record<string, string>> = {}): Record<string, string> {
  const env: Record<string, string> = {};
  for (const [name, value] of Object.entries(process.env)) {
    if (value !== undefined && !SCRUBBED.includes(name)) env[name] = value;
  }
  return { ...env, ...extra };
}
