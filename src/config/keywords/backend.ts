import type { ProxyContext } from "../context.ts";
import type { Keyword } from "./keyword.ts";

export const backendKeywords: readonly Keyword<ProxyContext>[] = [];
