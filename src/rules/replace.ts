/**
 * A replacement text with the groups of a match put in, as HAProxy's exp_replace: `\0` … `\9` are groups, `\xHH` a byte, a backslash
 * before anything else makes that character stand for itself.
 */
export function replaceWith(text: string, groups: readonly (string | undefined)[]): string {
  if (!text.includes("\\")) return text;
  let out = "";
  for (let i = 0; i < text.length; i++) {
    const c = text[i]!;
    if (c !== "\\") {
      out += c;
      continue;
    }
    const next = text[++i];
    if (next === undefined) return out + "\\";
    if (next >= "0" && next <= "9") out += groups[Number(next)] ?? "";
    else if (next === "x" && /^[0-9A-Fa-f]{2}$/.test(text.slice(i + 1, i + 3))) {
      out += String.fromCharCode(Number.parseInt(text.slice(i + 1, i + 3), 16));
      i += 2;
    } else out += next;
  }
  return out;
}
