/** What a server of MySQL says to `option mysql-check` (MySQL's manual, Client/Server Protocol, connection phase). */
import { CheckStatus } from "../status.ts";
import type { Failure } from "../script/types.ts";

const HEADER = 4;
/** First byte of an ERR packet; its code and message follow. */
const ERR = 0xff;

const CUT: Failure = { status: CheckStatus.l7rsp, text: "" };

/** Payload of a packet: its length, 3 bytes little endian, and a number come first. "more": not all of it is there. */
function packetAt(received: Buffer, at: number): Buffer | "more" {
  if (received.length < at + HEADER) return "more";
  const end = at + HEADER + received.readUIntLE(at, 3);
  return received.length < end ? "more" : received.subarray(at + HEADER, end);
}

/** The packet of that number, from 0: anything but an error is fine. */
export function judgeMysql(received: Buffer, number: number, last: boolean): true | "more" | Failure {
  let packet: Buffer | "more" = "more";
  for (let i = 0, at = 0; i <= number; i++) {
    packet = packetAt(received, at);
    if (packet === "more") return last ? CUT : "more";
    at += HEADER + packet.length;
  }
  if (packet === "more" || packet[0] !== ERR) return true;
  const code = packet.length < 3 ? (packet[1] ?? 0) : packet.readUInt16LE(1);
  return { status: CheckStatus.l7status, text: packet.toString("latin1", 3), code };
}

/** The version of the server, as its greeting tells. */
export function mysqlVersion(received: Buffer): string {
  const greeting = packetAt(received, 0);
  return greeting === "more" ? "" : greeting.toString("latin1", 1).split("\0", 1)[0]!;
}
