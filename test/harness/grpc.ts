/** gRPC with @grpc/grpc-js on both sides; messages are plain bytes, so no .proto is needed. */
import { installedPackage } from "./packages.ts";
import type { Scope } from "./scope.ts";

/** Status codes (gRPC's doc/statuscodes.md). */
export const Code = {
  OK: 0,
  CANCELLED: 1,
  UNKNOWN: 2,
  INVALID_ARGUMENT: 3,
  DEADLINE_EXCEEDED: 4,
  PERMISSION_DENIED: 7,
  RESOURCE_EXHAUSTED: 8,
  UNIMPLEMENTED: 12,
  INTERNAL: 13,
  UNAVAILABLE: 14,
} as const;

export interface Metadata {
  get(name: string): (string | Buffer)[];
  set(name: string, value: string | Buffer): void;
  add(name: string, value: string | Buffer): void;
  getMap(): Record<string, string | Buffer>;
}

export interface Status {
  readonly code: number;
  readonly details: string;
  readonly metadata: Metadata;
}

/** A call as a server's handler sees it; one shape for all four kinds. */
export interface ServerCall {
  readonly request: Buffer;
  readonly metadata: Metadata;
  readonly cancelled: boolean;
  getDeadline(): number | Date;
  getPath(): string;
  sendMetadata(metadata: Metadata): void;
  write(message: Buffer): boolean;
  end(trailers?: Metadata): void;
  emit(event: "error", error: Partial<Status>): boolean;
  once(event: "drain" | "cancelled", listener: () => void): this;
  on(event: "data", listener: (message: Buffer) => void): this;
  on(event: "end" | "cancelled", listener: () => void): this;
  on(event: "error", listener: (error: Error) => void): this;
}

type Reply = (error: Partial<Status> | null, message?: Buffer | null, trailers?: Metadata) => void;
export type Handler = (call: ServerCall, reply: Reply) => void;

export interface Call {
  write(message: Buffer): boolean;
  end(): void;
  cancel(): void;
  getPeer(): string;
  pause(): void;
  resume(): void;
  once(event: "drain", listener: () => void): this;
  on(event: "data", listener: (message: Buffer) => void): this;
  on(event: "status", listener: (status: Status) => void): this;
  on(event: "metadata", listener: (metadata: Metadata) => void): this;
  on(event: "error", listener: (error: Error) => void): this;
}

interface CallOptions {
  readonly deadline?: number;
}

interface Client {
  close(): void;
  makeUnaryRequest(
    path: string,
    serialize: Code8,
    parse: Code8,
    message: Buffer,
    metadata: Metadata,
    options: CallOptions,
    done: (error: Status | null, message?: Buffer) => void,
  ): Call;
  makeClientStreamRequest(
    path: string,
    serialize: Code8,
    parse: Code8,
    metadata: Metadata,
    options: CallOptions,
    done: (error: Status | null, message?: Buffer) => void,
  ): Call;
  makeServerStreamRequest(
    path: string,
    serialize: Code8,
    parse: Code8,
    message: Buffer,
    metadata: Metadata,
    options: CallOptions,
  ): Call;
  makeBidiStreamRequest(path: string, serialize: Code8, parse: Code8, metadata: Metadata, options: CallOptions): Call;
}

type Code8 = (message: Buffer) => Buffer;
type Credentials = object;

interface Package {
  readonly Metadata: new () => Metadata;
  readonly Client: new (address: string, credentials: Credentials, options: object) => Client;
  readonly Server: new (options: object) => {
    addService(definition: object, handlers: Readonly<Record<string, Handler>>): void;
    bindAsync(address: string, credentials: Credentials, done: (error: Error | null, port: number) => void): void;
    forceShutdown(): void;
    tryShutdown(done: (error?: Error) => void): void;
  };
  readonly credentials: {
    createInsecure(): Credentials;
    createSsl(root: Buffer): Credentials;
  };
  readonly ServerCredentials: {
    createInsecure(): Credentials;
    createSsl(root: null, pairs: readonly object[]): Credentials;
  };
}

const grpc = installedPackage<Package>("@grpc/grpc-js/build/src/index.js");
const same: Code8 = (message) => message;

export const metadata = (fields: Readonly<Record<string, string | Buffer>> = {}): Metadata => {
  const made = new grpc.Metadata();
  for (const [name, value] of Object.entries(fields)) made.set(name, value);
  return made;
};

export interface Tls {
  readonly cert: string;
  readonly key: string;
}

export interface GrpcServer {
  readonly port: number;
  /** Ends at once; streams under way are cut. */
  kill(): void;
  /** GOAWAY, then the end of what is under way. */
  shutdown(): Promise<void>;
}

const KINDS = {
  unary: [false, false],
  collect: [true, false],
  spread: [false, true],
  chat: [true, true],
} as const;
export type Kind = keyof typeof KINDS;

