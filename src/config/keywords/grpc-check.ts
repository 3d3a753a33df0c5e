import type { Args } from "../../lang/args.ts";
import type { ProxyContext } from "../context.ts";
import type { HttpExpect } from "../model.ts";
import { beginOwnCheck } from "./own-check.ts";

/** Serving: field 1 of HealthCheckResponse is 1, in one message without compression. */
const SERVING = "\x00\x00\x00\x00\x02\x08\x01";

/**
 * `option grpc-check [service]`, which HAProxy does not have: a call of grpc.health.v1.Health/Check (gRPC's doc/health-checking.md),
 * which must answer SERVING. Without a service the server as a whole is asked for. It is an HTTP check, so `http-check` rules may add
 * headers; the server must be spoken to over HTTP/2 (`proto h2`, `check-proto h2`, `alpn h2`).
 */
export function parseGrpcCheck(c: ProxyContext, args: Args): void {
  const word = args.next();
  const service = word === null ? "" : word.text;
  if (service.length > 127) {
    args.error("config/out-of-range", word!, `the name of a service has at most 127 bytes here, not ${service.length}`);
    return;
  }
  beginOwnCheck(c.proxy, args.keyword, true);
  c.proxy.httpCheck = {
    ...c.proxy.httpCheck,
    method: "POST",
    uri: "/grpc.health.v1.Health/Check",
    version: "HTTP/1.1",
    headers: [
      ["host", "localhost"],
      ["content-type", "application/grpc"],
      ["te", "trailers"],
    ],
    body: healthRequest(service),
    expects: [expect({ kind: "status", ranges: [[200, 200]] }), expect({ kind: "string", text: SERVING })],
  };
  c.proxy.check = c.proxy.httpCheck;
  c.proxy.marks.set("check", args.keyword);
  c.proxy.marks.set("option grpc-check", args.keyword);
}

/** A HealthCheckRequest behind gRPC's prefix: not compressed, length in four bytes. Field 1 is the service. */
function healthRequest(service: string): string {
  const message = service === "" ? "" : `\x0a${String.fromCharCode(service.length)}${service}`;
  return `\x00\x00\x00\x00${String.fromCharCode(message.length)}${message}`;
}

function expect(match: HttpExpect["match"]): HttpExpect {
  return {
    negate: false,
    minRecv: -1,
    match,
    okStatus: null,
    errorStatus: null,
    timeoutStatus: null,
    onSuccess: null,
    onError: null,
    comment: null,
  };
}
