/** A client of a runtime socket, for tests. */
export interface Client {
  text: string;
  send(text: string): void;
  /** FIN from this side. */
  finish(): void;
  /** RST. */
  vanish(): void;
  pause(): void;
  resume(): void;
  /** Resolves when the other side has closed. */
  readonly closed: Promise<void>;
  /** Resolves once `text` contains `part`; rejects after two seconds. */
  until(part: string): Promise<void>;
}

export async function connect(path: string): Promise<Client> {
  const { promise: closed, resolve } = Promise.withResolvers<void>();
  const chunks: Uint8Array[] = [];
  const socket = await Bun.connect({
    unix: path,
    allowHalfOpen: true,
    socket: {
      data(_, data) {
        chunks.push(data);
      },
      end(self) {
        self.end();
      },
      close: () => resolve(),
      error: () => resolve(),
    },
  });
  const client: Client = {
    get text() {
      return Buffer.concat(chunks).toString();
    },
    send: (text) => void socket.write(text),
    finish: () => socket.shutdown(),
    vanish: () => socket.terminate(),
    pause: () => socket.pause(),
    resume: () => socket.resume(),
    closed,
    async until(part) {
      for (let tries = 0; !client.text.includes(part); tries++) {
        if (tries > 400) throw new Error(`'${part}' did not come; received: ${client.text.slice(-300)}`);
        await Bun.sleep(5);
      }
    },
  };
  return client;
}

/** Sends the text and a FIN, and returns everything that comes back. */
export async function ask(path: string, text: string): Promise<string> {
  const client = await connect(path);
  client.send(text);
  client.finish();
  await client.closed;
  return client.text;
}
