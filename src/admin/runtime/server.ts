/** The runtime API: listens on every `stats socket` and hands clients to Connection. */
import type { Socket, SocketHandler, TCPSocketListener } from "bun";
import { dup } from "../../ffi/file.ts";
import { descriptorLimit } from "../../ffi/process.ts";
import { shortage } from "../../ffi/room.ts";
import { fdOf } from "../../net/fd.ts";
import type { AdminContext } from "../context.ts";
import { Connection } from "./connection.ts";
import type { RuntimeSocket } from "./sockets.ts";

export interface RuntimeServer {
  /** Starts to listen on sockets that are new in the list and stops on those that are gone; connections stay. */
  update(sockets: readonly RuntimeSocket[]): void;
  /** Stops listening and closes every connection. Paths of unix sockets belong to whoever opened them. */
  stop(): void;
  /** Connections being served, those that wait for a place not counted. */
  readonly connections: number;
}

interface Listening {
  socket: RuntimeSocket;
  /** null: it rests. */
  listener: { stop(force?: boolean): void } | null;
}

/**
 * Descriptors of this process that clients leave to others. Bun's listeners ask for a connection that they have no descriptor for again
 * and again, as fast as they can: clients wait in the kernel instead.
 */
const SPARE = 16;
/** How long they wait before somebody looks whether there is room again. */
const REST_MS = 100;

/** A client above `stats maxconn` is kept unread until another one leaves. */
type State = Connection | "waiting" | "gone";

/** Serves the runtime API on sockets that are bound and listening. */
export function serveRuntime(ctx: AdminContext, sockets: readonly RuntimeSocket[]): RuntimeServer {
  const active = new Set<Connection>();
  /** Answered, and waiting for the client to close: they take nobody's place. */
  const lingering = new Set<Connection>();
  const waiting: { readonly key: string; readonly begin: () => void }[] = [];
  /** Connections in `active` by the key of their socket. */
  const served = new Map<string, number>();
  const room = (key: string): boolean => {
    if (active.size >= ctx.model().global.statsMaxconn) return false;
    const limit = listening.get(key)?.socket.model.maxconn ?? 0;
    return limit === 0 || (served.get(key) ?? 0) < limit;
  };
  const listening = new Map<string, Listening>();

  const admit = (): void => {
    for (let i = 0; i < waiting.length;) {
      if (room(waiting[i]!.key)) waiting.splice(i, 1)[0]!.begin();
      else i++;
    }
  };

  const handlers = (key: string): SocketHandler<{ state: State }> => {
    const begin = (socket: Socket<{ state: State }>): void => {
      const model = listening.get(key)?.socket.model;
      const { level } = model ?? { level: "user" };
      const done = (one: Connection, gone: boolean): void => {
        if (active.delete(one)) served.set(key, served.get(key)! - 1);
        if (gone) {
          lingering.delete(one);
          socket.data.state = "gone";
        } else lingering.add(one);
        admit();
      };
      const channel = model?.exposeFdListeners === true ? fdOf(socket) : -1;
      const connection = new Connection(
        ctx,
        socket,
        level,
        ctx.model().global.statsTimeout,
        done,
        channel,
        model ?? { severity: "none" },
      );
      socket.data.state = connection;
      active.add(connection);
      served.set(key, (served.get(key) ?? 0) + 1);
    };
    return {
      open(socket) {
        socket.data = { state: "waiting" };
        if (fdOf(socket) >= descriptorLimit().soft - SPARE) rest();
        if (room(key)) return begin(socket);
        socket.pause();
        waiting.push({
          key,
          begin() {
            if (socket.data.state !== "waiting") return;
            begin(socket);
            socket.resume();
          },
        });
      },
      data(socket, data) {
        const { state } = socket.data;
        if (state instanceof Connection) state.onData(data);
      },
      drain(socket) {
        const { state } = socket.data;
        if (state instanceof Connection) state.onDrain();
      },
      end(socket) {
        const { state } = socket.data;
        if (state instanceof Connection) state.onEnd();
      },
      close(socket) {
        const { state } = socket.data;
        if (state instanceof Connection) state.onClose();
        socket.data.state = "gone";
      },
      error(socket) {
        const { state } = socket.data;
        if (state instanceof Connection) state.destroy();
      },
    };
  };

  let resting: Timer | null = null;
  const rest = (): void => {
    if (resting !== null) return;
    for (const one of listening.values()) {
      one.listener?.stop(false);
      one.listener = null;
    }
    resting = setTimeout(() => {
      resting = null;
      if (shortage(SPARE + listening.size) !== 0) return rest();
      for (const one of listening.values()) one.listener ??= listenOn(one.socket);
    }, REST_MS);
  };
  const listenOn = (socket: RuntimeSocket) => adopt(dup(socket.fd), handlers(socket.key));

  const update = (next: readonly RuntimeSocket[]): void => {
    const keys = new Set(next.map(({ key }) => key));
    for (const [key, { listener }] of listening) {
      if (keys.has(key)) continue;
      listener?.stop(false);
      listening.delete(key);
    }
    for (const socket of next) {
      const known = listening.get(socket.key);
      if (known !== undefined) known.socket = socket;
      else listening.set(socket.key, { socket, listener: resting === null ? listenOn(socket) : null });
    }
    admit();
  };

  update(sockets);
  return {
    update,
    stop() {
      update([]);
      if (resting !== null) clearTimeout(resting);
      waiting.length = 0;
      for (const connection of [...active, ...lingering]) connection.destroy();
    },
    get connections() {
      return active.size;
    },
  };
}

/** Bun.listen on a descriptor that listens already, which it closes in the end; not in Bun's types. */
function adopt<T>(fd: number, socket: SocketHandler<T>): { stop(force?: boolean): void } {
  const listen = Bun.listen as unknown as (options: {
    fd: number;
    allowHalfOpen: boolean;
    socket: SocketHandler<T>;
  }) => TCPSocketListener<T>;
  return listen({ fd, allowHalfOpen: true, socket });
}
