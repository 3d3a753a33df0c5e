import type { Args } from "../../lang/args.ts";
import { loadCertificates } from "../tls/crt.ts";
import { loadCrtList } from "../tls/crt-list.ts";
import { bindSettingRows } from "../tls/settings.ts";
import { row, type BindRow } from "./bind-row.ts";

/** OpenSSL's numbers of verification errors end here. */
const LAST_ERROR = 94;

/** Numbers between commas, or `all`, which is -1. */
function takeErrors(args: Args): number[] {
  const word = args.take("numbers of errors, or all");
  if (word === null) return [];
  if (word.text === "all") return [-1];
  const numbers = word.text.split(",").map((text) => (/^\d+$/.test(text) ? Number(text) : 0));
  if (numbers.every((n) => n >= 1 && n <= LAST_ERROR)) return numbers;
  args.error(
    "config/bad-value",
    word,
    `'${word.text}' is no list of verification errors`,
    `numbers from 1 to ${LAST_ERROR} separated by commas, or all`,
  );
  return [];
}

/** TLS of bind lines (manual section 5.1). */
export const bindTlsRows: readonly BindRow[] = [
  row("ssl", "", "Speak TLS", (c) => {
    c.bind.tls.enabled = true;
  }),
  row("crt", "<path>", "Certificate with its key and chain, or a folder of them", (c, args) => {
    const word = args.take("a file or a folder");
    if (word === null) return;
    const { tls } = c.global;
    c.bind.marks.set("crt", args.keyword);
    const paths = loadCertificates(tls, { env: c.env, args, word }, tls.crtPath(word.text));
    c.bind.tls.entries.push(...paths.map((certificate) => ({ certificate, filters: null, settings: null })));
  }),
  row("crt-list", "<file>", "Certificates with options and filters of names", (c, args) => {
    const word = args.take("a file");
    if (word === null) return;
    c.bind.marks.set("crt", args.keyword);
    c.bind.tls.entries.push(...loadCrtList(c.global.tls, { env: c.env, args, word }, word.text));
  }),
  row("strict-sni", "", "Refuse clients that name no known host", (c) => {
    c.bind.tls.strictSni = true;
  }),
  row("no-tls-tickets", "", "Do not resume sessions with tickets", (c) => {
    c.bind.tls.tickets = false;
  }),
  row("prefer-client-ciphers", "", "Choose the cipher by the client's preference", (c) => {
    c.bind.tls.preferClientCiphers = true;
  }),
  row("ca-ignore-err", "<errors>", "Errors of authorities that are let pass", (c, args) => {
    c.bind.tls.caIgnoreErr = [...c.bind.tls.caIgnoreErr, ...takeErrors(args)];
  }),
  row("crt-ignore-err", "<errors>", "Errors of client certificates that are let pass", (c, args) => {
    c.bind.tls.crtIgnoreErr = [...c.bind.tls.crtIgnoreErr, ...takeErrors(args)];
  }),
  row(
    "tls-ticket-keys",
    "<file>",
    "Keys of session tickets",
    (_, args) => void args.take("a file"),
    "the TLS library takes no ticket keys: each worker makes its own",
  ),
  ...bindSettingRows.map(({ name, usage, help, noEffect, parse }) =>
    row(
      name,
      usage,
      help,
      (c, args) => parse({ settings: c.bind.tls.settings, store: c.global.tls, env: c.env }, args),
      noEffect,
    ),
  ),
];
