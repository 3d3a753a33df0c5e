/** SETTINGS (RFC 9113 section 6.5). */
import {
  DEFAULT_FRAME_SIZE,
  DEFAULT_WINDOW,
  ErrorCode,
  Flag,
  FrameType,
  MAX_FRAME_SIZE,
  MAX_WINDOW,
  Setting,
} from "../constants.ts";
import { DEFAULT_TABLE_SIZE } from "../../hpack/dynamic-table.ts";
import { readU32, writeFrameHeader, writeU32 } from "./frame.ts";

/** The settings of one side. */
export class Settings {
  headerTableSize: number = DEFAULT_TABLE_SIZE;
  enablePush = true;
  maxConcurrentStreams: number = Number.POSITIVE_INFINITY;
  initialWindowSize: number = DEFAULT_WINDOW;
  maxFrameSize: number = DEFAULT_FRAME_SIZE;
  maxHeaderListSize: number = Number.POSITIVE_INFINITY;
  /** RFC 8441 section 3. */
  enableConnect = false;
}

/** 0 or the code of a connection error. */
export function checkSettings(length: number, flags: number, id: number): number {
  // Section 6.5: on another stream than 0 a connection error of type PROTOCOL_ERROR.
  if (id !== 0) return ErrorCode.PROTOCOL_ERROR;
  // Section 6.5: ACK with a payload is a connection error of type FRAME_SIZE_ERROR.
  if ((flags & Flag.ACK) !== 0 && length !== 0) return ErrorCode.FRAME_SIZE_ERROR;
  // Section 6.5: so is a length that is no multiple of 6.
  return length % 6 === 0 ? 0 : ErrorCode.FRAME_SIZE_ERROR;
}

/** Takes the values of buf[start, end) over. Returns 0 or the code of a connection error. `server`: the sender is one. */
export function applySettings(
  settings: Settings,
  buf: Uint8Array,
  start: number,
  end: number,
  server: boolean,
): number {
  for (let p = start; p < end; p += 6) {
    const value = readU32(buf, p + 2);
    switch ((buf[p]! << 8) | buf[p + 1]!) {
      case Setting.HEADER_TABLE_SIZE:
        settings.headerTableSize = value;
        break;
      case Setting.ENABLE_PUSH:
        // Section 6.5.2: other values than 0 and 1, and 1 from a server, are a connection error of type PROTOCOL_ERROR.
        if (value > 1 || (server && value === 1)) return ErrorCode.PROTOCOL_ERROR;
        settings.enablePush = value === 1;
        break;
      case Setting.MAX_CONCURRENT_STREAMS:
        settings.maxConcurrentStreams = value;
        break;
      case Setting.INITIAL_WINDOW_SIZE:
        // Section 6.5.2: above 2^31-1 a connection error of type FLOW_CONTROL_ERROR.
        if (value > MAX_WINDOW) return ErrorCode.FLOW_CONTROL_ERROR;
        settings.initialWindowSize = value;
        break;
      case Setting.MAX_FRAME_SIZE:
        // Section 6.5.2: below 2^14 or above 2^24-1 a connection error of type PROTOCOL_ERROR.
        if (value < DEFAULT_FRAME_SIZE || value > MAX_FRAME_SIZE) return ErrorCode.PROTOCOL_ERROR;
        settings.maxFrameSize = value;
        break;
      case Setting.MAX_HEADER_LIST_SIZE:
        settings.maxHeaderListSize = value;
        break;
      case Setting.ENABLE_CONNECT_PROTOCOL:
        // RFC 8441 section 3: 0 or 1, and a 1 must not be taken back.
        if (value > 1 || (settings.enableConnect && value === 0)) return ErrorCode.PROTOCOL_ERROR;
        settings.enableConnect = value === 1;
        break;
      default:
      // Section 6.5.2: unknown ones must be ignored.
    }
  }
  return 0;
}

/** Most bytes of a SETTINGS frame as written here. */
export const SETTINGS_SIZE = 9 + 6 * 7;

/** Writes what differs from the defaults. `push`: say that none is wanted, as clients do. */
export function writeSettings(out: Uint8Array, pos: number, settings: Settings): number {
  let at = pos + 9;
  if (settings.enableConnect) at = put(out, at, Setting.ENABLE_CONNECT_PROTOCOL, 1);
  if (!settings.enablePush) at = put(out, at, Setting.ENABLE_PUSH, 0);
  if (settings.headerTableSize !== DEFAULT_TABLE_SIZE) {
    at = put(out, at, Setting.HEADER_TABLE_SIZE, settings.headerTableSize);
  }
  if (settings.initialWindowSize !== DEFAULT_WINDOW) {
    at = put(out, at, Setting.INITIAL_WINDOW_SIZE, settings.initialWindowSize);
  }
  if (settings.maxConcurrentStreams !== Number.POSITIVE_INFINITY) {
    at = put(out, at, Setting.MAX_CONCURRENT_STREAMS, settings.maxConcurrentStreams);
  }
  if (settings.maxFrameSize !== DEFAULT_FRAME_SIZE) at = put(out, at, Setting.MAX_FRAME_SIZE, settings.maxFrameSize);
  if (settings.maxHeaderListSize !== Number.POSITIVE_INFINITY) {
    at = put(out, at, Setting.MAX_HEADER_LIST_SIZE, settings.maxHeaderListSize);
  }
  writeFrameHeader(out, pos, at - pos - 9, FrameType.SETTINGS, 0, 0);
  return at;
}

export function writeSettingsAck(out: Uint8Array, pos: number): number {
  return writeFrameHeader(out, pos, 0, FrameType.SETTINGS, Flag.ACK, 0);
}

function put(out: Uint8Array, pos: number, id: number, value: number): number {
  out[pos] = id >>> 8;
  out[pos + 1] = id;
  return writeU32(out, pos + 2, value);
}
