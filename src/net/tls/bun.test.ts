/**
 * What Bun does with TLS and does not document, or documents loosely. A Bun in which one of these fails is not the one this program
 * was written for: look at what changed before the version is raised.
 */
import { afterEach, beforeAll, expect, test } from "bun:test";
import { createSecureContext } from "node:tls";
import type { Socket } from "bun";
import { type Issued, issue } from "./certificates.helper.ts";

let ca: Issued;
let server: Issued;
let other: Issued;
let client: Issued;

beforeAll(async () => {
  ca = await issue({ subject: "CN=CA", ca: true });
  server = await issue({ subject: "CN=a.test", names: ["a.test"], by: ca });
  other = await issue({ subject: "CN=b.test", names: ["b.test"], by: ca });
  client = await issue({ subject: "CN=someone", by: ca });
});

/** Bun's sockets with the methods its types lack. */
interface Sock extends Socket<unknown> {
  readonly fd: number;
  setVerifyMode(request: boolean, reject: boolean): void;
  isSessionReused(): boolean;
  setSession(session: Uint8Array): void;
  getSession(): Uint8Array | undefined;
}

type Handlers = Record<string, (...args: never[]) => unknown>;

const listeners: { stop(force: boolean): void }[] = [];

afterEach(() => {
  for (const listener of listeners.splice(0)) listener.stop(true);
});

const quiet: Handlers = { open() {}, data() {}, drain() {}, end() {}, close() {}, error() {} };

function native(options: object): object {
  return (createSecureContext(options) as unknown as { context: object }).context;
}

function listen(tls: object | null, socket: Handlers): number {
  const options = { hostname: "127.0.0.1", port: 0, allowHalfOpen: true, socket: { ...quiet, ...socket } };
  const listener = Bun.listen((tls === null ? options : { ...options, tls }) as never) as unknown as {
    stop(force: boolean): void;
    readonly port: number;
  };
  listeners.push(listener);
  return listener.port;
}

interface Told {
  ok: boolean;
  code: string | undefined;
  socket: Sock;
}

/** Connects and waits for the end of the handshake. */
function dial(port: number, tls: object, more: Handlers = {}): Promise<Told> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error("no handshake within 2 s")), 2000);
    const socket = {
      ...quiet,
      ...more,
      handshake(sock: Sock, ok: boolean, error: { code?: string } | null) {
        clearTimeout(timer);
        resolve({ ok, code: error?.code, socket: sock });
      },
    };
    const options = { hostname: "127.0.0.1", port, socket, tls: { rejectUnauthorized: false, ...tls } };
    Bun.connect(options as never).catch(reject);
  });
}

function shown({ socket }: Told): unknown {
  return (socket as unknown as { getPeerCertificate(): { subject?: { CN?: string } } }).getPeerCertificate().subject
    ?.CN;
}

test("Bun.listen takes a native context, and tickets outlive the listener", async () => {
  const context = native({ key: server.key, cert: server.cert });
  let session: Uint8Array | null = null;
  const keep: Handlers = {
    session: ((_: Sock, ticket: Uint8Array) => void (session = ticket)) as never,
    open: ((sock: Sock) => void (session === null ? null : sock.setSession(session))) as never,
  };
  const write: Handlers = { handshake: ((sock: Sock) => void sock.write("x")) as never };
  const first = await dial(listen({ secureContext: context }, write), { serverName: "a.test" }, keep);
  for (let i = 0; i < 100 && session === null; i++) await Bun.sleep(5);
  expect(first.socket.isSessionReused()).toBe(false);
  listeners.splice(0).forEach((listener) => listener.stop(true));
  const second = await dial(listen({ secureContext: context }, write), { serverName: "a.test" }, keep);
  expect(second.socket.isSessionReused()).toBe(true);
  // The record of a session: version, protocol, cipher, identity, secret.
  expect(second.socket.getSession()![0]).toBe(0x30);
});

