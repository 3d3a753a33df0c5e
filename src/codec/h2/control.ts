/** Frames about the connection as a whole, or windows: SETTINGS, PING, GOAWAY, WINDOW_UPDATE. Results as those of Incoming. */
import { C } from "../../counters/columns.ts";
import { clock } from "../../util/clock.ts";
import { DEFAULT_TABLE_SIZE } from "../hpack/dynamic-table.ts";
import { ErrorCode, Flag, MAX_WINDOW } from "./constants.ts";
import { readU32 } from "./frames/frame.ts";
import { checkPing, PING_SIZE, writePingAck } from "./frames/ping.ts";
import { applySettings, checkSettings, writeSettingsAck } from "./frames/settings.ts";
import { checkWindowUpdate } from "./frames/window-update.ts";
import { Role } from "./role.ts";
import type { Session } from "./session.ts";

/** A smaller increment of a window makes more work than it is worth. */
const SMALL_INCREMENT = 64;

export function onSettings(
  session: Session,
  flags: number,
  id: number,
  buf: Buffer,
  start: number,
  end: number,
): number {
  session.slab[session.base + C.h2Settings]!++;
  let code = checkSettings(end - start, flags, id);
  if (code !== 0) return code;
  if ((flags & Flag.ACK) !== 0) {
    if (!session.settingsAcked) {
      session.settingsAcked = true;
      session.decoder.setLimit(session.local.headerTableSize);
    }
    return session.noise.spend(clock.now) ? 0 : ErrorCode.ENHANCE_YOUR_CALM;
  }
  const { peer } = session;
  const before = peer.initialWindowSize;
  code = applySettings(peer, buf, start, end, session.role === Role.client);
  if (code !== 0) return code;
  if (peer.initialWindowSize !== before) {
    // Section 6.9.2: the windows of all streams change by the difference; above 2^31-1 a connection error.
    const delta = peer.initialWindowSize - before;
    for (const stream of session.streams.values()) {
      stream.sendWindow += delta;
      if (stream.sendWindow > MAX_WINDOW) return ErrorCode.FLOW_CONTROL_ERROR;
    }
    session.sender.pump();
  }
  session.sender.sizeUpdateDue = peer.headerTableSize < DEFAULT_TABLE_SIZE;
  const { output } = session;
  output.room(9);
  output.at = writeSettingsAck(output.buf, output.at);
  session.settled = true;
  session.owner.onSettings();
  return session.noise.spend(clock.now) ? 0 : ErrorCode.ENHANCE_YOUR_CALM;
}

export function onPing(session: Session, flags: number, id: number, buf: Buffer, start: number, end: number): number {
  const code = checkPing(end - start, id);
  if (code !== 0 || (flags & Flag.ACK) !== 0) return code;
  const { output } = session;
  output.room(PING_SIZE);
  output.at = writePingAck(output.buf, output.at, buf, start);
  return session.noise.spend(clock.now) ? 0 : ErrorCode.ENHANCE_YOUR_CALM;
}

export function onGoaway(session: Session, lastId: number, code: number): void {
  session.goawayReceived = true;
  session.slab[session.base + C.h2GoawayReceived]!++;
  if (session.role === Role.client) {
    // Section 6.8: streams above it were not processed and can be tried elsewhere.
    for (const stream of [...session.streams.values()]) {
      if (stream.id > lastId) session.close(stream, ErrorCode.REFUSED_STREAM, true);
    }
  }
  session.owner.onGoaway(code);
}

export function onWindowUpdate(session: Session, id: number, buf: Buffer, start: number, end: number): number {
  const code = checkWindowUpdate(end - start);
  if (code !== 0) return code;
  const increment = readU32(buf, start) & 0x7fffffff;
  if (increment < SMALL_INCREMENT && !session.noise.spend(clock.now)) return ErrorCode.ENHANCE_YOUR_CALM;
  const { sender } = session;
  if (id === 0) {
    // Section 6.9: an increment of 0 is an error of type PROTOCOL_ERROR.
    if (increment === 0) return ErrorCode.PROTOCOL_ERROR;
    // Section 6.9.1: above 2^31-1 an error of type FLOW_CONTROL_ERROR.
    if (sender.window + increment > MAX_WINDOW) return ErrorCode.FLOW_CONTROL_ERROR;
    sender.window += increment;
    sender.pump();
    return 0;
  }
  const stream = session.streams.get(id);
  if (stream === undefined) {
    // Section 5.1: on an idle stream a connection error of type PROTOCOL_ERROR; on a closed one it may be late.
    return session.isIdle(id) ? ErrorCode.PROTOCOL_ERROR : 0;
  }
  if (increment === 0) {
    session.reset(stream, ErrorCode.PROTOCOL_ERROR);
  } else if (stream.sendWindow + increment > MAX_WINDOW) {
    session.reset(stream, ErrorCode.FLOW_CONTROL_ERROR);
  } else {
    stream.sendWindow += increment;
    if (stream.waiting) sender.pump();
  }
  return 0;
}
