/**
 * TLS of one bind line in one worker: the options its listening socket gets, the choice of a certificate by name and of a protocol
 * by ALPN. All that Bun does not document about the server side of TLS is used here, in context.ts and in socket.ts.
 */
import type {
  BindTlsModel,
  CertificateModel,
  SniEntryModel,
  TlsSettingsModel,
  TlsStoreModel,
} from "../../config/model.ts";
import { DEFAULT_CIPHERS, nativeContext, versionName } from "./context.ts";
import { type NamedEntry, NameTable } from "./names.ts";
import { ClientTrust } from "./trust.ts";
import { VerifiedClients } from "./verified.ts";

/** SSL_OP_NO_TICKET and SSL_OP_CIPHER_SERVER_PREFERENCE. */
const NO_TICKET = 0x4000;
const SERVER_PREFERENCE = 0x400000;

/** Settings of the global section. */
export interface ServerTlsGlobals {
  /** Seconds. */
  readonly lifetime: number;
}

/** What a connection was offered. */
export interface Choice {
  /** One, or one of each kind of key. */
  readonly certificates: readonly CertificateModel[];
  readonly settings: TlsSettingsModel;
}

interface PreparedChoice extends Choice {
  /** Made at its first use; null for the default, which is the listening socket's. */
  context: object | null;
  /** The same with versions and curves, for connections that begin with it. */
  whole: object | null;
}

export class TlsServer {
  readonly model: BindTlsModel;
  /** For clients that name no host, or none that is known. Null: they are refused. */
  readonly fallback: Choice | null;
  /**
   * Lines differ in versions or curves. Those are of the context a connection begins with, so the name in the ClientHello must be known
   * before.
   */
  readonly needsHello: boolean;
  readonly verified: VerifiedClients;
  private readonly names: NameTable;
  private readonly store: TlsStoreModel;
  private readonly globals: ServerTlsGlobals;
  private context: object | null = null;
  private readonly trusts = new Map<string, ClientTrust>();
  private recipeText: string | null = null;
  /** By the certificates and the line of the options. */
  private readonly prepared = new Map<string, PreparedChoice>();

  constructor(model: BindTlsModel, store: TlsStoreModel, globals: ServerTlsGlobals) {
    this.model = model;
    this.store = store;
    this.globals = globals;
    this.names = new NameTable(model, store);
    this.verified = new VerifiedClients(model);
    const first = model.entries[0];
    const certificate = first === undefined ? undefined : store.certificates[first.certificate];
    // With strict-sni the listening socket has no certificate: a client that names no host fails in its handshake.
    this.fallback =
      certificate === undefined || model.strictSni
        ? null
        : { certificates: [certificate], settings: fallbackSettings(first!, model) };
    const lines = [model.settings, ...model.entries.map((entry) => entry.settings ?? model.settings)];
    this.needsHello =
      new Set(lines.map((line) => `${line.minVersion} ${line.maxVersion} ${line.curves ?? ""}`)).size > 1;
  }

  /** Everything that a change of must begin a new listening context. */
  get recipe(): string {
    return (this.recipeText ??= this.describe());
  }

  private describe(): string {
    const { model, store, globals } = this;
    const { entries, settings } = model;
    const paths = new Set(entries.map(({ certificate }) => certificate));
    const authorities = [settings, ...entries.map((entry) => entry.settings)].flatMap((one) =>
      one === null
        ? []
        : [
            store.authorities[one.caFile ?? ""],
            store.authorities[one.caVerifyFile ?? ""],
            store.revocations[one.crlFile ?? ""],
          ],
    );
    return JSON.stringify([model, globals, [...paths].map((path) => store.certificates[path]), authorities]);
  }

  /**
   * `tls` of Bun.listen and upgradeTLS (U: `secureContext`). The context is made once: with another one no ticket that was given out
   * could be used any more.
   */
  get options(): object {
    const choice = this.fallback ?? { certificates: [], settings: this.model.settings };
    this.context ??= this.createContext(choice);
    return { secureContext: this.context, ...this.verification(choice) };
  }

  /** The same for a connection whose choice is known before its handshake begins. */
  optionsOf(choice: Choice): object {
    if (choice === this.fallback) return this.options;
    const prepared = choice as PreparedChoice;
    prepared.whole ??= this.createContext(choice);
    return { secureContext: prepared.whole, ...this.verification(choice) };
  }

  private verification({ settings }: Choice): object {
    return { requestCert: settings.verify !== "none", rejectUnauthorized: this.rejects(settings) };
  }

