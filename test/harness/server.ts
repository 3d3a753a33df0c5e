/**
 * Raw TCP servers: each connection is a Peer handed to a script. When the script is over the connection stays as it is until the
 * other side ends it, and is closed then.
 */
import type { Socket } from "bun";
import { Peer, PeerError, peerHandlers } from "./peer.ts";
import { freePort } from "./ports.ts";
import type { Scope } from "./scope.ts";

export type ServerScript = (peer: Peer, index: number) => Promise<void> | void;

export interface ScriptedServer {
  readonly port: number;
  /** Every connection accepted so far, in order. */
  readonly peers: Peer[];
  /** Errors of the scripts other than a wait that ended by the connection's end. */
  readonly errors: Error[];
  /** For its peers, those to come. */
  settle: Peer["settle"];
  /** Closes the listening socket: later connections are refused. Existing ones stay. */
  refuse(): void;
  /** Listens again on the same port. */
  accept(): void;
}

export interface ServerTls {
  readonly key: string;
  readonly cert: string;
  readonly maxVersion?: number;
  /** What the server chooses from by ALPN. */
  readonly alpn?: readonly string[];
}

export function startServer(scope: Scope, script: ServerScript, port = freePort(), tls?: ServerTls): ScriptedServer {
  const peers: Peer[] = [];
  const errors: Error[] = [];
  const handlers = {
    ...peerHandlers,
    open(socket: Socket<Peer>): void {
      const peer = new Peer();
      peer.socket = socket;
      peer.settle = server.settle;
      socket.data = peer;
      peers.push(peer);
      void play(peer, peers.length - 1);
    },
  };
  const play = async (peer: Peer, index: number): Promise<void> => {
    try {
      await script(peer, index);
    } catch (error) {
      if (!(error instanceof PeerError)) errors.push(error instanceof Error ? error : new Error(String(error)));
    }
    // Longer than any test: a pooled connection may stay idle until the scope ends.
    await peer.closed(600_000).catch(() => {});
    if (peer.closeKind === "fin") peer.close();
  };
  const listen = (): { stop(force?: boolean): void } =>
    Bun.listen<Peer>({
      hostname: "127.0.0.1",
      port,
      socket: handlers,
      allowHalfOpen: true,
      ...(tls === undefined ? {} : { tls: { ...tls, ...wireAlpn(tls.alpn) } }),
    } as never);
  let listener: { stop(force?: boolean): void } | null = listen();
  const server: ScriptedServer = {
    port,
    peers,
    errors,
    settle: null,
    refuse() {
      listener?.stop(false);
      listener = null;
    },
    accept() {
      listener ??= listen();
    },
  };
  scope.defer(() => {
    for (const peer of peers) peer.reset();
    server.refuse();
  });
  return server;
}

/** A server that answers every request of every connection with what `answer` returns. */
export function respond(answer: string | ((request: string, index: number, nth: number) => string)): ServerScript {
  return async (peer, index) => {
    for (let nth = 0; ; nth++) {
      const request = await peer.request(600_000);
      peer.send(typeof answer === "string" ? answer : answer(request, index, nth));
    }
  };
}

/** A response with a length, `ok("text", "X-A: b")`. */
export function ok(body: string, ...fields: string[]): string {
  return ["HTTP/1.1 200 OK", ...fields, `Content-Length: ${body.length}`, "", body].join("\r\n");
}

/** Names of protocols as they travel (RFC 7301 section 3.1). */
function wireAlpn(names: readonly string[] | undefined): object {
  if (names === undefined) return {};
  return {
    ALPNProtocols: Buffer.from(names.map((name) => String.fromCharCode(name.length) + name).join(""), "latin1"),
  };
}
