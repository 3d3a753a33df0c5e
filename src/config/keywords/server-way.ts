import { takeDestination } from "./backend.ts";
import { row, type ServerRow } from "./server-row.ts";

/** Ways to a server other than a connection of its own to it (manual, section 5.2). */
export const serverWayRows: readonly ServerRow[] = [
  row("socks4", "<addr>:<port>", "Connections go through this SOCKS4 proxy", (c, args) => {
    const word = args.peek();
    const address = takeDestination(c, args);
    if (address === null) return;
    if (address.kind === "ip" && address.port === 0)
      args.error("config/bad-address", word!, `'${word!.text}' has no port to connect to`);
    else c.server.socks4 = address;
  }),
  row("check-via-socks4", "", "Checks go through the SOCKS4 proxy too", (c) => {
    c.server.check = { ...c.server.check, viaSocks4: true };
  }),
  row("namespace", "<name>", "Network namespace connections leave from", (c, args) => {
    const word = args.take("the name of a network namespace");
    if (word === null) return;
    if (word.text === "*")
      args.error(
        "config/not-supported",
        word,
        "'namespace *', that of the client, is known to HAProxy, not supported yet",
      );
    else if (word.text.includes("/") || !c.env.isFile(`/var/run/netns/${word.text}`))
      args.error(
        "config/bad-value",
        word,
        `there is no network namespace '${word.text}'`,
        "'ip netns list' names them",
      );
    else c.server.namespace = word.text;
  }),
];
