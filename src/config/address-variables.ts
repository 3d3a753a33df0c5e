import { variable, type Variables } from "../lang/environment.ts";

/**
 * `$NAME` and `${NAME}` of an address written outside double quotes. Everywhere else the language expands variables inside double quotes
 * only; addresses are expanded once more where they are read, as HAProxy does, and a name that is not set is the empty string.
 */
export function expandAddress(text: string, variables: Variables): string {
  if (!text.includes("$")) return text;
  return text.replaceAll(/\$(?:\{(\w*)\}?|(\w*))/g, (_, braced?: string, bare?: string) => {
    return variable(variables, braced ?? bare ?? "") ?? "";
  });
}
