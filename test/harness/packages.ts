/**
 * Packages of node_modules as they are on disk: Bun has a module of its own in the place of "ws", and what is not installed yet is to be
 * told in words. Their users say what they need of them, so that types do not depend on the installation.
 */
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

const root = join(import.meta.dir, "..", "..");
const load = createRequire(import.meta.url);

/** The CommonJS module at `path` under node_modules. */
export function installedPackage<T>(path: string): T {
  const file = join(root, "node_modules", path);
  if (!existsSync(file)) throw new Error(`node_modules/${path} is missing: run npm ci`);
  return load(file) as T;
}
