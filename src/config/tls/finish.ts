import type { BindTlsModel, ServerCheckModel, ServerModel, ServerTlsModel } from "../model.ts";
import type { ServerDraft } from "../draft.ts";
import { type BindTlsDraft, type ServerTlsDraft, settingsModel } from "./draft.ts";
import type { TlsStore } from "./store.ts";

/** TLS of a bind line with the defaults of the global section filled in; null without `ssl`. */
export function bindTls(draft: BindTlsDraft, store: TlsStore): BindTlsModel | null {
  if (!draft.enabled) return null;
  const { bindDefaults: defaults } = store;
  const { entries, strictSni, caIgnoreErr, crtIgnoreErr } = draft;
  return {
    settings: settingsModel(draft.settings, null, defaults, "none"),
    entries: entries.map(({ certificate, filters, settings }) => ({
      certificate,
      filters,
      settings: settings === null ? null : settingsModel(settings, draft.settings, defaults, "none"),
    })),
    strictSni,
    tickets: draft.tickets && defaults.tickets,
    preferClientCiphers: draft.preferClientCiphers || defaults.preferClientCiphers,
    caIgnoreErr,
    crtIgnoreErr,
  };
}

/** TLS of the traffic to a server and of its checks. `tlsSteps`: these have steps with TLS of their own accord. */
export function serverTls(
  draft: ServerDraft,
  store: TlsStore,
  tlsSteps: boolean,
): { tls: ServerModel["tls"]; check: ServerCheckModel } {
  const { tls, check } = draft;
  const model = tlsModel(tls, store);
  // Checks that go elsewhere are not encrypted unless told so (manual, check-ssl).
  const encrypted = tls.check ?? (tls.enabled && check.port === 0 && check.addr === null);
  const settings =
    tls.checkAlpn === null ? { ...model.settings, alpn: [] } : { ...model.settings, alpn: tls.checkAlpn };
  return {
    tls: tls.enabled ? model : null,
    check: {
      ...check,
      tls: encrypted ? { ...model, settings, sni: null } : null,
      sni: tls.checkSni,
      stepTls: tlsSteps ? { ...model, settings, sni: null } : null,
    },
  };
}

function tlsModel(draft: ServerTlsDraft, store: TlsStore): ServerTlsModel {
  const { certificate, verifyHost, sni, reuse, tickets } = draft;
  const { serverDefaults: defaults, serverVerify } = store;
  return {
    settings: settingsModel(draft.settings, null, defaults, serverVerify),
    certificate,
    verifyHost,
    sni,
    reuse,
    tickets: tickets && defaults.tickets,
  };
}
