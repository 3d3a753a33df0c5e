import type { ForwardForModel, NamePolicy, ProxyModel } from "../../config/model.ts";
import { CookieRules } from "../../server/cookies.ts";
import type { ProxyRules } from "../../rules/proxy-rules.ts";
import { Network } from "../../util/ip.ts";
import { type CompressionSettings, compileCompression } from "./coding.ts";
import { compileReplies, type Reply } from "./reply.ts";

/** How connections are kept (manual, section 4, options http-keep-alive, http-server-close, httpclose). */
export const ConnMode = { keepAlive: 0, serverClose: 1, close: 2 } as const;

/** `option forwardfor` or `originalto`, compiled. */
export interface ForwardSetting {
  /** Lower case, as bytes for the look-up and as text for the new line. */
  readonly name: string;
  readonly nameBytes: Uint8Array;
  readonly except: Network | null;
  readonly ifNone: boolean;
}

/** What the HTTP engine needs of a proxy, so that no name is looked up and no option tested by text per request. */
export interface HttpSettings {
  readonly connMode: number;
  readonly forwardFor: ForwardSetting | null;
  readonly originalTo: ForwardSetting | null;
  readonly replies: ReadonlyMap<number, Reply>;
  readonly reuse: ProxyModel["httpReuse"];
  readonly monitorUri: string | null;
  /** The preface of HTTP/2 is understood where HTTP/1 was expected. */
  readonly h2Upgrade: boolean;
  /** Names are written as h1-case-adjust says: to clients, to servers. */
  readonly caseClient: boolean;
  readonly caseServer: boolean;
  readonly headerNames: NamePolicy;
  readonly logNormal: boolean;
  readonly logAsap: boolean;
  readonly logSeparateErrors: boolean;
  /** Connections without a byte are logged. */
  readonly logNull: boolean;
  /** They are neither answered, nor logged, nor counted. */
  readonly ignoreProbes: boolean;
  readonly acceptInvalidRequest: boolean;
  readonly acceptInvalidResponse: boolean;
  readonly abortOnClose: boolean;
  readonly pretendKeepAlive: boolean;
  /** `option independent-streams`: what is sent to a server does not renew its time. */
  readonly independent: boolean;
  /** Retries beyond connection failures (manual, retry-on). */
  readonly retryOn: ReadonlySet<string>;
  /** Statuses that are tried again. */
  readonly retryStatus: ReadonlySet<number>;
  /** Persistence by cookie; null = none. */
  readonly cookie: CookieRules | null;
  readonly checkCache: boolean;
  /** Header that tells the server its name, lower case; null = none. */
  readonly sendName: Buffer | null;
  readonly preferLast: boolean;
  /** `option http-buffer-request`: the body is waited for. */
  readonly bufferRequest: boolean;
  /** What is compressed; null = nothing. */
  readonly compression: CompressionSettings | null;
  /** Set by compile; null = the proxy has no rules. */
  rules: ProxyRules | null;
}

function forward(model: ForwardForModel | null): ForwardSetting | null {
  if (model === null) return null;
  const name = model.header.toLowerCase();
  return {
    name,
    nameBytes: Buffer.from(name, "latin1"),
    except: model.except === null ? null : Network.parse(model.except),
    ifNone: model.ifNone,
  };
}

/** The settings of a proxy in mode http, ready for the data path. */
export function compileHttp(proxy: ProxyModel): HttpSettings {
  const { options } = proxy;
  return {
    connMode: options.httpclose
      ? ConnMode.close
      : options["http-server-close"]
        ? ConnMode.serverClose
        : ConnMode.keepAlive,
    forwardFor: forward(proxy.forwardFor),
    originalTo: forward(proxy.originalTo),
    replies: compileReplies(proxy),
    reuse: proxy.httpReuse,
    monitorUri: proxy.monitorUri,
    h2Upgrade: options["disable-h2-upgrade"] !== true,
    caseClient: options["h1-case-adjust-bogus-client"] === true,
    caseServer: options["h1-case-adjust-bogus-server"] === true,
    headerNames: proxy.headerNames,
    logNormal: options["dontlog-normal"] !== true,
    logAsap: options.logasap === true,
    logSeparateErrors: options["log-separate-errors"] === true,
    ignoreProbes: options["http-ignore-probes"] === true,
    logNull: options.dontlognull !== true,
    acceptInvalidRequest: options["accept-invalid-http-request"] === true,
    acceptInvalidResponse: options["accept-invalid-http-response"] === true,
    abortOnClose: options.abortonclose === true,
    independent: options["independent-streams"] === true,
    pretendKeepAlive: options["http-pretend-keepalive"] === true,
    retryOn: new Set(proxy.retryOn),
    retryStatus: new Set(proxy.retryOn.map(Number).filter((status) => status > 0)),
    cookie:
      proxy.cookie === null
        ? null
        : new CookieRules(proxy.cookie, proxy.servers, options.persist === true, proxy.dynamicCookieKey),
    checkCache: options.checkcache === true,
    sendName: proxy.sendNameHeader === null ? null : Buffer.from(proxy.sendNameHeader, "latin1"),
    bufferRequest: options["http-buffer-request"] === true,
    compression: compileCompression(proxy.compression),
    preferLast: options["prefer-last-server"] === true,
    rules: null,
  };
}
