/** Runs one request through the engine of a worker: compiled configuration, real analysers, and sockets that lead nowhere. */
import { initialiseServers } from "../../admin/servers.ts";
import { errorName } from "../../codec/h1/errors.ts";
import { Head, parseRequest } from "../../codec/h1/head.ts";
import { compile } from "../../compile/compile.ts";
import type { Model, ProxyModel } from "../../config/model.ts";
import { Shared } from "../../counters/shared.ts";
import type { SampleContext } from "../../expr/context.ts";
import { onChange } from "../../expr/changes.ts";
import { parseVariable } from "../../expr/variables.ts";
import type { SourceLines } from "../../lang/render.ts";
import type { Conn } from "../../net/conn.ts";
import type { Frontend, Listener } from "../../proxy/frontend.ts";
import { ClientConn } from "../../stream/client.ts";
import { StreamRuntime } from "../../stream/runtime.ts";
import { Stream } from "../../stream/stream.ts";
import { slotKeys } from "../../supervisor/slots.ts";
import { clock, tick } from "../../util/clock.ts";
import { wheel } from "../../util/wheel.ts";
import { UsageError } from "../command.ts";
import { acceptInMemory } from "./accept.ts";
import { ChoiceRecord, choiceOf, noteStream, recordChoices } from "./choice.ts";
import { findListener } from "./frontend.ts";
import { clientHello } from "./hello.ts";
import type { ExplainInput } from "./input.ts";
import { Recorder } from "./recorder.ts";
import type { Explanation, RuleStep } from "./result.ts";
import { type Dialled, type End, memoryDial, MemorySocket } from "./sockets.ts";
import { storeEntries, type TableEntry } from "./tables.ts";

/** Time for what does not wait for a timer, such as the resolution of a name: with a timer that would end it, and without one. */
const PATIENCE_MS = 100;
const LONG_PATIENCE_MS = 2000;
/** Room in stick tables beside the entries that are given: one request needs little of it, whatever their size. */
const MOST_ENTRIES = 256;
/** Timers that are waited for at most. */
const MOST_WAITS = 16;

/**
 * `frontend`: by name; null = the one that listens where the request goes. Throws UsageError when there is none. `entries`: what the
 * stick tables hold when it begins.
 */
export async function explain(
  model: Model,
  input: ExplainInput,
  frontend: string | null,
  lines: SourceLines,
  entries: readonly TableEntry[] = [],
): Promise<Explanation> {
  const quiet = withoutLogs(model);
  const keys = slotKeys(quiet);
  const slots = new Map(keys.map((key, i) => [key, i + 1]));
  const slotOf = (key: string): number => slots.get(key)!;
  const shared = Shared.local(keys.length + 1, 1);
  tick();
  initialiseServers({ shared, slotOf }, quiet.proxies, Date.now());
  const recorder = new Recorder(lines, (stream) => setVariables(stream, input));
  const compiled = compile(quiet, slotOf, shared, 0, quiet.global.maxconn, recorder);
  const problem = compiled.diagnostics[0];
  if (problem !== undefined) throw new UsageError(`${problem.at.file}:${problem.at.line}: ${problem.message}`, 1);
  for (const table of compiled.tables.all()) table.attachLocal(MOST_ENTRIES + entries.length);
  storeEntries(compiled.tables, entries);
  const listener = findListener(compiled.frontends, input, frontend);
  if (listener.tls !== null && input.plain) {
    throw new UsageError(`frontend '${listener.frontend.name}' speaks TLS there: write https://`);
  }

  const record = new ChoiceRecord();
  recordChoices(compiled.backends.values(), record);
  const attempts: Dialled[] = [];
  const rt = new StreamRuntime(shared, 0, quiet.global);
  rt.h2 = false;
  rt.dial = memoryDial((dialled) => {
    if (dialled.owner instanceof Stream) noteStream(dialled.owner, record);
    attempts.push(dialled);
  });

  const destination = input.destination ?? boundTo(listener, input.port);
  let socket = new MemorySocket(input.source, destination);
  const { mode } = listener.frontend.model;
  // The parser writes into the bytes it is given.
  const text = bytesOf(input, listener);
  // There is none when rules or a handshake closed the connection; another may take its place.
  const client = (): Conn | null => socket.data as Conn | null;
  onChange((change) => recorder.changed(change));
  try {
    socket = acceptInMemory(socket, listener, rt, input.sni);
    if (text !== "" && !socket.closed) client()?.onData(Buffer.from(text, "latin1"));
    await settle(client, () => attempts.length > 0 || answered(socket.text) || socket.closed, recorder);
    const dialled = attempts[attempts.length - 1];
    const forwarded = dialled?.socket.text ?? null;
    if (dialled !== undefined && input.response !== null && mode === "http") {
      dialled.conn.onData(Buffer.from(input.response, "latin1"));
      await settle(client, () => answered(socket.text) || socket.closed, recorder);
    }
    return explanation({
      input,
      listener,
      recorder,
      record,
      destination,
      dialled: dialled ?? null,
      forwarded,
      answer: socket.text,
      closed: socket.closed,
      rt,
      text,
    });
  } finally {
    onChange(null);
    wheel.stop();
  }
}

