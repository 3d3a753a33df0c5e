/** Load-side helper process: reads uploads to their end before it answers, and takes syslog datagrams. Arguments: HTTP port, UDP port. */
export {};

const answer = Buffer.from("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");

class Upload {
  /** Body bytes still to come; -1 while a head is awaited. */
  left = -1;
  head = "";
}

Bun.listen<Upload>({
  hostname: "127.0.0.1",
  port: Number(process.argv[2]),
  socket: {
    open(socket) {
      socket.data = new Upload();
    },
    data(socket, chunk) {
      const state = socket.data;
      let bytes = chunk.length;
      if (state.left < 0) {
        state.head += chunk.toString("latin1");
        const end = state.head.indexOf("\r\n\r\n");
        if (end < 0) return;
        state.left = Number(/\r\ncontent-length: *(\d+)/i.exec(state.head)?.[1] ?? 0);
        bytes = state.head.length - end - 4;
        state.head = "";
      }
      state.left -= bytes;
      if (state.left <= 0) {
        state.left = -1;
        socket.write(answer, 0, answer.length);
      }
    },
    end(socket) {
      socket.end();
    },
  },
});
await Bun.udpSocket({ hostname: "127.0.0.1", port: Number(process.argv[3]), socket: { data() {} } });
console.log("ready");
