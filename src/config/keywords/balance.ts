import type { ProxyContext } from "../context.ts";
import type { Keyword } from "./keyword.ts";

export const balanceKeywords: readonly Keyword<ProxyContext>[] = [];