/** Nothing is sent, not even lines of a log. */
function withoutLogs(model: Model): Model {
  return {
    ...model,
    global: { ...model.global, logs: [] },
    proxies: model.proxies.map((proxy) => ({ ...proxy, logs: [] })),
  };
}

function setVariables(stream: SampleContext, { variables }: ExplainInput): void {
  for (const { name, value } of variables) {
    const parsed = parseVariable(name);
    if (typeof parsed === "string") throw new UsageError(`--var ${name}: ${parsed}`);
    const store = parsed.scope === "proc" ? stream.process.variables : stream.variables(parsed.scope);
    if (store === null) throw new UsageError(`--var ${name}: a request has no such variables`);
    if (/^-?\d{1,15}$/.test(value)) store.set(parsed.id, "sint", Number(value));
    else store.set(parsed.id, "str", value);
  }
}

function bytesOf({ scheme, bytes, sni }: ExplainInput, { frontend, tls }: Listener): string {
  // TLS that passes through: rules see how it begins.
  const passes = tls === null && frontend.model.mode === "tcp";
  return passes && sni !== null && scheme !== "http" ? clientHello(sni) : bytes;
}

/** Something came that is no interim response: those say that more follows (RFC 9110 section 15.2). */
function answered(text: string): boolean {
  return text.replace(/^(?:HTTP\/1\.1 1(?!01)\d\d [^]*?\r\n\r\n)+/, "") !== "";
}

/** Where the wheel stands, epoch ms: ahead of the clock once an explanation had to wait. */
let reached = 0;

/** Waits until `done`: first for what needs no timer, then by moving the time to the next deadline. */
async function settle(client: () => Conn | null, done: () => boolean, recorder: Recorder): Promise<void> {
  for (let waits = 0; waits < MOST_WAITS && !done(); waits++) {
    const until = Date.now() + (deadlines(client()).length > 0 ? PATIENCE_MS : LONG_PATIENCE_MS);
    while (!done() && Date.now() < until) await Bun.sleep(5);
    const next = deadlines(client());
    if (done() || next.length === 0) return;
    const deadline = Math.min(...next);
    recorder.waited(Math.max(0, Math.round(deadline - clock.now)));
    // Timers fire up to one slot late, and the wheel never turns back.
    reached = Math.max(deadline, reached) + 16;
    wheel.advance(reached);
  }
}

/** When something happens by itself. */
function deadlines(conn: Conn | null): number[] {
  const stream = conn instanceof ClientConn ? conn.current : null;
  return [conn?.deadline ?? 0, stream?.deadline ?? 0].filter((deadline) => deadline > 0);
}

function boundTo({ model: { address } }: Listener, port: number): End {
  if (address.kind !== "ip") return { address: "127.0.0.1", port };
  const any = address.ip === "0.0.0.0" || address.ip === "::";
  return { address: any ? (address.family === 6 ? "::1" : "127.0.0.1") : address.ip, port: address.port };
}

interface Parts {
  readonly input: ExplainInput;
  readonly listener: Listener;
  readonly recorder: Recorder;
  readonly record: ChoiceRecord;
  readonly destination: End;
  readonly text: string;
  readonly dialled: Dialled | null;
  readonly forwarded: string | null;
  readonly answer: string;
  readonly closed: boolean;
  readonly rt: StreamRuntime;
}

function explanation(parts: Parts): Explanation {
  const { input, listener, recorder, record, destination, dialled, forwarded, answer, closed, rt, text } = parts;
  const { frontend } = listener;
  const { backend } = record;
  const server = forwarded === null ? null : (record.direct ?? record.picked);
  const proxies = [frontend.name, ...(backend === null || backend.name === frontend.name ? [] : [backend.name])];
  const { at } = frontend.model;
  return {
    request: { text, source: placeOf(input.source), destination: placeOf(destination) },
    frontend: {
      name: frontend.name,
      file: at.file,
      line: at.line,
      mode: frontend.model.mode,
      tls: listener.tls !== null,
    },
    steps: recorder.all(proxies, input.response !== null),
    backend: backend === null ? null : backendOf(frontend, backend.model, recorder.chosen()),
    choice: choiceOf(record, server),
    serverTls: dialled === null || dialled.conn.server.tls === null ? null : { name: dialled.sni },
    forwarded,
    answer: answer === "" ? null : answer,
    malformed: frontend.model.mode === "http" ? malformed(text, frontend, rt) : null,
    closed,
  };
}

function backendOf(
  { model }: Frontend,
  { name, at }: ProxyModel,
  rule: RuleStep | null,
): NonNullable<Explanation["backend"]> {
  const by = rule !== null ? "use_backend" : model.defaultBackend === null ? "listen" : "default_backend";
  const { file, line } = at;
  return { name, file, line, by, rule: rule === null ? null : { file: rule.file, line: rule.line } };
}

/** The parser of the engine once more, for its reason: a stream that was refused is gone. */
function malformed(text: string, { model }: Frontend, rt: StreamRuntime): string | null {
  const relaxed = model.options["accept-invalid-http-request"] === true;
  const limits = relaxed ? rt.relaxedRequestLimits : rt.requestLimits;
  const bytes = Buffer.from(text, "latin1");
  const end = parseRequest(new Head(), bytes, 0, bytes.length, limits);
  return end >= 0 ? null : errorName(end);
}

function placeOf({ address, port }: End): string {
  return address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
}
