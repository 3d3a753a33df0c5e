/** Scenarios where tlb differs from HAProxy 2.6 on purpose, by name, with the reason. They must stay few. */
export const divergences: Readonly<Record<string, string>> = {
  "malformed request: HTTP/2 preface without h2":
    "HAProxy 2.6 switches a clear-text HTTP/1 listener to HTTP/2 at this preface; tlb does not speak HTTP/2 yet and refuses it",
};
