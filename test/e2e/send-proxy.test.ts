/** A PROXY header and the bytes that are there already reach the server in one segment. */
import { ptr } from "bun:ffi";
import { expect, test } from "bun:test";
import { close } from "../../src/ffi/file.ts";
import { openLibc } from "../../src/ffi/libc.ts";
import { ipSockAddr } from "../../src/ffi/sockaddr.ts";
import { IPPROTO_TCP, TCP_INFO } from "../../src/ffi/socket-options.ts";
import { accept, bind, listen, socket, SOCK_STREAM } from "../../src/ffi/socket.ts";
import { connect } from "../harness/client.ts";
import { freePort } from "../harness/ports.ts";
import { startTlb } from "../harness/proxy.ts";
import { Scope } from "../harness/scope.ts";
import { eventually } from "./tools.ts";

const AF_INET = 2;
const EAGAIN = 11;
/** tcpi_data_segs_in of struct tcp_info. */
const DATA_SEGMENTS = 152;
const { getsockopt } = openLibc({
  getsockopt: { args: ["i32", "i32", "i32", "ptr", "ptr"], returns: "i32" },
});

function dataSegments(fd: number): number {
  const info = Buffer.alloc(256);
  const length = Buffer.from(Uint32Array.of(info.length).buffer);
  expect(getsockopt(fd, IPPROTO_TCP, TCP_INFO, ptr(info), ptr(length))).toBe(0);
  return info.readUInt32LE(DATA_SEGMENTS);
}

for (const version of ["send-proxy", "send-proxy-v2"]) {
  test(`${version}: the header and the request`, async () => {
    await using scope = new Scope();
    const server = socket(AF_INET, SOCK_STREAM);
    scope.defer(() => void close(server));
    const backend = freePort();
    bind(server, ipSockAddr(4, "127.0.0.1", backend)!);
    listen(server, 8);
    const port = freePort();
    await startTlb(
      scope,
      `defaults
  mode http
  timeout client 5s
  timeout server 5s
  timeout connect 5s
listen l
  bind 127.0.0.1:${port}
  server s 127.0.0.1:${backend} ${version}
`,
    );
    const client = await connect(scope, port);
    client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    let fd = -EAGAIN;
    await eventually("the connection is there", () => (fd = accept(server)) >= 0);
    scope.defer(() => void close(fd));
    await eventually("it has bytes", () => dataSegments(fd) > 0);
    await Bun.sleep(50);
    expect(dataSegments(fd)).toBe(1);
  });
}
