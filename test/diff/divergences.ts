/** Scenarios where tlb differs from HAProxy 2.6 on purpose, by name, with the reason. They must stay few. */
export const divergences: Readonly<Record<string, string>> = {
  "max-reuse 1 ends a connection after its second request":
    "tlb honours max-reuse as the manual describes it; HAProxy 2.6 does so on HTTP/2 connections only",
  "timeout client, in the middle of a body":
    "tlb applies timeout client to a body that stalls, as the manual says (cD); HAProxy 2.6.12 waits for the server instead",
  "timeout client, in the middle of a chunk":
    "tlb applies timeout client to a body that stalls, as the manual says (cD); HAProxy 2.6.12 waits for the server instead",
  "queue: client leaves while waiting":
    "with option abortonclose tlb drops a queued request whose client left, as the manual says; HAProxy 2.6.12 looks only when the frontend has the option too",
  "http-reuse safe: a pooled connection dies with the request, before an answer":
    "tlb sends a request again when a reused connection died before any byte of an answer; HAProxy 2.6 closes and leaves that to the client",
  "http-reuse always: a pooled connection dies with the request, before an answer":
    "tlb sends a request again when a reused connection died before any byte of an answer; HAProxy 2.6 closes and leaves that to the client",
  "h2: the server dies in the middle of the body":
    "tlb resets the stream of a response that was cut short, which RFC 9113 section 8.1 asks for; HAProxy 2.6 ends it as if it were complete",
  "cache: deny behind cache-use":
    "HAProxy 2.6.12 has already given the request to its cache and answers 400; tlb denies with 403, logged as any denial",
  "cache: vary: referer":
    "tlb serves what varies by Referer alone, as the manual says; HAProxy 2.6.12 stores it and never finds it again",
  "cache: vary: unknown encoding answered":
    "the manual says that what has an unknown encoding is not stored; HAProxy 2.6.12 stores it, and serves it to clients that did not ask for it",
  "checkcache: GET /app-etag":
    "the manual announces 502 for a blocked response; HAProxy 2.6 sends the page of the status the server answered with, so a 200",
  "checkcache and cookie: GET /app-etag": "as above",
  "layers: crt-list, a star for all":
    "the manual of later versions has the filter '*' stand for every name without a line of its own; HAProxy 2.6 ignores it",
  "layers: crt-list, curves of a line":
    "the manual gives lines of a crt-list curves of their own; HAProxy 2.6 takes them, and goes by those of the bind line",
  "proxy header: UNKNOWN and addresses":
    "the specification has receivers ignore what follows UNKNOWN; HAProxy 2.6 closes the connection",
  "proxy header: version 2, UNSPEC":
    "the specification has receivers take headers of the family UNSPEC; HAProxy 2.6 reads their TLVs at the wrong place and closes",
  "proxy header: version 2, UNIX": "as above, for the family UNIX",
  "proxy header: in pieces":
    "tlb gathers a PROXY header that comes in several segments; HAProxy 2.6 takes it only whole, which the specification allows",
  "malformed request: NUL in a value":
    "RFC 9110 section 5.5 has recipients refuse or change such a value, as HAProxy does since 3.0; HAProxy 2.6 passes it on",
  "format a sample with a byte of zero":
    "tlb prints control characters of values in log lines as #XX, so that no client begins a line of its own; HAProxy prints them as they are",
  "http-errors: samples of the response in a header of its replacement":
    "tlb finds nothing of the replaced response there, as in a body; HAProxy 2.6 loses the answer it has begun and closes",
  "mutants: a body below status 100":
    "no status is below 100, and HAProxy 2.6 takes the length off its body and sends it, which the client takes for the next answer; tlb sends none",
  "h2 mixes: return without a body, to h1":
    "RFC 9110 section 8.6 forbids content-length in a 204; HAProxy 2.6 sends one to clients of HTTP/2",
  "h2 mixes: return without a body, to h2": "as above",
  "option independent-streams in the frontend: a tunnel in which the server speaks":
    "tlb ends a tunnel whose client is silent for longer than its timeout; HAProxy closes the way to the server alone, and lets the server finish",
};
