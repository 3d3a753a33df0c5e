import type { Args } from "../../lang/args.ts";
import type { GlobalContext } from "../context.ts";
import { takeChoice, takeInteger, takeSize, takeTime } from "../../lang/values.ts";
import { type TlsDefaults, versionRange } from "../tls/draft.ts";
import { applyVersionWord, NO_EARLY_DATA, NO_SUITES, takeCiphers, takeCurves, takeVersion } from "../tls/settings.ts";
import type { ExtraFiles } from "../tls/store.ts";
import type { Keyword } from "./keyword.ts";
import { firstCount } from "./process-limits.ts";

type Row = Keyword<GlobalContext>;

function row(name: string, usage: string, help: string, parse: Row["parse"], noEffect?: string): Row {
  return { name, where: ["global"], usage, help, parse, ...(noEffect === undefined ? {} : { noEffect }) };
}

/** Accepted, read and without effect. */
function inert(name: string, usage: string, help: string, noEffect: string): Row {
  return row(
    name,
    usage,
    help,
    (_, args) => {
      if (usage === "<count>") takeInteger(args, { lax: true });
      else if (usage === "<bytes>") takeSize(args);
      else if (usage === "on | off") takeChoice(args, ["on", "off"]);
      else if (usage !== "") {
        args.take(usage);
        args.rest();
      }
    },
    noEffect,
  );
}

const NO_DHE = "the TLS library has no Diffie-Hellman on finite fields";
const NO_CACHE = "the TLS library sizes its own cache of sessions";
const OPENSSL = "this belongs to OpenSSL, the TLS library here is another";

/** `ssl-default-bind-options` and its brother of servers. */
function parseOptions(args: Args, defaults: TlsDefaults, side: "bind" | "server"): void {
  if (args.take("options such as ssl-min-ver TLSv1.2") === null) return;
  args.index--;
  for (let word = args.next(); word !== null; word = args.next()) {
    const { text } = word;
    if (applyVersionWord(defaults.versions, text)) continue;
    if (text === "ssl-min-ver" || text === "ssl-max-ver") {
      const version = takeVersion(args);
      if (version === null) return;
      defaults.versions[text === "ssl-min-ver" ? "min" : "max"] = version;
    } else if (text === "no-tls-tickets") defaults.tickets = false;
    else if (text === "prefer-client-ciphers" && side === "bind") defaults.preferClientCiphers = true;
    else if (text === "allow-0rtt" && side === "bind") {
      args.warn("config/no-effect", word, `'allow-0rtt' has no effect here: ${NO_EARLY_DATA}`);
    } else {
      args.error("config/bad-value", word, `'${args.label}' does not know '${text}'`);
      return;
    }
  }
  if (versionRange(defaults.versions, defaults.versions) === null) {
    args.error("tls/no-version", args.keyword, `'${args.label}' leaves no version of TLS`);
  }
}

const EXTRA = ["bundle", "sctl", "ocsp", "issuer", "key"] as const satisfies readonly (keyof ExtraFiles)[];

function parseExtra(c: GlobalContext, args: Args): void {
  const { extra } = c.global.tls;
  if (args.take("none, all or kinds of files") === null) return;
  args.index--;
  for (const kind of EXTRA) extra[kind] = false;
  for (let word = args.next(); word !== null; word = args.next()) {
    const { text } = word;
    const kind = EXTRA.find((name) => name === text);
    if (kind !== undefined) extra[kind] = true;
    else if (text === "all") for (const name of EXTRA) extra[name] = true;
    else if (text !== "none") {
      args.error("config/bad-value", word, `'${text}' is no kind of file`, `none, all, ${EXTRA.join(", ")}`);
      return;
    }
  }
}

