import type { OptionName } from "../model.ts";

/** One `option NAME` switch: which sides of a proxy it acts on, and whether only in mode http. */
export interface OptionRow {
  readonly name: OptionName;
  readonly sides: "front" | "back" | "both";
  readonly help: string;
  readonly http?: true;
  /** Accepted, does nothing here: the reason. */
  readonly noEffect?: string;
}

/** The plain switches (manual section 4.2). Options that carry arguments have rows of their own in options.ts. */
export const OPTION_ROWS: readonly OptionRow[] = [
  {
    name: "abortonclose",
    sides: "back",
    help: "Drop requests of clients that closed their side: in queues, and at servers if frontend and backend have it",
  },
  {
    name: "accept-invalid-http-request",
    sides: "front",
    http: true,
    help: "Let requests pass that break the grammar in harmless ways",
  },
  {
    name: "accept-invalid-http-response",
    sides: "back",
    http: true,
    help: "Let responses pass that break the grammar in harmless ways",
  },
  { name: "allbackups", sides: "back", help: "Balance over all backup servers instead of using the first" },
  { name: "checkcache", sides: "back", http: true, help: "Block cacheable responses that set a cookie" },
  { name: "clitcpka", sides: "front", help: "TCP keepalive on client connections" },
  {
    name: "contstats",
    sides: "front",
    help: "Update byte counters while a transfer runs",
    noEffect: "byte counters always follow the transfer",
  },
  {
    name: "disable-h2-upgrade",
    sides: "front",
    http: true,
    help: "Refuse the HTTP/2 preface on clear connections",
  },
  { name: "dontlog-normal", sides: "front", help: "Log only connections that ended in an error" },
  { name: "dontlognull", sides: "front", help: "Do not log connections without any data" },
  {
    name: "h1-case-adjust-bogus-client",
    sides: "front",
    http: true,
    help: "Write header names to clients as h1-case-adjust says",
  },
  {
    name: "h1-case-adjust-bogus-server",
    sides: "back",
    http: true,
    help: "Write header names to servers as h1-case-adjust says",
  },
  {
    name: "http-buffer-request",
    sides: "both",
    http: true,
    help: "Wait for the request body before choosing a server",
  },
  {
    name: "http-ignore-probes",
    sides: "front",
    http: true,
    help: "No log and no 400 for connections without a request",
  },
  {
    name: "http-keep-alive",
    sides: "both",
    http: true,
    help: "Keep both connections open between requests (the default)",
  },
  {
    name: "http-no-delay",
    sides: "both",
    http: true,
    help: "Send every piece of a message without waiting for more",
    noEffect: "nothing is held back to be sent with more",
  },
  { name: "http-pretend-keepalive", sides: "back", http: true, help: "Hide the intended close from the server" },
  { name: "http-server-close", sides: "both", http: true, help: "Close the server connection after each response" },
  {
    name: "http-use-proxy-header",
    sides: "front",
    http: true,
    help: "Clients that take us for their proxy are asked for a password by 407, and give it in Proxy-Authorization",
  },
  { name: "httpclose", sides: "both", http: true, help: "Close both connections after each response" },
  {
    name: "independent-streams",
    sides: "both",
    help: "What is sent to a side does not renew the time in which it has to send something",
  },
  {
    name: "idle-close-on-response",
    sides: "front",
    http: true,
    help: "At the end, close idle client connections behind one more response, which says so",
  },
  { name: "log-health-checks", sides: "back", help: "Log every change of a check's result" },
  { name: "log-separate-errors", sides: "front", help: "Raise the level of log lines of failed requests to err" },
  { name: "logasap", sides: "front", help: "Log as soon as the response headers are known" },
  { name: "nolinger", sides: "both", help: "Reset connections at the end instead of lingering" },
  { name: "persist", sides: "back", help: "Send clients with a server cookie there even when it is down" },
  { name: "prefer-last-server", sides: "back", http: true, help: "Stay on the server of the previous request" },
  { name: "socket-stats", sides: "front", help: "Statistics for each listening socket" },
  { name: "splice-auto", sides: "both", help: "Splice both directions where it is worth it (the default)" },
  {
    name: "splice-request",
    sides: "both",
    help: "Splice what clients send; what servers send only with splice-response",
  },
  {
    name: "splice-response",
    sides: "both",
    help: "Splice what servers send; what clients send only with splice-request",
  },
  { name: "srvtcpka", sides: "back", help: "TCP keepalive on server connections" },
  {
    name: "tcp-smart-accept",
    sides: "front",
    help: "Spare the acknowledgement of the first request: in mode http and with TLS, unless it is switched off",
  },
  {
    name: "tcp-smart-connect",
    sides: "back",
    help: "Send the request together with the end of the handshake",
  },
  { name: "transparent", sides: "back", help: "Connect to the address the client asked for" },
];

function side(which: "front" | "back"): ReadonlySet<OptionName> {
  return new Set(
    OPTION_ROWS.filter((row) => row.sides !== (which === "front" ? "back" : "front")).map((row) => row.name),
  );
}

export const FRONTEND_OPTIONS: ReadonlySet<OptionName> = side("front");
export const BACKEND_OPTIONS: ReadonlySet<OptionName> = side("back");
