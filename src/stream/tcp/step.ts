/** Whose rules hold the session. */
export const Inspection = { none: 0, frontend: 1, backend: 2, response: 3 } as const;