/** TLS in the global section (manual section 3). */
export const globalTlsKeywords: readonly Row[] = [
  row("ca-base", "<directory>", "Where relative CA and CRL files are", (c, args) => {
    c.global.tls.caBase = args.take("a directory")?.text ?? c.global.tls.caBase;
  }),
  row("crt-base", "<directory>", "Where relative certificates are", (c, args) => {
    c.global.tls.crtBase = args.take("a directory")?.text ?? c.global.tls.crtBase;
  }),
  row("ssl-default-bind-ciphers", "<ciphers>", "Ciphers of TLS 1.2 and below on bind lines", (c, args) => {
    c.global.tls.bindDefaults.ciphers = takeCiphers(args) ?? c.global.tls.bindDefaults.ciphers;
  }),
  row("ssl-default-bind-curves", "<curves>", "Curves on bind lines", (c, args) => {
    c.global.tls.bindDefaults.curves = takeCurves(args) ?? c.global.tls.bindDefaults.curves;
  }),
  row("ssl-default-bind-options", "<option> ...", "Versions and options of bind lines", (c, args) =>
    parseOptions(args, c.global.tls.bindDefaults, "bind"),
  ),
  row("ssl-default-server-ciphers", "<ciphers>", "Ciphers of TLS 1.2 and below towards servers", (c, args) => {
    c.global.tls.serverDefaults.ciphers = takeCiphers(args) ?? c.global.tls.serverDefaults.ciphers;
  }),
  row("ssl-default-server-options", "<option> ...", "Versions and options towards servers", (c, args) =>
    parseOptions(args, c.global.tls.serverDefaults, "server"),
  ),
  inert("ssl-default-bind-ciphersuites", "<suites>", "Suites of TLS 1.3 on bind lines", NO_SUITES),
  inert("ssl-default-server-ciphersuites", "<suites>", "Suites of TLS 1.3 towards servers", NO_SUITES),
  row("ssl-server-verify", "none | required", "Whether certificates of servers are checked by default", (c, args) => {
    c.global.tls.serverVerify = takeChoice(args, ["none", "required"]) ?? c.global.tls.serverVerify;
  }),
  row("ssl-load-extra-files", "<kind> ...", "Files looked for beside certificates", parseExtra),
  row("ssl-load-extra-del-ext", "", "Take .crt off before the extension of such a file", (c) => {
    c.global.tls.deleteExtension = true;
  }),
  row("ssl-skip-self-issued-ca", "", "Do not send root certificates", (c) => {
    c.global.tls.skipSelfIssued = true;
  }),
  row("issuers-chain-path", "<directory>", "Chains for certificates that come without one", (c, args) => {
    const word = args.take("a directory");
    if (word !== null) c.global.tls.addIssuers({ env: c.env, args, word }, word.text);
  }),
  inert("ssl-dh-param-file", "<file>", "Parameters of Diffie-Hellman", NO_DHE),
  inert("ssl-engine", "<name>", "Engine of OpenSSL", OPENSSL),
  inert("ssl-mode-async", "", "Asynchronous engines", OPENSSL),
  inert("ssl-propquery", "<query>", "Default property query of OpenSSL", OPENSSL),
  inert("ssl-provider", "<name>", "Provider of OpenSSL", OPENSSL),
  inert("ssl-provider-path", "<directory>", "Where providers of OpenSSL are", OPENSSL),
  inert("tune.ssl.cachesize", "<count>", "Sessions kept for resumption", NO_CACHE),
  inert("tune.ssl.default-dh-param", "<count>", "Size of Diffie-Hellman parameters", NO_DHE),
  inert("tune.ssl.force-private-cache", "", "Do not share the cache of sessions", "each worker has its own"),
  inert("tune.ssl.keylog", "on | off", "Keep secrets for samples", "the TLS library does not tell secrets"),
  inert("tune.ssl.ssl-ctx-cache-size", "<count>", "Generated certificates kept", "no certificates are generated"),
  row("maxsslconn", "<count>", "TLS connections of the whole process at the same time", (c, args) => {
    c.global.maxSslConn = takeInteger(args, { lax: true }) ?? c.global.maxSslConn;
  }),
  firstCount("maxsslrate", "maxSslRate", "<count>", "TLS connections accepted a second"),
  row("tune.ssl.lifetime", "<time>", "How long a session may be resumed", (c, args) => {
    const ms = takeTime(args, "s");
    if (ms !== null) c.global.tlsLifetime = Math.max(1, Math.round(ms / 1000));
  }),
  row("tune.ssl.maxrecord", "<bytes>", "Most bytes in a TLS record", (c, args) => {
    c.global.tlsMaxRecord = takeInteger(args, { max: 16384, lax: true }) ?? c.global.tlsMaxRecord;
  }),
  row("tune.ssl.hard-maxrecord", "<bytes>", "Most bytes in a TLS record, for idle streams too", (c, args) => {
    c.global.tlsMaxRecord = takeInteger(args, { max: 16384, lax: true }) ?? c.global.tlsMaxRecord;
  }),
  row("tune.ssl.capture-buffer-size", "<bytes>", "Bytes of a ClientHello kept for samples", (c, args) => {
    c.global.tlsCapture = takeInteger(args, { max: 65535, lax: true }) ?? c.global.tlsCapture;
  }),
  {
    ...row(
      "tune.ssl.capture-cipherlist-size",
      "<bytes>",
      "Bytes of a ClientHello kept for samples (old)",
      (c, args) => {
        c.global.tlsCapture = takeInteger(args, { max: 65535, lax: true }) ?? c.global.tlsCapture;
      },
    ),
    deprecated: "use 'tune.ssl.capture-buffer-size'",
  },
];
