import { asksForTls, finishCheck } from "../check-script.ts";
import { type BindDraft, hasBackend, type ProxyDraft } from "../draft.ts";
import type { ParseState } from "../sections/section.ts";
import { type EntryDraft, type TlsDefaults, type TlsSettingsDraft, versionRange } from "../tls/draft.ts";
import { type Check, errorAt, warnAt } from "./check.ts";

/** A TLS listener has a certificate, a version and the authorities it needs; so has TLS to a server. */
export const checkTls: Check = (state) => {
  for (const proxy of state.proxies) {
    checkBinds(proxy.binds, state);
    checkBinds(proxy.ignored.binds, state);
    if (!proxy.disabled && hasBackend(proxy)) checkServers(proxy, state);
  }
};

/** HAProxy prepares the certificates of disabled sections, and of lines that it ignores, too. */
function checkBinds(binds: readonly BindDraft[], { diagnostics, global }: ParseState): void {
  const store = global.tls;
  const seen = new Set<unknown>();
  for (const { tls, word, marks } of binds) {
    if (seen.has(tls)) continue;
    seen.add(tls);
    if (!tls.enabled) {
      const crt = marks.get("crt");
      if (crt !== undefined) {
        warnAt(diagnostics, crt, "tls/unused", `'${crt.text}' has no effect: this line has no 'ssl'`);
      }
      continue;
    }
    const failed = diagnostics.list.some(({ severity, code }) => severity === "error" && code.startsWith("tls/"));
    if (tls.entries.length === 0 && !failed) {
      const message = `'bind ${word.text}' has no certificate`;
      if (tls.strictSni) warnAt(diagnostics, word, "tls/no-certificate", `${message}: connections will fail`);
      else errorAt(diagnostics, word, "tls/no-certificate", message, "add 'crt <file>'");
    }
    for (const [settings, base] of settingsOf(tls.settings, tls.entries)) {
      const { words } = settings;
      const at = words.get("versions") ?? word;
      checkVersions(settings, base, store.bindDefaults, (code, message, severity) =>
        (severity === "error" ? errorAt : warnAt)(diagnostics, at, code, message),
      );
      const verify = settings.verify ?? base?.verify ?? "none";
      const ca = settings.caFile ?? settings.caVerifyFile ?? base?.caFile ?? base?.caVerifyFile ?? null;
      if (verify !== "none" && ca === null && !failed) {
        const message = "clients are asked for a certificate, and there is no 'ca-file' to check it with";
        errorAt(diagnostics, words.get("verify") ?? word, "tls/no-ca", message);
      }
    }
  }
}

function checkServers(proxy: ProxyDraft, { diagnostics, global }: ParseState): void {
  const store = global.tls;
  const steps = asksForTls(finishCheck(proxy));
  for (const server of proxy.servers) {
    const { tls } = server;
    if (!tls.enabled && tls.check !== true && !steps) continue;
    const word = server.marks.get("name") ?? proxy.nameWord;
    const { settings } = tls;
    checkVersions(settings, null, store.serverDefaults, (code, message, severity) =>
      (severity === "error" ? errorAt : warnAt)(diagnostics, settings.words.get("versions") ?? word, code, message),
    );
    const verify = settings.verify ?? store.serverVerify;
    if (verify !== "none" && settings.caFile === null && !settings.words.has("ca-file")) {
      errorAt(
        diagnostics,
        word,
        "tls/no-ca",
        `the certificate of server '${server.name}' cannot be checked: there is no 'ca-file'`,
        "add 'ca-file @system-ca' or another file; where the network is trusted 'verify none' does",
      );
    }
  }
}

function* settingsOf(
  own: TlsSettingsDraft,
  entries: readonly EntryDraft[],
): Generator<[TlsSettingsDraft, TlsSettingsDraft | null]> {
  yield [own, null];
  for (const { settings } of entries) if (settings !== null) yield [settings, own];
}

function checkVersions(
  settings: TlsSettingsDraft,
  base: TlsSettingsDraft | null,
  defaults: TlsDefaults,
  report: (code: string, message: string, severity: "error" | "warning") => void,
): void {
  const range = versionRange(settings.versions, base?.versions ?? defaults.versions);
  if (range === null) report("tls/no-version", "no version of TLS is left", "error");
  else if (range.gap) {
    report("tls/version-gap", "the versions of TLS have a gap: those below it are not used", "warning");
  }
}
