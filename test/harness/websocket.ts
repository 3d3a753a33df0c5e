/** WebSocket with the package ws: over HTTP/1 with its client and server, over HTTP/2 (RFC 8441) with its framing on streams of node:http2. */
import { createServer as createHttp } from "node:http";
import { type ClientHttp2Session, connect as connectH2, createServer as createH2 } from "node:http2";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { installedPackage } from "./packages.ts";
import type { Scope } from "./scope.ts";

type Event = "message" | "ping" | "pong" | "close" | "open" | "error" | "unexpected-response" | "upgrade";

export interface Ws {
  readonly extensions: string;
  readonly protocol: string;
  readonly readyState: number;
  readonly bufferedAmount: number;
  readonly _socket: Duplex & { end(): void };
  send(data: Buffer | string, done?: () => void): void;
  ping(data?: string): void;
  close(code?: number, reason?: string): void;
  terminate(): void;
  pause(): void;
  resume(): void;
  on(event: Event, listener: (...values: never[]) => void): this;
  once(event: Event, listener: (...values: never[]) => void): this;
}

interface ReceiverLike extends NodeJS.WritableStream {
  on(event: "message", listener: (data: Buffer, binary: boolean) => void): this;
  on(event: "ping" | "pong", listener: (data: Buffer) => void): this;
  on(event: "conclude", listener: (code: number, reason: Buffer) => void): this;
  on(event: "error" | "drain", listener: (error?: Error) => void): this;
}

interface SenderLike {
  send(data: Buffer | string, options: object, done?: () => void): void;
  ping(data: Buffer, mask: boolean): void;
  pong(data: Buffer, mask: boolean): void;
  close(code: number, reason: string, mask: boolean): void;
}

interface Package {
  readonly WebSocket: new (url: string, protocols: readonly string[], options: object) => Ws;
  readonly WebSocketServer: new (options: object) => {
    handleUpgrade(request: object, socket: Duplex, head: Buffer, done: (ws: Ws) => void): void;
  };
  readonly Receiver: new (options: object) => ReceiverLike;
  readonly Sender: new (socket: Duplex, extensions?: object) => SenderLike;
}

const { WebSocket, WebSocketServer, Receiver, Sender } = installedPackage<Package>("ws/index.js");

export interface WsServer {
  readonly port: number;
  /** Request targets that were accepted. */
  readonly urls: string[];
  /** Headers of the last request. */
  last: Record<string, string | string[] | undefined>;
  readonly sockets: Set<Ws>;
  /** Close codes the server saw. */
  readonly closes: string[];
  pings: number;
}

export interface WsTls {
  readonly key: string;
  readonly cert: string;
}

/** A server of ws over HTTP/1 that echoes; "/refuse…" is answered with 403. */
export async function startWsServer(
  scope: Scope,
  options: { readonly tls?: WsTls; readonly deflate?: boolean } = {},
): Promise<WsServer> {
  const accepter = new WebSocketServer({
    noServer: true,
    maxPayload: 1 << 27,
    perMessageDeflate: options.deflate === true ? { threshold: 0 } : false,
    handleProtocols: (offered: Set<string>) => (offered.has("chat.v2") ? "chat.v2" : false),
  });
  const https = await import("node:https");
  const http = options.tls === undefined ? createHttp() : https.createServer(options.tls);
  const server: WsServer = { port: 0, urls: [], last: {}, sockets: new Set(), closes: [], pings: 0 };
  http.on("upgrade", (request, socket: Duplex, head: Buffer) => {
    server.last = request.headers;
    socket.on("error", () => {});
    if (request.url?.startsWith("/refuse") === true) {
      socket.end("HTTP/1.1 403 Forbidden\r\nContent-Length: 4\r\nX-Why: closed\r\n\r\nno!\n");
      return;
    }
    accepter.handleUpgrade(request, socket, head, (ws) => {
      server.urls.push(request.url ?? "");
      server.sockets.add(ws);
      ws.on("error", () => {});
      ws.on("ping", () => void server.pings++);
      ws.on("message", ((data: Buffer, binary: boolean) => ws.send(binary ? data : data.toString())) as never);
      ws.on("close", ((code: number, reason: Buffer) => {
        server.closes.push(`${code} ${reason.toString()}`);
        server.sockets.delete(ws);
      }) as never);
    });
  });
  await new Promise<void>((done) => http.listen(0, "127.0.0.1", done));
  scope.defer(() => {
    for (const ws of server.sockets) ws.terminate();
    http.close();
  });
  return Object.assign(server, { port: (http.address() as AddressInfo).port });
}

/** A client of ws over HTTP/1; resolves when it is open, rejects with "403 body" where it is refused. */
export function wsConnect(
  scope: Scope,
  url: string,
  options: {
    readonly deflate?: boolean;
    readonly protocols?: readonly string[];
    readonly headers?: Readonly<Record<string, string>>;
  } = {},
): Promise<Ws> {
  const { promise, resolve, reject } = Promise.withResolvers<Ws>();
  const ws = new WebSocket(url, options.protocols ?? [], {
    perMessageDeflate: options.deflate === true ? { threshold: 0 } : false,
    rejectUnauthorized: false,
    maxPayload: 1 << 27,
    headers: options.headers ?? {},
    handshakeTimeout: 4000,
  });
  ws.on("open", () => resolve(ws));
  ws.on("error", ((error: Error) => reject(error)) as never);
  ws.on("unexpected-response", ((_: object, response: NodeJS.ReadableStream & { statusCode: number }) => {
    let body = "";
    response.on("data", (part: Buffer) => (body += part.toString()));
    response.on("end", () => reject(new Error(`${response.statusCode} ${body}`)));
  }) as never);
  scope.defer(() => ws.terminate());
  return promise;
}

