import type { CodeInfo } from "./code.ts";

export function row(code: string, title: string, explanation: string, bad?: string, good?: string): CodeInfo {
  return { code, title, explanation, ...(bad === undefined ? {} : { bad }), ...(good === undefined ? {} : { good }) };
}