/** A server with these methods: "/demo.Echo/Unary" → its kind and handler. Messages may have any size. */
export async function startGrpcServer(
  scope: Scope,
  methods: Readonly<Record<string, readonly [Kind, Handler]>>,
  options: { readonly tls?: Tls; readonly port?: number; readonly server?: object } = {},
): Promise<GrpcServer> {
  const server = new grpc.Server({ "grpc.max_receive_message_length": -1, ...options.server });
  const definition: Record<string, object> = {};
  const handlers: Record<string, Handler> = {};
  for (const [path, [kind, handler]] of Object.entries(methods)) {
    const [requestStream, responseStream] = KINDS[kind];
    definition[path] = {
      path,
      requestStream,
      responseStream,
      requestSerialize: same,
      requestDeserialize: same,
      responseSerialize: same,
      responseDeserialize: same,
    };
    handlers[path] = handler;
  }
  server.addService(definition, handlers);
  const { tls } = options;
  const credentials =
    tls === undefined
      ? grpc.ServerCredentials.createInsecure()
      : grpc.ServerCredentials.createSsl(null, [
          { private_key: Buffer.from(tls.key), cert_chain: Buffer.from(tls.cert) },
        ]);
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  server.bindAsync(`127.0.0.1:${options.port ?? 0}`, credentials, (error, port) =>
    error === null ? resolve(port) : reject(error),
  );
  const port = await promise;
  scope.defer(() => server.forceShutdown());
  return {
    port,
    kill: () => server.forceShutdown(),
    shutdown: () => new Promise((done) => server.tryShutdown(() => done())),
  };
}

/** How a call went. */
export interface Outcome {
  readonly code: number;
  readonly details: string;
  readonly messages: readonly Buffer[];
  readonly initial: Record<string, string | Buffer>;
  readonly trailers: Record<string, string | Buffer>;
}

export interface GrpcClient {
  /** A call of any kind, begun; `messages` are sent (with back-pressure) and the sending side ended, unless `open`. */
  begin(
    kind: Kind,
    path: string,
    messages: readonly Buffer[],
    options?: {
      readonly metadata?: Metadata;
      readonly deadline?: number;
      readonly open?: boolean;
      onMessage?(message: Buffer): void;
    },
  ): { readonly call: Call; readonly done: Promise<Outcome> };
  call(
    kind: Kind,
    path: string,
    messages: readonly Buffer[],
    options?: { readonly metadata?: Metadata; readonly deadline?: number },
  ): Promise<Outcome>;
  close(): void;
}

/** One channel: one connection, made anew when it breaks. Retries of the client's own are off. */
export function grpcClient(
  scope: Scope,
  port: number,
  tls?: { readonly ca: string; readonly name: string },
): GrpcClient {
  const client = new grpc.Client(
    `127.0.0.1:${port}`,
    tls === undefined ? grpc.credentials.createInsecure() : grpc.credentials.createSsl(Buffer.from(tls.ca)),
    {
      "grpc.max_receive_message_length": -1,
      "grpc.max_send_message_length": -1,
      "grpc.enable_retries": 0,
      "grpc.use_local_subchannel_pool": 1,
      "grpc.initial_reconnect_backoff_ms": 100,
      ...(tls === undefined ? {} : { "grpc.ssl_target_name_override": tls.name, "grpc.default_authority": tls.name }),
    },
  );
  scope.defer(() => client.close());
  const begin: GrpcClient["begin"] = (kind, path, messages, options = {}) => {
    const received: Buffer[] = [];
    let initial: Record<string, string | Buffer> = {};
    const { promise, resolve } = Promise.withResolvers<Outcome>();
    const wish = options.deadline === undefined ? {} : { deadline: options.deadline };
    const fields = options.metadata ?? metadata();
    const single = (_: Status | null, message?: Buffer): void => {
      if (message !== undefined) received.push(message);
    };
    let call: Call;
    if (kind === "unary") call = client.makeUnaryRequest(path, same, same, messages[0]!, fields, wish, single);
    else if (kind === "collect") call = client.makeClientStreamRequest(path, same, same, fields, wish, single);
    else if (kind === "spread") call = client.makeServerStreamRequest(path, same, same, messages[0]!, fields, wish);
    else call = client.makeBidiStreamRequest(path, same, same, fields, wish);
    call.on("metadata", (head) => {
      initial = head.getMap();
    });
    call.on("error", () => {});
    if (kind === "spread" || kind === "chat") {
      call.on("data", (message) => {
        received.push(message);
        options.onMessage?.(message);
      });
    }
    call.on("status", ({ code, details, metadata: trailers }) =>
      // After the callback of single answers.
      setImmediate(() => resolve({ code, details, messages: received, initial, trailers: trailers.getMap() })),
    );
    if (kind === "collect" || kind === "chat") {
      const send = async (): Promise<void> => {
        for (const message of messages) {
          if (!call.write(message)) await new Promise<void>((on) => call.once("drain", on));
        }
        if (options.open !== true) call.end();
      };
      void send();
    }
    return { call, done: promise };
  };
  return {
    begin,
    call: (kind, path, messages, options) => begin(kind, path, messages, options).done,
    close: () => client.close(),
  };
}

/** grpc.health.v1: HealthCheckResponse with SERVING (1) or NOT_SERVING (2). */
export const healthResponse = (serving: boolean): Buffer => Buffer.from([0x08, serving ? 1 : 2]);
