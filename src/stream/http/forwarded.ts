/** What tells a server about the client: `option forwardfor` and `option originalto`. */
import { findName } from "../../codec/h1/view.ts";
import { firstValue } from "../../rules/lines.ts";
import { parseIp } from "../../util/ip.ts";
import type { ForwardSetting } from "./settings.ts";
import type { HttpStream } from "./stream.ts";

/** The backend's setting names the header, either side's exception spares the client (manual, option forwardfor). */
export function forwardFor(stream: HttpStream, front: ForwardSetting | null, back: ForwardSetting | null): void {
  const setting = back ?? front;
  if (setting === null) return;
  const { client } = stream;
  if (!applies(stream, setting, front, back, stream.clientAddress)) return;
  if (stream.source !== null) {
    stream.reqEdits.append(Buffer.from(`${setting.name}: ${stream.source.address}\r\n`, "latin1"));
    return;
  }
  if (client.forwardLine === null || client.forwardName !== setting.name) {
    client.forwardName = setting.name;
    client.forwardLine = Buffer.from(`${setting.name}: ${client.address}\r\n`, "latin1");
  }
  stream.reqEdits.append(client.forwardLine);
}

export function originalTo(stream: HttpStream, front: ForwardSetting | null, back: ForwardSetting | null): void {
  const setting = back ?? front;
  if (setting === null) return;
  const { client } = stream;
  const address = stream.frontendAddress;
  if (!applies(stream, setting, front, back, address)) return;
  if (stream.destination !== null) {
    stream.reqEdits.append(Buffer.from(`${setting.name}: ${address}\r\n`, "latin1"));
    return;
  }
  if (client.originalLine === null || client.originalName !== setting.name) {
    client.originalName = setting.name;
    client.originalLine = Buffer.from(`${setting.name}: ${address}\r\n`, "latin1");
  }
  stream.reqEdits.append(client.originalLine);
}

function applies(
  stream: HttpStream,
  setting: ForwardSetting,
  front: ForwardSetting | null,
  back: ForwardSetting | null,
  address: string,
): boolean {
  if (address === "unix") return false;
  const ifNone = (front === null || front.ifNone) && (back === null || back.ifNone);
  if (ifNone && hasHeader(stream, setting.nameBytes)) return false;
  if ((front === null || front.except === null) && (back === null || back.except === null)) return true;
  const bytes = parseIp(address);
  if (bytes === null) return true;
  return front?.except?.contains(bytes) !== true && back?.except?.contains(bytes) !== true;
}

function hasHeader({ req, reqEdits: edits }: HttpStream, name: Uint8Array): boolean {
  if (edits.touched || edits.appendedCount > 0) return firstValue(req, edits, name) !== null;
  return findName(req, name, 0) >= 0;
}