test("serverName: a context, undefined for the default, an Error refuses; not called without a name", async () => {
  const names: string[] = [];
  const port = listen(
    { key: server.key, cert: server.cert },
    {
      serverName: ((_: unknown, name: string) => {
        names.push(name);
        if (name === "b.test") return native({ key: other.key, cert: other.cert });
        return name === "no.test" ? new Error("no") : undefined;
      }) as never,
    },
  );
  expect(shown(await dial(port, { serverName: "b.test" }))).toBe("b.test");
  expect(shown(await dial(port, { serverName: "x.test" }))).toBe("a.test");
  expect(shown(await dial(port, { serverName: "" }))).toBe("a.test");
  const { ok, code } = await dial(port, { serverName: "no.test" });
  expect([ok, ["EPROTO", "ECONNRESET"].includes(code ?? "")]).toEqual([false, true]);
  expect(names).toEqual(["b.test", "x.test", "no.test"]);
});

test("alpnCallback: a protocol, or false to go on without", async () => {
  const offers: string[] = [];
  const port = listen(
    { key: server.key, cert: server.cert },
    {
      alpnCallback: ((_: Sock, __: unknown, offer: Uint8Array) => {
        offers.push(Buffer.from(offer).toString("latin1"));
        return offers.length === 1 ? "h2" : false;
      }) as never,
    },
  );
  const ALPNProtocols = Buffer.from("\x02h2\x08http/1.1", "latin1");
  const first = await dial(port, { ALPNProtocols });
  const second = await dial(port, { ALPNProtocols });
  expect([first.socket.alpnProtocol, second.socket.alpnProtocol]).toEqual(["h2", false]);
  expect(second.code).not.toBe("EPROTO");
  expect(offers).toEqual(["\x02h2\x08http/1.1", "\x02h2\x08http/1.1"]);
});

test("setVerifyMode in serverName asks this client for a certificate; ok is true whatever it is", async () => {
  const told: unknown[] = [];
  const port = listen(
    { key: server.key, cert: server.cert },
    {
      serverName: ((_: unknown, name: string, sock: Sock) => {
        if (name !== "b.test") return undefined;
        sock.setVerifyMode(true, false);
        return native({ key: other.key, cert: other.cert, ca: ca.cert });
      }) as never,
      handshake: ((sock: Sock, ok: boolean, error: { code?: string } | null) => {
        const { raw } =
          (sock as unknown as { getPeerCertificate(chain: boolean): { raw?: Buffer } }).getPeerCertificate(false) ?? {};
        told.push([ok, raw === undefined ? "none" : (error?.code ?? "good")]);
      }) as never,
    },
  );
  const stranger = await issue({ subject: "CN=stranger" });
  await dial(port, { serverName: "b.test", key: client.key, cert: client.cert });
  await dial(port, { serverName: "b.test", key: stranger.key, cert: stranger.cert });
  await dial(port, { serverName: "b.test" });
  await dial(port, { serverName: "a.test", key: client.key, cert: client.cert });
  for (let i = 0; i < 100 && told.length < 4; i++) await Bun.sleep(5);
  expect(told).toEqual([
    [true, "good"],
    [true, "DEPTH_ZERO_SELF_SIGNED_CERT"],
    [true, "none"],
    [true, "none"],
  ]);
});

test("a client without a certificate fails in its handshake; one with a bad certificate never does, so that it gets no alert", async () => {
  const old = await issue({ subject: "CN=old", days: -2, by: ca });
  const foreign = await issue({ subject: "CN=foreign", by: await issue({ subject: "CN=Nobody", ca: true }) });
  const seen: (string | undefined)[] = [];
  const tls = { key: server.key, cert: server.cert, ca: ca.cert, requestCert: true, rejectUnauthorized: true };
  const port = listen(tls, {
    handshake(_: Sock, ok: boolean, error: { code?: string } | null) {
      seen.push(`${ok} ${error?.code ?? "-"}`);
    },
  });
  const wish = { ca: ca.cert, serverName: "a.test", maxVersion: 0x303 };
  // In TLS 1.2 the client's handshake ends behind the server's verdict: an alert would be its end.
  expect((await dial(port, wish)).ok).toBe(false);
  for (const { key, cert } of [old, foreign, client]) {
    const told = await dial(port, { ...wish, key, cert });
    expect([told.ok, told.code]).toEqual([true, undefined]);
  }
  expect(seen).toEqual(["false EPROTO", "true CERT_HAS_EXPIRED", "true UNABLE_TO_VERIFY_LEAF_SIGNATURE", "true -"]);
});

