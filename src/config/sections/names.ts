/** Sections HAProxy has and this program not yet: their lines are skipped after one error. */
export const LATER_SECTIONS = [
  "peers",
  "resolvers",
  "mailers",
  "cache",
  "program",
  "http-errors",
  "ring",
  "log-forward",
  "fcgi-app",
] as const;

export const SECTION_NAMES = [
  "global",
  "defaults",
  "frontend",
  "backend",
  "listen",
  "userlist",
  ...LATER_SECTIONS,
] as const;
