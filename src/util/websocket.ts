const GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/** What a server must answer in Sec-WebSocket-Accept to a Sec-WebSocket-Key (RFC 6455 section 4.2.2, item 5). */
export function websocketAccept(key: string): string {
  return new Bun.CryptoHasher("sha1").update(key + GUID).digest("base64");
}