/** The next message of a client of ws. */
export function nextMessage(ws: Ws): Promise<Buffer> {
  return new Promise((resolve) => ws.once("message", ((data: Buffer) => resolve(data)) as never));
}

/** WebSocket frames on any stream: what RFC 8441 leaves of the protocol. */
class Framed {
  readonly stream: Duplex;
  readonly messages: Buffer[] = [];
  pongs = 0;
  /** Code and reason of a received close frame. */
  closed: string | null = null;
  private readonly sender: SenderLike;
  private readonly mask: boolean;
  private readonly waiting: ((message: Buffer) => void)[] = [];

  constructor(stream: Duplex, server: boolean, onMessage?: (data: Buffer, binary: boolean) => void) {
    this.stream = stream;
    this.mask = !server;
    this.sender = new Sender(stream);
    const receiver = new Receiver({ isServer: server, maxPayload: 1 << 27 });
    receiver.on("message", (data, binary) => {
      if (onMessage !== undefined) return onMessage(data, binary);
      const next = this.waiting.shift();
      if (next === undefined) this.messages.push(data);
      else next(data);
    });
    receiver.on("ping", (data) => this.sender.pong(data, this.mask));
    receiver.on("pong", () => void this.pongs++);
    receiver.on("conclude", (code, reason) => {
      this.closed = `${code} ${reason.toString()}`;
      if (!server) return;
      this.sender.close(code, "", this.mask);
      stream.end();
    });
    receiver.on("error", () => stream.destroy());
    stream.on("error", () => {});
    stream.pipe(receiver);
  }

  send(data: Buffer | string): void {
    this.sender.send(data, { binary: typeof data !== "string", mask: this.mask, fin: true, compress: false });
  }

  ping(): void {
    this.sender.ping(Buffer.from("p"), this.mask);
  }

  close(code: number, reason: string): void {
    this.sender.close(code, reason, this.mask);
  }

  next(): Promise<Buffer> {
    const message = this.messages.shift();
    return message === undefined ? new Promise((resolve) => this.waiting.push(resolve)) : Promise.resolve(message);
  }
}

/** A server of WebSocket over HTTP/2 that echoes; "/refuse…" is answered with 403. `extended`: it says so in its settings. */
export async function startWsH2Server(scope: Scope, extended = true): Promise<WsServer> {
  const http = createH2({ settings: { enableConnectProtocol: extended } });
  const server: WsServer = { port: 0, urls: [], last: {}, sockets: new Set(), closes: [], pings: 0 };
  http.on("stream", (stream: import("node:http2").ServerHttp2Stream, headers) => {
    stream.on("error", () => {});
    server.last = headers as WsServer["last"];
    if (headers[":protocol"] !== "websocket" || headers[":path"]?.startsWith("/refuse") === true) {
      stream.respond({ ":status": 403, "x-why": "closed" });
      stream.end("no!\n");
      return;
    }
    server.urls.push(headers[":path"] ?? "");
    const offered = String(headers["sec-websocket-protocol"] ?? "");
    stream.respond({ ":status": 200, ...(offered.includes("chat.v2") ? { "sec-websocket-protocol": "chat.v2" } : {}) });
    const framed: Framed = new Framed(stream, true, (data, binary) => framed.send(binary ? data : data.toString()));
    stream.on("close", () => server.closes.push(framed.closed ?? "none"));
  });
  http.on("session", (session) => session.on("error", () => {}));
  await new Promise<void>((done) => http.listen(0, "127.0.0.1", done));
  scope.defer(() => void http.close());
  return Object.assign(server, { port: (http.address() as AddressInfo).port });
}

/** An HTTP/2 connection whose settings have come. */
export async function h2Session(scope: Scope, port: number, tls = false): Promise<ClientHttp2Session> {
  const session = connectH2(`${tls ? "https" : "http"}://127.0.0.1:${port}`, { rejectUnauthorized: false } as object);
  session.on("error", () => {});
  scope.defer(() => session.destroy());
  await new Promise<void>((done, fail) => {
    session.once("remoteSettings", () => done());
    session.once("close", () => fail(new Error("closed")));
  });
  return session;
}

/** A WebSocket by extended CONNECT; rejects with the status and the header x-why where it is refused. */
export async function wsOverH2(
  session: ClientHttp2Session,
  path: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<{ readonly framed: Framed; readonly headers: Readonly<Record<string, unknown>> }> {
  const stream = session.request(
    {
      ":method": "CONNECT",
      ":protocol": "websocket",
      ":scheme": "http",
      ":authority": "ws.test",
      ":path": path,
      "sec-websocket-version": "13",
      ...headers,
    },
    { endStream: false },
  );
  const head = await new Promise<Record<string, unknown>>((resolve, reject) => {
    stream.once("response", (answer) => resolve(answer as Record<string, unknown>));
    stream.once("error", reject);
    stream.once("close", () => reject(new Error("closed")));
  });
  if (head[":status"] === 200) return { framed: new Framed(stream, false), headers: head };
  stream.close();
  throw new Error(`${String(head[":status"])} ${String(head["x-why"])}`);
}
