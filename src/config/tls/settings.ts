/** Words that bind lines, lines of a crt-list and servers share. */
import type { Args } from "../../lang/args.ts";
import type { Word } from "../../lang/line.ts";
import { contextProblem } from "../../net/tls/context.ts";
import type { ParseEnv } from "../env.ts";
import { takeChoice } from "../../lang/values.ts";
import type { NamedVersion, TlsSettingsDraft, VersionsDraft } from "./draft.ts";
import { SYSTEM_CA, type TlsStore } from "./store.ts";

export interface SettingsContext {
  readonly settings: TlsSettingsDraft;
  readonly store: TlsStore;
  readonly env: ParseEnv;
}

export interface SettingRow {
  readonly name: string;
  /** Where it may stand beside bind lines: in a crt-list, on servers, or both. */
  readonly where: "bind" | "crt-list" | "server" | "all";
  readonly usage: string;
  readonly help: string;
  readonly noEffect?: string;
  readonly parse: (c: SettingsContext, args: Args) => void;
}

export const NO_SUITES = "the TLS library has a fixed set of TLS 1.3 suites";
export const NO_EARLY_DATA = "the TLS library accepts no early data: clients send it again after the handshake";
const NO_NPN = "the TLS library has no NPN: use alpn";

const VERSION_NAMES = ["SSLv3", "TLSv1.0", "TLSv1.1", "TLSv1.2", "TLSv1.3"] as const;
const SHORT_NAMES = ["sslv3", "tlsv10", "tlsv11", "tlsv12", "tlsv13"] as const;

function versionOf(i: number): NamedVersion {
  return (0x300 + i) as NamedVersion;
}

/** The version named by the next word. */
export function takeVersion(args: Args): NamedVersion | null {
  const name = takeChoice(args, VERSION_NAMES);
  return name === null ? null : versionOf(VERSION_NAMES.indexOf(name));
}

/** `no-tlsv10`, `force-tlsv12` and their kin; false = the word is none of them. */
export function applyVersionWord(versions: VersionsDraft, text: string): boolean {
  const match = /^(no|force)-(sslv3|tlsv1[0-3])$/.exec(text);
  if (match === null) return false;
  const version = versionOf(SHORT_NAMES.indexOf(match[2] as (typeof SHORT_NAMES)[number]));
  if (match[1] === "no") versions.without.push(version);
  else versions.min = versions.max = version;
  return true;
}

/** The word after an option, once the library took it. */
export function takeCiphers(args: Args): string | null {
  const word = args.take("a list of ciphers in OpenSSL's notation");
  if (word === null) return null;
  const problem = contextProblem({ ciphers: word.text });
  if (problem === null) return word.text;
  return args.error("config/bad-value", word, `the TLS library knows none of the ciphers in '${word.text}'`);
}

export function takeCurves(args: Args): string | null {
  const word = args.take("a list of curves such as X25519:P-256");
  if (word === null) return null;
  const problem = contextProblem({ ecdhCurve: word.text });
  if (problem === null) return word.text;
  return args.error(
    "config/bad-value",
    word,
    `the TLS library does not take the curves '${word.text}'`,
    "X25519, P-256, P-384 and P-521, separated by ':'",
  );
}

/** Names of protocols between commas, 1 to 255 bytes each. */
export function takeProtocols(args: Args): string[] | null {
  const word = args.take("protocols such as h2,http/1.1");
  if (word === null) return null;
  const names = word.text.split(",");
  if (names.every((name) => name.length > 0 && name.length < 256)) return names;
  return args.error("config/bad-value", word, `'${word.text}' has an empty or too long name of a protocol`);
}

function row(
  name: string,
  where: SettingRow["where"],
  usage: string,
  help: string,
  parse: SettingRow["parse"],
  noEffect?: string,
): SettingRow {
  return { name, where, usage, help, parse, ...(noEffect === undefined ? {} : { noEffect }) };
}

function skip(_: SettingsContext, args: Args): void {
  args.take("a value");
}

