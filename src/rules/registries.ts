import { converters } from "../expr/conv/index.ts";
import type { Registries } from "../expr/compile.ts";
import { fetches } from "../expr/fetch/index.ts";

/** The fetches and converters rules may use. */
export const registries: Registries = { fetches, converters };
