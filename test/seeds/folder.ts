import { existsSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dir, "..", "..");

/** Where the seeds are: beside the repository, or beside the folder that holds its work trees; null when they are absent. */
export const seedsFolder: string | null =
  ["..", "../.."].map((up) => join(root, up, "shared", "seeds")).find((path) => existsSync(path)) ?? null;
