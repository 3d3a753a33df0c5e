import type { GlobalContext } from "../context.ts";
import type { Keyword } from "./keyword.ts";

/** Settings of HAProxy's engine that have no counterpart here: accepted with a warning. */
export const inertGlobalKeywords: readonly Keyword<GlobalContext>[] = [];
