import { formatAddress } from "../address.ts";
import { hasBackend, type ProxyDraft, type ServerDraft } from "../draft.ts";
import type { RetryCondition } from "../model.ts";
import type { ParseState } from "../sections/section.ts";
import { eachProxy, errorAt, title, warnAt } from "./check.ts";

/** With fast open the request leaves before the connection stands, so these failures may lose it. */
const FAST_OPEN_RETRIES: readonly RetryCondition[] = ["conn-failure", "empty-response", "response-timeout"];

/** Names are unique in their backend, checks have a port, limits make sense. */
export const checkServers = eachProxy((proxy, { diagnostics }) => {
  if (!hasBackend(proxy)) return;
  const seen = new Map<string, ServerDraft>();
  for (const server of proxy.servers) {
    const word = server.marks.get("name") ?? proxy.nameWord;
    const other = seen.get(server.name);
    if (other !== undefined) {
      errorAt(
        diagnostics,
        word,
        "config/duplicate-name",
        `${title(proxy)} has another server '${server.name}' at line ${other.at.line}`,
      );
    }
    seen.set(server.name, server);
    const { enabled, port } = server.check;
    const connects = connectsWithPort(proxy);
    const socket = server.address?.kind === "unix" || server.address?.kind === "abns";
    const servicePort = server.port.kind === "fixed" ? server.port.value : 0;
    if (enabled && !socket && port === 0 && !connects && servicePort === 0) {
      const at = server.marks.get("address") ?? word;
      errorAt(
        diagnostics,
        at,
        "config/no-check-port",
        `server '${server.name}' has no port to check`,
        "add 'port <port>'",
      );
    }
    if (server.tfo && !FAST_OPEN_RETRIES.every((condition) => proxy.retryOn.includes(condition))) {
      warnAt(
        diagnostics,
        word,
        "config/tfo-without-retries",
        `server '${server.name}' has tfo: a request lost with its connection would not be sent again`,
        `add 'retry-on ${FAST_OPEN_RETRIES.join(" ")}'`,
      );
    }
    const own = server.marks.get("check parameter");
    if (!enabled && server.track === null && own !== undefined) {
      warnAt(
        diagnostics,
        own,
        "config/unused-check",
        `'${own.text}' has no effect: server '${server.name}' has no 'check'`,
      );
    }
    if (server.minconn !== 0 && server.minconn >= server.maxconn) {
      // As HAProxy: the larger one is the fixed limit.
      if (server.maxconn !== 0 && server.minconn > server.maxconn) {
        warnAt(
          diagnostics,
          word,
          "config/limits",
          `minconn ${server.minconn} of server '${server.name}' is above its maxconn ${server.maxconn} and replaces it`,
        );
      }
      server.maxconn = server.minconn;
      server.minconn = 0;
    }
  }
});

/** Servers at one address get one cookie from `cookie ... dynamic`, and clients of the second go to the first. */
export const checkDynamicCookies = eachProxy((proxy, { diagnostics }) => {
  if (!hasBackend(proxy) || proxy.cookie?.dynamic !== true || proxy.dynamicCookieKey === null) return;
  const seen = new Map<string, ServerDraft>();
  for (const server of proxy.servers) {
    if (server.cookie !== null || server.address?.kind !== "ip") continue;
    const place = formatAddress(server.address);
    const other = seen.get(place);
    if (other === undefined) {
      seen.set(place, server);
      continue;
    }
    warnAt(
      diagnostics,
      server.marks.get("name") ?? proxy.nameWord,
      "config/equal-cookies",
      `servers '${other.name}' (line ${other.at.line}) and '${server.name}' have one address, and so the same dynamic cookie`,
      "give them cookies of their own",
    );
  }
});

/** `track` needs a server whose state somebody finds out. */
export const checkTracking = eachProxy((proxy, state) => {
  for (const server of proxy.servers) {
    if (server.track !== null) checkTrack(state, proxy, server, server.track);
  }
});

function checkTrack(state: ParseState, proxy: ProxyDraft, server: ServerDraft, track: string): void {
  const { diagnostics } = state;
  const word = server.marks.get("track") ?? proxy.nameWord;
  const bad = (message: string) => errorAt(diagnostics, word, "config/bad-track", message);
  const target = lookUp(state, proxy, track);
  if (target === null) return bad(`there is no server '${track}' to track`);
  if (server.check.enabled) return bad(`server '${server.name}' cannot both check and track`);
  const chain = new Set([server]);
  let [owner, end] = target;
  while (end.track !== null) {
    if (chain.has(end)) return bad(`server '${server.name}' tracks itself in the end`);
    chain.add(end);
    const next = lookUp(state, owner, end.track);
    if (next === null) return;
    [owner, end] = next;
  }
  if (!end.check.enabled) bad(`server '${end.name}' cannot be tracked: it has no 'check'`);
}

function lookUp(state: ParseState, proxy: ProxyDraft, track: string): [ProxyDraft, ServerDraft] | null {
  const slash = track.indexOf("/");
  const owner = slash < 0 ? proxy : state.proxies.find((p) => hasBackend(p) && p.name === track.slice(0, slash));
  const server = owner?.servers.find((s) => s.name === track.slice(slash + 1));
  return owner === undefined || server === undefined ? null : [owner, server];
}

/** Whether the rules of the check say where every one of its connections goes. */
function connectsWithPort({ check, marks, httpScript, tcpScript }: ProxyDraft): boolean {
  const scripted = check.kind === "tcp" && marks.has("option tcp-check");
  const lines = check.kind === "http" ? httpScript : scripted ? tcpScript : [];
  const connects = lines.filter((line) => line.kind === "connect");
  return connects.length > 0 && connects.every(({ port, addr }) => typeof port === "number" || (addr?.port ?? 0) > 0);
}