test("upgradeTLS makes a server of a plain socket, with bytes that were read before; the plain side sees ciphertext", async () => {
  const context = native({ key: server.key, cert: server.cert });
  let seen = 0;
  let fd = -1;
  const port = listen(null, {
    data: ((sock: Sock, chunk: Buffer) => {
      // The plain side is another object from then on, with the same data.
      if (sock.data === "upgraded") {
        seen += chunk.length;
        return;
      }
      sock.data = "upgraded";
      const socket = { ...quiet, handshake: (inner: Sock) => void ((fd = inner.fd), inner.write("hello")) };
      const options = { isServer: true, tls: { secureContext: context }, data: {}, socket, initialData: chunk };
      sock.upgradeTLS(options as never);
    }) as never,
  });
  let text = "";
  const { code } = await dial(
    port,
    { serverName: "a.test", ca: ca.cert },
    {
      data: ((_: Sock, chunk: Buffer) => void (text += chunk.toString())) as never,
    },
  );
  for (let i = 0; i < 100 && (text === "" || seen === 0); i++) await Bun.sleep(5);
  expect([code, text]).toEqual([undefined, "hello"]);
  expect(seen).toBeGreaterThan(0);
  expect(fd).toBeGreaterThan(2);
});

test("a client that is not TLS, and one that leaves, end the handshake with EPROTO and ECONNRESET", async () => {
  const codes: unknown[] = [];
  let closed = 0;
  const port = listen(
    { key: server.key, cert: server.cert },
    {
      handshake: ((_: Sock, ok: boolean, error: { code?: string }) => void codes.push(ok, error.code)) as never,
      close: (() => void closed++) as never,
    },
  );
  for (const text of ["GET / HTTP/1.0\r\n\r\n", ""]) {
    const socket = await Bun.connect({ hostname: "127.0.0.1", port, socket: { data() {} } });
    if (text === "") socket.end();
    else socket.write(text);
    const wanted = codes.length + 2;
    for (let i = 0; i < 200 && codes.length < wanted; i++) await Bun.sleep(5);
  }
  for (let i = 0; i < 100 && closed < 2; i++) await Bun.sleep(5);
  expect(codes).toEqual([false, "EPROTO", false, "ECONNRESET"]);
  expect(closed).toBe(2);
});

test("a name the certificate does not have is told although nobody asked to reject it", async () => {
  const port = listen({ key: server.key, cert: server.cert }, {});
  const secureContext = native({ ca: ca.cert });
  expect((await dial(port, { secureContext, serverName: "a.test" })).ok).toBe(true);
  const wrong = await dial(port, { secureContext, serverName: "b.test" });
  expect([wrong.ok, wrong.code]).toEqual([false, "ERR_TLS_CERT_ALTNAME_INVALID"]);
  const unknown = await dial(port, { secureContext: native({ ca: client.cert }), serverName: "b.test" });
  expect(unknown.code).not.toBe("ERR_TLS_CERT_ALTNAME_INVALID");
});

test("shutdown and end: everything arrives, then the connection is gone", async () => {
  const big = Buffer.alloc(2_000_000, 1);
  let closed = false;
  const state = { at: -1 };
  const pump = (sock: Sock): void => {
    while (state.at >= 0 && state.at < big.length) {
      const n = sock.write(big, state.at, big.length - state.at);
      if (n <= 0) return;
      state.at += n;
    }
    if (state.at !== big.length) return;
    state.at = -1;
    sock.shutdown();
    sock.end();
  };
  const port = listen(
    { key: server.key, cert: server.cert },
    {
      data: ((sock: Sock) => ((state.at = 0), pump(sock))) as never,
      drain: pump as never,
      close: (() => void (closed = true)) as never,
    },
  );
  let got = 0;
  const { socket } = await dial(port, {}, { data: ((_: Sock, chunk: Buffer) => void (got += chunk.length)) as never });
  socket.pause();
  socket.write("go");
  await Bun.sleep(50);
  socket.resume();
  for (let i = 0; i < 400 && !(got === big.length && closed); i++) await Bun.sleep(5);
  expect([got, closed]).toEqual([big.length, true]);
});