const shared: readonly SettingRow[] = [
  row("alpn", "all", "<protocols>", "Protocols offered by ALPN, comma-separated", (c, args) => {
    c.settings.alpn = takeProtocols(args) ?? c.settings.alpn;
    c.settings.words.set("alpn", args.keyword);
  }),
  row("no-alpn", "crt-list", "", "No protocols by ALPN, whatever the bind line says", (c) => {
    c.settings.alpn = [];
  }),
  row("npn", "all", "<protocols>", "Protocols offered by NPN", skip, NO_NPN),
  row("allow-0rtt", "all", "", "Accept early data", () => {}, NO_EARLY_DATA),
  row("ca-file", "all", "<file>", "Authorities the peer's certificate must come from", (c, args) => {
    const word = args.take("a file");
    if (word !== null) c.settings.caFile = takeAuthority(c, args, word);
    c.settings.words.set("ca-file", args.keyword);
  }),
  row("ca-verify-file", "crt-list", "<file>", "Further authorities, not named to clients", (c, args) => {
    const word = args.take("a file");
    if (word !== null) c.settings.caVerifyFile = takeAuthority(c, args, word);
    c.settings.words.set("ca-verify-file", args.keyword);
  }),
  row("crl-file", "all", "<file>", "Certificates that were revoked", (c, args) => {
    const word = args.take("a file");
    if (word === null) return;
    const path = c.store.caPath(word.text);
    if (c.store.revocation({ env: c.env, args, word }, path)) c.settings.crlFile = path;
  }),
  row("ciphers", "all", "<ciphers>", "Ciphers of TLS 1.2 and below", (c, args) => {
    c.settings.ciphers = takeCiphers(args) ?? c.settings.ciphers;
  }),
  row("ciphersuites", "all", "<suites>", "Cipher suites of TLS 1.3", skip, NO_SUITES),
  row("curves", "crt-list", "<curves>", "Curves of the key exchange, in order of preference", (c, args) => {
    c.settings.curves = takeCurves(args) ?? c.settings.curves;
    c.settings.words.set("curves", args.keyword);
  }),
  row("ecdhe", "crt-list", "<curve>", "The only curve of the key exchange, unless 'curves' is given", (c, args) => {
    const curve = takeCurves(args);
    if (!c.settings.words.has("curves")) c.settings.curves = curve ?? c.settings.curves;
  }),
  row(
    "no-ca-names",
    "crt-list",
    "",
    "Do not name authorities to clients",
    () => {},
    "the TLS library always names the authorities of ca-file",
  ),
  row("ssl-min-ver", "all", "<version>", "Lowest version", (c, args) => {
    c.settings.versions.min = takeVersion(args) ?? c.settings.versions.min;
    c.settings.words.set("versions", args.keyword);
  }),
  row("ssl-max-ver", "all", "<version>", "Highest version", (c, args) => {
    c.settings.versions.max = takeVersion(args) ?? c.settings.versions.max;
    c.settings.words.set("versions", args.keyword);
  }),
];

const bindVerify = row(
  "verify",
  "crt-list",
  "none | optional | required",
  "Ask clients for a certificate",
  (c, args) => {
    c.settings.verify = takeChoice(args, ["none", "optional", "required"]) ?? c.settings.verify;
    c.settings.words.set("verify", args.keyword);
  },
);

const serverVerify = row("verify", "server", "none | required", "Check the certificate of the server", (c, args) => {
  c.settings.verify = takeChoice(args, ["none", "required"]) ?? c.settings.verify;
  c.settings.words.set("verify", args.keyword);
});

/** `no-…` and `force-…`, one row each: for bind lines and servers, not for crt-lists. */
const versionWords: readonly SettingRow[] = SHORT_NAMES.flatMap((name, i) =>
  (["force", "no"] as const).map((what) => {
    const title = VERSION_NAMES[i]!;
    const help = what === "no" ? `Without ${title}` : `${title} alone`;
    return row(`${what}-${name}`, "bind", "", help, (c, args) => {
      applyVersionWord(c.settings.versions, args.keyword.text);
      c.settings.words.set("versions", args.keyword);
    });
  }),
);

/** What a line of a crt-list may say between its brackets. */
export const settingRows: ReadonlyMap<string, SettingRow> = new Map(
  [...shared, bindVerify].map((entry) => [entry.name, entry]),
);

export const bindSettingRows: readonly SettingRow[] = [...shared, bindVerify, ...versionWords];

export const serverSettingRows: readonly SettingRow[] = [
  ...shared.filter(({ where }) => where === "all"),
  serverVerify,
  ...versionWords,
];

function takeAuthority(c: SettingsContext, args: Args, word: Word): string | null {
  const path = c.store.caPath(word.text);
  if (path.startsWith("@") && path !== SYSTEM_CA) {
    args.error("config/bad-value", word, `'${word.text}' is not a CA file`, "a path or @system-ca");
    return null;
  }
  return c.store.authority({ env: c.env, args, word }, path) ? path : null;
}
