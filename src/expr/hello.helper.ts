/** ClientHello messages for tests (RFC 8446 section 4.1.2). */

export interface HelloSpec {
  /** null = no server name. */
  readonly name: string | null;
  readonly alpn: readonly string[];
  readonly groups: boolean;
  /** Bytes of the session ticket, -1 = no such extension. */
  readonly ticket: number;
}

function sized(width: number, body: string): string {
  let head = "";
  for (let i = width - 1; i >= 0; i--) head += String.fromCharCode((body.length >> (8 * i)) & 255);
  return head + body;
}

/** A whole TLS record, one character per byte. */
export function hello({ name, alpn, groups, ticket }: HelloSpec): string {
  let extensions = "";
  if (groups) extensions += `\0\x0a${sized(2, sized(2, "\0\x1d\0\x17"))}`;
  if (ticket >= 0) extensions += `\0\x23${sized(2, "t".repeat(ticket))}`;
  if (alpn.length > 0) extensions += `\0\x10${sized(2, sized(2, alpn.map((one) => sized(1, one)).join("")))}`;
  if (name !== null) extensions += `\0\0${sized(2, sized(2, `\0${sized(2, name)}`))}`;
  extensions += `\0\x0d${sized(2, sized(2, "\x04\x03\x08\x04"))}`;
  const body = `\x03\x03${"r".repeat(32)}${sized(1, "s".repeat(32))}${sized(2, "\x13\x01\xc0\x2f")}\x01\0${sized(2, extensions)}`;
  return `\x16\x03\x01${sized(2, `\x01${sized(3, body)}`)}`;
}
