/** Scenarios where tlb differs from HAProxy 2.6 on purpose, by name, with the reason. They must stay few. */
export const divergences: Readonly<Record<string, string>> = {
  "malformed request: HTTP/2 preface without h2":
    "HAProxy 2.6 switches a clear-text HTTP/1 listener to HTTP/2 at this preface; tlb does not speak HTTP/2 yet and refuses it",
  "http-reuse safe: a pooled connection dies with the request, before an answer":
    "tlb sends a request again when a reused connection died before any byte of an answer; HAProxy 2.6 closes and leaves that to the client",
  "http-reuse always: a pooled connection dies with the request, before an answer":
    "tlb sends a request again when a reused connection died before any byte of an answer; HAProxy 2.6 closes and leaves that to the client",
};
