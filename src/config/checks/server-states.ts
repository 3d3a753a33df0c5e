import type { Word } from "../../lang/line.ts";
import type { ProxyDraft, ServerDraft } from "../draft.ts";
import type { ParseState } from "../sections/section.ts";
import { parseServerStates, type SavedLine, type SavedServers } from "../server-state.ts";
import { eachProxy, warnAt } from "./check.ts";

const UNREADABLE = "config/server-state";

/** Gives servers the state they had when a server state file was written. What is wrong with the file is a warning: they start all the same. */
export const loadServerStates = eachProxy((proxy, state) => {
  const { stateSource: source } = proxy;
  if (source === null || proxy.kind === "frontend") return;
  const path = pathOf(proxy, state, source.word);
  if (path === null) return;
  const lines = fileAt(path, state, source.word);
  if (lines === null) return;
  for (const server of proxy.servers) {
    const line = lines.get(`${proxy.name} ${server.name}`);
    if (typeof line === "string") {
      const message = `the state of server '${server.name}' in '${path}' cannot be used: ${line}`;
      warnAt(state.diagnostics, source.word, UNREADABLE, message);
    } else if (line !== undefined) restore(server, line);
  }
});

function pathOf(proxy: ProxyDraft, { global, diagnostics }: ParseState, word: Word): string | null {
  const within = (name: string): string =>
    name.startsWith("/") || global.serverStateBase === null ? name : `${global.serverStateBase}/${name}`;
  if (proxy.stateSource!.kind === "local") return within(proxy.stateFile ?? proxy.name);
  if (global.serverStateFile !== null) return within(global.serverStateFile);
  warnAt(diagnostics, word, UNREADABLE, "the global section has no 'server-state-file'");
  return null;
}

/** Null: it cannot be used, which is told once. */
function fileAt(path: string, { global, diagnostics }: ParseState, word: Word): SavedServers | null {
  const { stateFiles } = global;
  const known = stateFiles.get(path);
  if (known !== undefined) return known;
  const parsed = read(path, global.paths.machine.readFile);
  const lines = typeof parsed === "string" ? null : parsed;
  if (typeof parsed === "string") warnAt(diagnostics, word, UNREADABLE, `the server state file '${path}' ${parsed}`);
  stateFiles.set(path, lines);
  return lines;
}

function read(path: string, readFile: (path: string) => string): SavedServers | string {
  let text: string;
  try {
    text = readFile(path);
  } catch (error) {
    return `cannot be read: ${(error as Error).message}`;
  }
  const parsed = parseServerStates(text);
  if (typeof parsed !== "number") return parsed;
  return parsed === 0 ? "does not begin with the version 1" : `is malformed at line ${parsed}`;
}

function restore(server: ServerDraft, { address, port, unchecked, state }: SavedLine): void {
  server.saved = state;
  server.lastAddress = address;
  if (unchecked) server.check = { ...server.check, enabled: false };
  if (port === 0 || server.port.kind !== "fixed") return;
  server.port = { kind: "fixed", value: port };
  if (server.address?.kind === "ip") server.address = { ...server.address, port };
}
