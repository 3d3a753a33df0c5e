import { createHash } from "node:crypto";
import type { BindTlsModel, TlsSettingsModel } from "../../config/model.ts";

/** Certificates remembered; beyond them all are forgotten, and their clients shake hands anew. */
const MOST = 10_000;

/**
 * Client certificates that were checked, and against what. The library resumes a session under another host name of the same bind
 * line without looking at the certificate again; where lines of a crt-list trust different authorities, a session counts only for
 * those its certificate was checked against.
 */
export class VerifiedClients {
  /** Host names of the line differ in whom they trust. */
  readonly needed: boolean;
  private readonly seen = new Set<string>();

  constructor({ settings, entries }: BindTlsModel) {
    const all = [settings, ...entries.map((entry) => entry.settings ?? settings)];
    this.needed = new Set(all.filter(({ verify }) => verify !== "none").map(trustOf)).size > 1;
  }

  /** False: this session was made for a name that trusts others. */
  admits(settings: TlsSettingsModel, certificate: Uint8Array, resumed: boolean): boolean {
    if (!this.needed) return true;
    const key = `${createHash("sha256").update(certificate).digest("base64")} ${trustOf(settings)}`;
    if (resumed) return this.seen.has(key);
    if (this.seen.size >= MOST) this.seen.clear();
    this.seen.add(key);
    return true;
  }
}

function trustOf({ caFile, caVerifyFile, crlFile }: TlsSettingsModel): string {
  return JSON.stringify([caFile, caVerifyFile, crlFile]);
}
