/** Sections HAProxy has and this program not yet: their lines are skipped after one error. */
export const LATER_SECTIONS = ["peers", "mailers", "program", "ring", "log-forward", "fcgi-app"] as const;

export const SECTION_NAMES = [
  "global",
  "defaults",
  "frontend",
  "backend",
  "listen",
  "userlist",
  "http-errors",
  "cache",
  "resolvers",
  ...LATER_SECTIONS,
] as const;
