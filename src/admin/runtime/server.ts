/** The runtime API: listens on every `stats socket` and hands clients to Connection. */
import type { Socket, SocketHandler, TCPSocketListener } from "bun";
import type { StatsSocketModel } from "../../config/model.ts";
import type { AdminContext } from "../context.ts";
import { Connection } from "./connection.ts";
import { openSocket, removeSocket, socketInode } from "./sockets.ts";

export { defaultSocketPath } from "./sockets.ts";

export interface RuntimeServer {
  /** Closes the listeners and every connection, and removes the paths of unix sockets. */
  stop(): void;
  /** Connections being served, those that wait for a place not counted. */
  readonly connections: number;
}

interface Listening {
  readonly model: StatsSocketModel;
  readonly listener: { stop(force?: boolean): void };
  readonly inode: number | null;
}

/** A client above `stats maxconn` is kept unread until another one leaves. */
type State = Connection | "waiting" | "gone";

/**
 * Listens on `sockets` (default: those of the configuration). Throws SocketError, having closed what was open, when one
 * cannot be opened.
 */
export function serveRuntime(
  ctx: AdminContext,
  sockets: readonly StatsSocketModel[] = ctx.model().global.statsSockets,
): RuntimeServer {
  const active = new Set<Connection>();
  const waiting: (() => void)[] = [];
  const listening: Listening[] = [];

  const admit = (): void => {
    while (waiting.length > 0 && active.size < ctx.model().global.statsMaxconn) waiting.shift()!();
  };

  const handlers = (model: StatsSocketModel): SocketHandler<{ state: State }> => {
    const begin = (socket: Socket<{ state: State }>): void => {
      const connection = new Connection(ctx, socket, model.level, ctx.model().global.statsTimeout, (gone) => {
        active.delete(gone);
        socket.data.state = "gone";
        admit();
      });
      socket.data.state = connection;
      active.add(connection);
    };
    return {
      open(socket) {
        socket.data = { state: "waiting" };
        if (active.size < ctx.model().global.statsMaxconn) return begin(socket);
        socket.pause();
        waiting.push(() => {
          if (socket.data.state !== "waiting") return;
          begin(socket);
          socket.resume();
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

  const stop = (): void => {
    for (const { listener, model, inode } of listening.splice(0)) {
      listener.stop(false);
      removeSocket(model.address, inode);
    }
    waiting.length = 0;
    for (const connection of [...active]) connection.destroy();
  };

  try {
    for (const model of sockets) {
      const fd = openSocket(model);
      listening.push({ model, listener: adopt(fd, handlers(model)), inode: socketInode(model.address) });
    }
  } catch (error) {
    stop();
    throw error;
  }
  return {
    stop,
    get connections() {
      return active.size;
    },
  };
}

/** Bun.listen on a descriptor that listens already; not in Bun's types. */
function adopt<T>(fd: number, socket: SocketHandler<T>): { stop(force?: boolean): void } {
  const listen = Bun.listen as unknown as (options: {
    fd: number;
    allowHalfOpen: boolean;
    socket: SocketHandler<T>;
  }) => TCPSocketListener<T>;
  return listen({ fd, allowHalfOpen: true, socket });
}
