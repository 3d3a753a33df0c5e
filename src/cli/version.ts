/** What `tlb version`, `-v` and `-vv` say about this build. */
import { hostname, machine, release, type } from "node:os";
import manifest from "../../package.json" with { type: "json" };
import { featureList, haproxyVersion } from "../lang/features.ts";

/** Set by the build (`--define`); a run from source has neither. */
declare const TLB_VERSION: string | undefined;
declare const TLB_COMMIT: string | undefined;

/** Day of the release, YYYY/MM/DD; changes with the version in package.json. */
const RELEASE_DATE = "2026/11/21";

export interface VersionInfo {
  readonly version: string;
  /** Short commit id, "source" for a run from source. */
  readonly commit: string;
  readonly date: string;
  readonly bun: string;
  /** Name and short revision of the TLS library. */
  readonly tls: string;
  /** The HAProxy version whose language is spoken. */
  readonly language: string;
}

export function versionInfo(): VersionInfo {
  return {
    version: typeof TLB_VERSION === "string" ? TLB_VERSION : manifest.version,
    commit: typeof TLB_COMMIT === "string" ? TLB_COMMIT : "source",
    date: RELEASE_DATE,
    bun: Bun.version,
    tls: `BoringSSL ${(process.versions["boringssl"] ?? "unknown").slice(0, 12)}`,
    language: haproxyVersion,
  };
}

/** One line: name, version, commit. */
export function shortVersion(): string {
  const { version, commit } = versionInfo();
  return `tlb ${version} (${commit})`;
}

/** The lines of `-vv`, with the features in the form HAProxy lists them. */
export function longVersion(): string {
  const { bun, tls, language } = versionInfo();
  return [
    shortVersion(),
    `Configuration language: HAProxy ${language}`,
    `Built with Bun version: ${bun}`,
    `TLS library: ${tls}`,
    `Running on: ${type()} ${release()} ${machine()} (${hostname()})`,
    "",
    `Feature list : ${featureList()}`,
  ].join("\n");
}
