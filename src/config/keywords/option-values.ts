import type { ProxyContext } from "../context.ts";
import type { Keyword } from "./keyword.ts";

/** Options that take arguments or set more than a switch. */
export const optionValues: readonly Keyword<ProxyContext>[] = [];