  /**
   * Whether the library may end handshakes by itself: it sends an alert to clients without a certificate. Where errors are to be
   * ignored it would refuse too many, and the result is looked at when the handshake is over.
   */
  rejects({ verify }: TlsSettingsModel): boolean {
    const { caIgnoreErr, crtIgnoreErr } = this.model;
    return verify === "required" && caIgnoreErr.length === 0 && crtIgnoreErr.length === 0;
  }

  /** Versions, curves and tickets, and the certificates of a choice. */
  private createContext(choice: Choice): object {
    const { model } = this;
    const { settings } = choice;
    let secureOptions = 0;
    if (!model.tickets) secureOptions |= NO_TICKET;
    if (!model.preferClientCiphers) secureOptions |= SERVER_PREFERENCE;
    return nativeContext({
      ...this.contextOptions(choice),
      minVersion: versionName(settings.minVersion),
      maxVersion: versionName(settings.maxVersion),
      ...(settings.curves === null ? {} : { ecdhCurve: settings.curves }),
      secureOptions,
      sessionTimeout: this.globals.lifetime,
      ...this.verification(choice),
    });
  }

  private contextOptions({ certificates, settings }: Choice): object {
    const { caFile, caVerifyFile, crlFile, ciphers } = settings;
    const { authorities, revocations } = this.store;
    const ca = [caFile, caVerifyFile].flatMap((path) => (path === null ? [] : (authorities[path] ?? [])));
    const crl = [crlFile, caFile].flatMap((path) => (path === null ? [] : (revocations[path] ?? [])));
    return {
      key: certificates.map(({ key }) => key),
      cert: certificates.map(({ chain }) => chain),
      ciphers: ciphers ?? DEFAULT_CIPHERS,
      ...(ca.length === 0 ? {} : { ca: ca.join("") }),
      ...(crl.length === 0 ? {} : { crl }),
    };
  }

  /** The certificate for a host name; null = the client is to be refused (strict-sni). */
  choose(name: string, now: number): Choice | null {
    const found = this.names.find(name.toLowerCase(), now);
    if (found.length === 0) return this.fallback;
    return this.prepare(found);
  }

  private prepare(found: readonly NamedEntry[]): Choice {
    const { fallback } = this;
    const { entry } = found[0]!;
    const settings = entry.settings ?? this.model.settings;
    if (found.length === 1 && fallback !== null && settings === fallback.settings) {
      if (found[0]!.certificate === fallback.certificates[0]) return fallback;
    }
    const key = `${this.model.entries.indexOf(entry)} ${found.map(({ certificate }) => certificate.path).join(" ")}`;
    let choice = this.prepared.get(key);
    if (choice === undefined) {
      choice = { certificates: found.map(({ certificate }) => certificate), settings, context: null, whole: null };
      this.prepared.set(key, choice);
    }
    return choice;
  }

  /** What client certificates are checked against under these settings. */
  trust({ caFile, caVerifyFile, crlFile }: TlsSettingsModel): ClientTrust {
    const { authorities, revocations } = this.store;
    const key = JSON.stringify([caFile, caVerifyFile, crlFile]);
    let trust = this.trusts.get(key);
    if (trust === undefined) {
      const ca = (authorities[caFile ?? ""] ?? "") + (authorities[caVerifyFile ?? ""] ?? "");
      const crl = (revocations[crlFile ?? ""] ?? "") + (revocations[caFile ?? ""] ?? "");
      trust = new ClientTrust(ca, crl);
      this.trusts.set(key, trust);
    }
    return trust;
  }

  /** The context of a choice; null = that of the listening socket. */
  contextOf(choice: Choice): object | null {
    if (choice === this.fallback) return null;
    const prepared = choice as PreparedChoice;
    return (prepared.context ??= nativeContext(this.contextOptions(choice)));
  }
}

/** Of the first line, but for what is of the context a connection begins with: as in HAProxy that is the bind line's. */
function fallbackSettings({ settings }: SniEntryModel, { settings: own }: BindTlsModel): TlsSettingsModel {
  if (settings === null) return own;
  const { minVersion, maxVersion, curves } = own;
  return { ...settings, minVersion, maxVersion, curves };
}

/** The first of our protocols that the client offers too (RFC 7301 section 3.2); null = none. */
export function chooseProtocol(ours: readonly string[], theirs: Uint8Array): string | null {
  for (const name of ours) {
    for (let at = 0; at < theirs.length; at += 1 + theirs[at]!) {
      if (theirs[at] === name.length && latin1At(theirs, at + 1, name)) return name;
    }
  }
  return null;
}

function latin1At(buf: Uint8Array, start: number, text: string): boolean {
  for (let i = 0; i < text.length; i++) if (buf[start + i] !== text.charCodeAt(i)) return false;
  return true;
}
