/** A ClientHello with a server name (RFC 8446 section 4.1.2, RFC 6066 section 3), for rules that look at the first bytes of TLS. */

function sized(width: number, body: string): string {
  let head = "";
  for (let i = width - 1; i >= 0; i--) head += String.fromCharCode((body.length >> (8 * i)) & 255);
  return head + body;
}

/** A whole record, one character per byte: TLS 1.2 and 1.3, ALPN h2 and http/1.1. */
export function clientHello(name: string): string {
  const protocols = ["h2", "http/1.1"].map((one) => sized(1, one)).join("");
  const extensions =
    `\0\0${sized(2, sized(2, `\0${sized(2, name)}`))}` +
    `\0\x0a${sized(2, sized(2, "\0\x1d\0\x17"))}` +
    `\0\x0d${sized(2, sized(2, "\x04\x03\x08\x04"))}` +
    `\0\x10${sized(2, sized(2, protocols))}` +
    `\0\x2b${sized(2, sized(1, "\x03\x04\x03\x03"))}`;
  const random = "\x5a".repeat(32);
  const body = `\x03\x03${random}${sized(1, "")}${sized(2, "\x13\x01\xc0\x2f")}\x01\0${sized(2, extensions)}`;
  return `\x16\x03\x01${sized(2, `\x01${sized(3, body)}`)}`;
}
