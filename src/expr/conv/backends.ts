/** nbsrv srv_queue: the state of a backend or server whose name is only known at run time (manual, section 7.3.1). */
import type { ConverterRow } from "../converter.ts";
import { usableServers } from "../fetch/proxies.ts";

export const backends: readonly ConverterRow[] = [
  {
    name: "nbsrv",
    args: [],
    in: "str",
    out: "sint",
    help: "Servers that take traffic in the backend of this name.",
    make(_, cc) {
      return (value) => {
        const backend = cc.findBackend(value as string);
        return backend === null ? null : usableServers(backend);
      };
    },
  },
  {
    name: "srv_queue",
    args: [],
    in: "str",
    out: "sint",
    help: "Streams that wait for the server of this name, 'backend/server' or a server of this backend.",
    make(_, cc) {
      return (value) => {
        const name = value as string;
        const slash = name.indexOf("/");
        const server =
          slash < 0 ? cc.findServer(null, name) : cc.findServer(name.slice(0, slash), name.slice(slash + 1));
        return server === null ? null : server.queued;
      };
    },
  },
];
