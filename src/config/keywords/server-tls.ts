import { loadCertificates } from "../tls/crt.ts";
import { serverSettingRows, takeProtocols } from "../tls/settings.ts";
import type { ServerTlsDraft } from "../tls/draft.ts";
import type { Keyword } from "./keyword.ts";
import type { ServerContext } from "./server.ts";

type Row = Keyword<ServerContext>;

function row(name: string, usage: string, help: string, parse: Row["parse"], noEffect?: string): Row {
  return { name, where: ["server"], usage, help, parse, ...(noEffect === undefined ? {} : { noEffect }) };
}

function flag(name: string, help: string, set: (tls: ServerTlsDraft) => void): Row {
  return row(name, "", help, (c) => set(c.server.tls));
}

/** TLS towards servers (manual section 5.2). */
export const serverTlsRows: readonly Row[] = [
  flag("ssl", "Speak TLS to this server", (tls) => {
    tls.enabled = true;
  }),
  flag("no-ssl", "Undo 'ssl' of default-server", (tls) => {
    tls.enabled = false;
  }),
  flag("check-ssl", "Encrypt checks", (tls) => {
    tls.check = true;
  }),
  flag("no-check-ssl", "Do not encrypt checks", (tls) => {
    tls.check = false;
  }),
  row("check-sni", "<name>", "Name sent as SNI by checks", (c, args) => {
    c.server.tls.checkSni = args.take("a name")?.text ?? c.server.tls.checkSni;
  }),
  row("check-alpn", "<protocols>", "Protocols offered by ALPN in checks", (c, args) => {
    c.server.tls.checkAlpn = takeProtocols(args) ?? c.server.tls.checkAlpn;
  }),
  row("sni", "<expression>", "Sample whose value is sent as SNI", (c, args) => {
    const word = args.take("an expression such as req.hdr(host)");
    if (word === null) return;
    c.server.tls.sni = { text: word.text, at: word.at, endColumn: word.endColumn };
  }),
  row("verifyhost", "<name>", "Name that must be in the certificate where no sni is sent", (c, args) => {
    c.server.tls.verifyHost = args.take("a name")?.text.toLowerCase() ?? c.server.tls.verifyHost;
  }),
  row("crt", "<file>", "Certificate shown to the server", (c, args) => {
    const word = args.take("a file");
    if (word === null) return;
    const { tls } = c.global;
    const paths = loadCertificates(tls, { env: c.env, args, word }, tls.crtPath(word.text));
    c.server.tls.certificate = paths[0] ?? null;
  }),
  flag("ssl-reuse", "Resume sessions", (tls) => {
    tls.reuse = true;
  }),
  flag("no-ssl-reuse", "Do not resume sessions", (tls) => {
    tls.reuse = false;
  }),
  flag("tls-tickets", "Resume sessions with tickets", (tls) => {
    tls.tickets = true;
  }),
  flag("no-tls-tickets", "Do not resume sessions with tickets", (tls) => {
    tls.tickets = false;
  }),
  ...serverSettingRows.map(({ name, usage, help, noEffect, parse }) =>
    row(
      name,
      usage,
      help,
      (c, args) => parse({ settings: c.server.tls.settings, store: c.global.tls, env: c.env }, args),
      noEffect,
    ),
  ),
];
