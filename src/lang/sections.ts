/** Keywords that open a section (manual section 2.1, rule 6); the `.SECTION` pseudo-variable follows them. */
const sectionKeywords = [
  "acme",
  "backend",
  "cache",
  "crt-store",
  "defaults",
  "fcgi-app",
  "frontend",
  "global",
  "http-errors",
  "listen",
  "log-forward",
  "log-profile",
  "mailers",
  "peers",
  "program",
  "resolvers",
  "ring",
  "traces",
  "userlist",
] as const;

const known: ReadonlySet<string> = new Set(sectionKeywords);

/** Whether the word begins a section when it comes first on a line. */
export function isSectionKeyword(word: string): boolean {
  return known.has(word);
}
