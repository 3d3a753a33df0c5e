import type { ConnectionFacts, TcpInfo } from "../expr/context.ts";
import type { VariableStore } from "../expr/variables.ts";
import { quietClose } from "../ffi/quiet.ts";
import { SO_MARK, SOL_SOCKET, setIntOption, setTos, socketFamily, tcpInfo } from "../ffi/socket-options.ts";
import { EMPTY_RECORD } from "../log/record.ts";
import type { ClientSocket } from "../net/socket.ts";
import type { TlsSession } from "../net/tls/session.ts";
import type { Frontend, Listener } from "../proxy/frontend.ts";
import type { HeaderKind, TcpRuleStream } from "../rules/tcp/types.ts";
import type { RuleRecord } from "../rules/types.ts";
import { Tracking } from "../table/tracking.ts";
import { socketDestination, socketSource } from "./client.ts";
import { fdOf } from "../net/fd.ts";
import { changeEndpoint, type Endpoint } from "./endpoint.ts";
import { sessionVariables } from "./variables.ts";
import type { StreamRuntime } from "./runtime.ts";
import { BaseSamples } from "./samples.ts";
import type { Session } from "./session.ts";

/** What `tcp-request connection` and `tcp-request session` rules see of a connection, and may do to it: there is no stream yet. */
export class SessionSamples extends BaseSamples implements TcpRuleStream, ConnectionFacts {
  readonly record: RuleRecord;
  /** Headers the rules ask for beside those of the `bind` line. */
  expected: HeaderKind[] = [];
  /** The rules ended the connection: as a denial, or so that the client is not told. */
  dropped: "no" | "reject" | "silent" = "no";
  /** Rules about the connection change its ends, later ones those of the session. */
  private connection = true;
  readonly httpMajor = 0;
  readonly hasStream = false;
  /** HAProxy's number of the connection's error, and its words. */
  error = 0;
  errorText = "Success";

  constructor(
    private readonly socket: ClientSocket | null,
    readonly listener: Listener,
    rt: StreamRuntime,
    private readonly session: Session,
  ) {
    super(rt);
    const from = this.from;
    this.record = {
      ...EMPTY_RECORD,
      mode: listener.frontend.model.mode,
      clientAddress: from.address,
      clientPort: from.port,
      frontendName: listener.frontend.name,
      backendName: listener.frontend.name,
      acceptDate: session.accepted,
      samples: this,
    };
  }

  /** The rules that follow are about the session. */
  beginSession(): void {
    this.connection = false;
  }

  get tracked(): Tracking | null {
    return this.session.tracking;
  }
  tracking(): Tracking {
    return (this.session.tracking ??= new Tracking());
  }

  get frontend(): Frontend {
    return this.listener.frontend;
  }
  get client(): ConnectionFacts {
    return this;
  }
  override get clientTls(): TlsSession | null {
    return this.session.tls;
  }
  get proxyHeader(): boolean {
    return this.session.proxy !== null;
  }
  get proxyAuthority(): string | null {
    return this.session.proxy?.authority ?? null;
  }
  proxyTlv(type: number): string | null {
    return this.session.proxy?.tlvs?.get(type) ?? null;
  }
  get proxyUniqueId(): string | null {
    return this.session.proxy?.uniqueId ?? null;
  }
  tcpInfo(): TcpInfo | null {
    return tcpInfo(this.descriptor);
  }

  private get descriptor(): number {
    return fdOf(this.socket);
  }
  protected get from(): Endpoint {
    return this.session.source ?? this.connectionFrom;
  }
  protected get to(): Endpoint {
    return this.session.destination ?? this.connectionTo;
  }
  protected get connectionFrom(): Endpoint {
    return this.session.connectionSource ?? socketSource(this.socket, this.listener);
  }
  protected get connectionTo(): Endpoint {
    return this.session.connectionDestination ?? socketDestination(this.socket, this.listener);
  }

  variables(scope: "sess" | "txn" | "req" | "res" | "check"): VariableStore | null {
    return scope === "sess" ? (this.session.variables ??= sessionVariables()) : null;
  }

  setMark(mark: number): void {
    setIntOption(this.descriptor, SOL_SOCKET, SO_MARK, mark);
  }
  setTos(tos: number): void {
    const { descriptor } = this;
    setTos(descriptor, socketFamily(descriptor), tos);
  }
  drop(silent: boolean): void {
    this.dropped = silent ? "silent" : "reject";
    if (silent) quietClose(this.descriptor, this.from.bytes?.length === 16);
  }
  setAddress(side: "source" | "destination", address: Uint8Array): void {
    this.change(side, address, -1);
  }
  setPort(side: "source" | "destination", port: number): void {
    this.change(side, null, port);
  }
  private change(side: "source" | "destination", address: Uint8Array | null, port: number): void {
    const { session } = this;
    const end = changeEndpoint(side === "source" ? this.from : this.to, address, port);
    if (this.connection) {
      if (side === "source") session.connectionSource = end;
      else session.connectionDestination = end;
    } else if (side === "source") session.source = end;
    else session.destination = end;
  }
  expectHeader(kind: HeaderKind): void {
    if (!this.expected.includes(kind)) this.expected.push(kind);
  }
  closeServer(): void {}
  switchMode(): void {}
}
