/** What becomes of an exception of our own code: it is told on standard error. Whoever caught it ends what it happened to. */
export function reportBug(error: unknown): void {
  console.error("tlb: internal error:", error);
}
