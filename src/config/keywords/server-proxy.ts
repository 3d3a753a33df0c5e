import type { Args } from "../../lang/args.ts";
import { textOf } from "../../lang/line.ts";
import type { ProxyOptionName } from "../model.ts";
import type { ServerContext } from "./server.ts";
import { row, type ServerRow } from "./server-row.ts";

function add({ server }: ServerContext, ...names: ProxyOptionName[]): void {
  server.proxyOptions = [...new Set([...server.proxyOptions, ...names])];
}

function drop({ server }: ServerContext, ...names: ProxyOptionName[]): void {
  server.proxyOptions = server.proxyOptions.filter((name) => !names.includes(name));
}

/** What each option of `proxy-v2-options` asks for: the facts of the certificate are part of those of TLS. */
const options: Readonly<Record<ProxyOptionName, readonly ProxyOptionName[]>> = {
  ssl: ["ssl"],
  "cert-cn": ["ssl", "cert-cn"],
  "cert-key": ["ssl", "cert-key"],
  "cert-sig": ["ssl", "cert-sig"],
  "ssl-cipher": ["ssl", "ssl-cipher"],
  crc32c: ["crc32c"],
  "unique-id": ["unique-id"],
  authority: ["authority"],
};

/** Of HAProxy 3.0; its type stands in parentheses behind it. */
export const TLV_KEYWORD = "set-proxy-v2-tlv-fmt";

function parseTlv({ server }: ServerContext, args: Args): void {
  const { keyword } = args;
  const id = /^[^(]+\((0[xX][0-9a-fA-F]{1,2}|\d{1,3})\)$/.exec(keyword.text)?.[1];
  const type = Number(id ?? Number.NaN);
  if (!(type >= 0 && type <= 255)) {
    args.error("config/bad-value", keyword, `'${TLV_KEYWORD}' expects a type from 0 to 255 in parentheses`);
    args.next();
    return;
  }
  const value = args.take("a log format");
  if (value !== null) server.proxyTlvs = [...server.proxyTlvs, { type, value: textOf(value) }];
}

/** The PROXY header sent to servers (manual, section 5.2). Where both versions are asked for, 2 is sent. */
export const serverProxyRows: readonly ServerRow[] = [
  row("check-send-proxy", "", "Checks begin with a PROXY header too", (c) => {
    c.server.checkSendProxy = true;
  }),
  row("no-check-send-proxy", "", "Undo 'check-send-proxy' of default-server", (c) => {
    c.server.checkSendProxy = false;
  }),
  row("send-proxy", "", "Begin connections with a PROXY header of version 1", (c) => {
    if (c.server.sendProxy === "none") c.server.sendProxy = "v1";
  }),
  row("no-send-proxy", "", "Undo 'send-proxy' of default-server", (c) => {
    if (c.server.sendProxy === "v1") c.server.sendProxy = "none";
  }),
  row("send-proxy-v2", "", "Begin connections with a PROXY header of version 2", (c) => {
    c.server.sendProxy = "v2";
  }),
  row("no-send-proxy-v2", "", "Undo 'send-proxy-v2' of default-server", (c) => {
    if (c.server.sendProxy === "v2") c.server.sendProxy = "none";
  }),
  row("send-proxy-v2-ssl", "", "As 'send-proxy-v2', with facts of the client's TLS", (c) => {
    c.server.sendProxy = "v2";
    add(c, "ssl");
  }),
  row("no-send-proxy-v2-ssl", "", "Undo 'send-proxy-v2-ssl' of default-server", (c) => {
    if (c.server.sendProxy === "v2") c.server.sendProxy = "none";
    drop(c, "ssl");
  }),
  row("send-proxy-v2-ssl-cn", "", "As 'send-proxy-v2-ssl', with the common name of the client's certificate", (c) => {
    c.server.sendProxy = "v2";
    add(c, "ssl", "cert-cn");
  }),
  row("no-send-proxy-v2-ssl-cn", "", "Undo 'send-proxy-v2-ssl-cn' of default-server", (c) => {
    if (c.server.sendProxy === "v2") c.server.sendProxy = "none";
    drop(c, "ssl", "cert-cn");
  }),
  row(TLV_KEYWORD, "(<type>) <fmt>", "A TLV of one's own in a PROXY header of version 2", parseTlv),
  row(
    "proxy-v2-options",
    "<option>[,<option>]*",
    "What a PROXY header of version 2 tells beside the addresses",
    (c, args) => {
      const word = args.take(`one or more of ${Object.keys(options).join(", ")}`);
      if (word === null) return;
      for (const name of word.text.split(",")) {
        if (Object.hasOwn(options, name)) add(c, ...options[name as ProxyOptionName]);
        else {
          const hint = `one or more of ${Object.keys(options).join(", ")}`;
          args.error("config/bad-value", word, `'proxy-v2-options' does not know '${name}'`, hint);
          return;
        }
      }
    },
  ),
];
