import type { Word } from "../../lang/line.ts";
import type { BindTlsModel, ServerTlsModel, TlsSettingsModel, TlsVerify, TlsVersion } from "../model.ts";

/** 0x300 is SSLv3, which can be named and is never spoken. */
export type NamedVersion = TlsVersion | 0x300;

/** Which versions a line allows: limits, and versions taken out by `no-…`. */
export interface VersionsDraft {
  min: NamedVersion | 0;
  max: NamedVersion | 0;
  without: NamedVersion[];
}

export interface TlsSettingsDraft {
  versions: VersionsDraft;
  /** null = not written. */
  alpn: string[] | null;
  ciphers: string | null;
  curves: string | null;
  verify: TlsVerify | null;
  caFile: string | null;
  caVerifyFile: string | null;
  crlFile: string | null;
  /** Where each was written. */
  words: Map<string, Word>;
}

export interface EntryDraft {
  certificate: string;
  filters: string[] | null;
  settings: TlsSettingsDraft | null;
}

export interface BindTlsDraft extends Omit<
  { -readonly [K in keyof BindTlsModel]: BindTlsModel[K] },
  "settings" | "entries" | "caIgnoreErr" | "crtIgnoreErr"
> {
  enabled: boolean;
  settings: TlsSettingsDraft;
  entries: EntryDraft[];
  caIgnoreErr: number[];
  crtIgnoreErr: number[];
}

export interface ServerTlsDraft extends Omit<{ -readonly [K in keyof ServerTlsModel]: ServerTlsModel[K] }, "settings"> {
  enabled: boolean;
  /** `check-ssl` or `no-check-ssl`; null = as `ssl`. */
  check: boolean | null;
  checkSni: string | null;
  checkAlpn: string[] | null;
  settings: TlsSettingsDraft;
}

/** Defaults of the global section for one side. */
export interface TlsDefaults {
  versions: VersionsDraft;
  ciphers: string | null;
  curves: string | null;
  tickets: boolean;
  preferClientCiphers: boolean;
}

export function newDefaults(): TlsDefaults {
  return {
    versions: { min: 0, max: 0, without: [] },
    ciphers: null,
    curves: null,
    tickets: true,
    preferClientCiphers: false,
  };
}

export function newSettings(): TlsSettingsDraft {
  return {
    versions: { min: 0, max: 0, without: [] },
    alpn: null,
    ciphers: null,
    curves: null,
    verify: null,
    caFile: null,
    caVerifyFile: null,
    crlFile: null,
    words: new Map(),
  };
}

export function newBindTls(): BindTlsDraft {
  return {
    enabled: false,
    settings: newSettings(),
    entries: [],
    strictSni: false,
    tickets: true,
    preferClientCiphers: false,
    caIgnoreErr: [],
    crtIgnoreErr: [],
  };
}

export function newServerTls(): ServerTlsDraft {
  return {
    enabled: false,
    check: null,
    checkSni: null,
    checkAlpn: null,
    settings: newSettings(),
    certificate: null,
    verifyHost: null,
    sni: null,
    reuse: true,
    tickets: true,
  };
}

export function copySettings(settings: TlsSettingsDraft): TlsSettingsDraft {
  const { versions, words } = settings;
  return { ...settings, versions: { ...versions, without: [...versions.without] }, words: new Map(words) };
}

/**
 * The range that limits and exclusions leave. Without a lower limit it begins at TLS 1.2; a gap in the middle moves the lower end
 * above it, as in HAProxy. Null: nothing is left.
 */
export function versionRange(
  { min, max, without }: VersionsDraft,
  defaults: VersionsDraft,
): { min: TlsVersion; max: TlsVersion; gap: boolean } | null {
  const own = min !== 0 || max !== 0 || without.length > 0;
  const source = own ? { min, max, without } : defaults;
  const top = source.max || 0x304;
  const bottom = source.min || Math.min(0x303, top);
  let low = 0;
  let high = 0;
  let gap = false;
  for (let version = 0x301; version <= 0x304; version++) {
    if (version < bottom || version > top || source.without.includes(version as NamedVersion)) continue;
    if (low !== 0 && version !== high + 1) gap = true;
    if (low === 0 || version !== high + 1) low = version;
    high = version;
  }
  return low === 0 ? null : { min: low as TlsVersion, max: high as TlsVersion, gap };
}

/** Settings of a line over those of another, and over the global section's. */
export function settingsModel(
  draft: TlsSettingsDraft,
  base: TlsSettingsDraft | null,
  defaults: TlsDefaults,
  verify: TlsVerify,
): TlsSettingsModel {
  const range = versionRange(draft.versions, base?.versions ?? defaults.versions) ??
    versionRange({ min: 0, max: 0, without: [] }, defaults.versions) ?? { min: 0x303 as const, max: 0x304 as const };
  return {
    minVersion: range.min,
    maxVersion: range.max,
    alpn: draft.alpn ?? base?.alpn ?? [],
    ciphers: draft.ciphers ?? base?.ciphers ?? defaults.ciphers,
    curves: draft.curves ?? base?.curves ?? defaults.curves,
    verify: draft.verify ?? base?.verify ?? verify,
    caFile: draft.caFile ?? base?.caFile ?? null,
    caVerifyFile: draft.caVerifyFile ?? base?.caVerifyFile ?? null,
    crlFile: draft.crlFile ?? base?.crlFile ?? null,
  };
}
