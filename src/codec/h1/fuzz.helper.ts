/** Deterministic mutations of valid messages; test helper. */

/** A small PRNG (xorshift32), so that a failure can be repeated from its seed. */
export function random(seed: number): () => number {
  let x = seed | 0 || 1;
  return () => {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    return (x >>> 0) / 4294967296;
  };
}

const seeds: readonly string[] = [
  "GET /a/b?c=d HTTP/1.1\r\nHost: a\r\nUser-Agent: x/1 (y; z)\r\nConnection: keep-alive, foo\r\nAccept: */*\r\n\r\n",
  "POST http://a:80/x HTTP/1.1\r\nHost: a\r\nContent-Length: 5, 5\r\nX-A:  b \r\n c\r\n\r\n",
  "PUT /x HTTP/1.0\r\nConnection: close\r\nCookie: a=b; c=d\r\nTE: gzip, trailers\r\n\r\n",
  "CONNECT a:80 HTTP/1.1\r\nHost: a:80\r\nProxy-Connection: x\r\n\r\n",
  "GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
];
const spices: readonly string[] = [
  "\r\n",
  "\n",
  "\r",
  " ",
  "\t",
  ":",
  ",",
  "\0",
  "\x80",
  "#",
  "@",
  "/",
  "*",
  "0",
  "5",
  "a",
  "Host: a\r\n",
  "Host: b\r\n",
  "Connection: close\r\n",
  "Content-Length: 5\r\n",
  "\r\n ",
  "HTTP/1.1",
  "http://",
  ":80",
  ", ",
  '"',
  "X: y\r\n",
];

/** `count` mutants of the seed messages. */
export function mutants(seed: number, count: number, from: readonly string[] = seeds): string[] {
  const next = random(seed);
  const pick = <T>(list: readonly T[]): T => list[Math.floor(next() * list.length)]!;
  const out: string[] = [];
  while (out.length < count) {
    let text = pick(from);
    for (let n = 1 + Math.floor(next() * 3); n > 0; n--) {
      const p = Math.floor(next() * text.length);
      const q = p + Math.floor(next() * 4);
      const kind = next();
      if (kind < 0.4) text = text.slice(0, p) + pick(spices) + text.slice(p);
      else if (kind < 0.6) text = text.slice(0, p) + text.slice(q);
      else if (kind < 0.8) text = text.slice(0, p) + pick(spices) + text.slice(p + 1);
      else text = text.slice(0, p) + text.slice(p, q) + text.slice(p);
    }
    out.push(text);
  }
  return out;
}
