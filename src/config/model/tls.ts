import type { TextModel } from "./rules.ts";

/** What TLS needs of the disk, by path: read once, when the configuration is. */
export interface TlsStoreModel {
  readonly certificates: Readonly<Record<string, CertificateModel>>;
  /** PEM texts of CA files. */
  readonly authorities: Readonly<Record<string, string>>;
  /** PEM texts of revocation lists. */
  readonly revocations: Readonly<Record<string, string>>;
  /** Lines of the crt-list files, for who asks for them; what they mean is in the bind lines. */
  readonly crtLists: Readonly<Record<string, readonly CrtListLineModel[]>>;
}

/** A line of a crt-list file. */
export interface CrtListLineModel {
  readonly line: number;
  /** With the folder of `crt-base`. */
  readonly certificate: string;
  /** What stands between the brackets, "" = nothing. */
  readonly options: string;
  readonly filters: readonly string[];
}

/** A certificate with its key and chain, in PEM. */
export interface CertificateModel {
  readonly path: string;
  /** Its own certificate first. */
  readonly chain: string;
  readonly key: string;
  readonly keyType: "rsa" | "ecdsa" | "other";
  /** Host names it is for, lower case, "*." kept. */
  readonly names: readonly string[];
  /** Epoch ms. */
  readonly notBefore: number;
  readonly notAfter: number;
}

/** Versions as in the protocol: 0x301 (TLS 1.0) to 0x304 (TLS 1.3). */
export type TlsVersion = 0x301 | 0x302 | 0x303 | 0x304;

export type TlsVerify = "none" | "optional" | "required";

/** Parameters of one side of TLS connections; null and empty = the library's own. */
export interface TlsSettingsModel {
  readonly minVersion: TlsVersion;
  readonly maxVersion: TlsVersion;
  readonly alpn: readonly string[];
  /** TLS 1.2 and below, in OpenSSL's notation. */
  readonly ciphers: string | null;
  readonly curves: string | null;
  readonly verify: TlsVerify;
  /** Keys of the store. */
  readonly caFile: string | null;
  readonly caVerifyFile: string | null;
  readonly crlFile: string | null;
}

/** TLS of a bind line. */
export interface BindTlsModel {
  readonly settings: TlsSettingsModel;
  /** In the order they were written; the first is the default. */
  readonly entries: readonly SniEntryModel[];
  readonly strictSni: boolean;
  readonly tickets: boolean;
  readonly preferClientCiphers: boolean;
  /** OpenSSL's numbers of verification errors to let pass, of CA certificates and of the client's own; -1 = all. */
  readonly caIgnoreErr: readonly number[];
  readonly crtIgnoreErr: readonly number[];
}

/** A certificate and the names it is offered for: one file of `crt`, or a line of a crt-list. */
export interface SniEntryModel {
  /** Key of the store. */
  readonly certificate: string;
  /** Lower case, "*." and "!" kept; null = the names in the certificate. */
  readonly filters: readonly string[] | null;
  /** Of a line with options; null = those of the bind line. */
  readonly settings: TlsSettingsModel | null;
}

/** TLS towards a server. */
export interface ServerTlsModel {
  readonly settings: TlsSettingsModel;
  /** Client certificate: key of the store. */
  readonly certificate: string | null;
  /** Name that must be in the server's certificate where none is sent as SNI. */
  readonly verifyHost: string | null;
  /** Expression whose value is sent as SNI. */
  readonly sni: TextModel | null;
  /** Sessions are resumed. */
  readonly reuse: boolean;
  readonly tickets: boolean;
}
