/**
 * Puts the groups of a match into a template: \0 to \9 stand for groups (empty when they took no part), \xHH for a byte, a
 * backslash before anything else for that character.
 */
export function expand(template: string, groups: readonly (string | undefined)[]): string {
  if (!template.includes("\\")) return template;
  return template.replace(/\\(?:(\d)|x([0-9a-fA-F]{2})|([^]))/g, (_, group?: string, hex?: string, other?: string) => {
    if (group !== undefined) return groups[Number(group)] ?? "";
    return hex !== undefined ? String.fromCharCode(Number.parseInt(hex, 16)) : other!;
  });
}
