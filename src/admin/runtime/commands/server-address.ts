/** set server <b>/<s> addr <ip> [port <port>] */
import { parseIp, serverAddress, storeAddress } from "../../stats/address.ts";
import type { ServerRef } from "../../stats/status.ts";
import { failure, info, type Answer, type Call } from "../command.ts";

const UPDATER = " by 'stats socket command'";

export function setServerAddress({ ctx }: Call, ref: ServerRef, words: readonly string[]): Answer {
  const [text, keyword, portText] = words;
  if (text === undefined) return failure("set server <b>/<s> addr requires an address and optionally a port.");
  const wanted = parseIp(text);
  if (wanted === null) return failure(`Invalid addr '${text}'${UPDATER}`);
  let port: number | null = null;
  if (keyword === "port" && portText !== undefined) {
    if (/^[+-]/.test(portText)) return failure(`no need to change the addr, can't change <port> to port map${UPDATER}`);
    if (!/^\d+$/.test(portText) || Number(portText) > 65535) {
      return failure(`provided port '${portText}' is not an integer from 0 to 65535${UPDATER}`);
    }
    port = Number(portText);
  }

  const now = serverAddress(ctx.shared, ref.slot, ref.server);
  const before =
    now?.kind === "ip" ? now : { kind: "ip" as const, family: wanted.family, ip: "", port: ref.server.port.value };
  const moved = before.ip !== wanted.ip;
  let answer = moved ? `IP changed from '${before.ip}' to '${text}'` : "no need to change the addr";
  const ported = port !== null && port !== before.port;
  if (port !== null)
    answer += ported ? `, port changed from '${before.port}' to '${port}'` : ", no need to change the port";
  if (moved || ported) {
    storeAddress(ctx.shared, ref.slot, { kind: "ip", ...wanted, port: port ?? before.port });
    ctx.shared.bump(ctx.slotOf(`B/${ref.proxy.name}`));
  }
  return info(answer + UPDATER);
}
