import { hostname } from "node:os";
import { Diagnostics } from "../lang/diagnostic.ts";
import { initialEnvironment } from "../lang/environment.ts";
import { readText } from "../lang/reader.ts";
import { type ParseEnv, systemEnv } from "./env.ts";
import type { Model } from "./model.ts";
import { parseConfig } from "./parse.ts";

export interface LoadOptions {
  /** Environment variables; `setenv` changes them. Default: those of this process and the ones HAProxy defines. */
  readonly variables?: Record<string, string | undefined>;
  /** Replaces parts of the machine: files, users, CPUs, name resolution. */
  readonly env?: Partial<ParseEnv>;
}

export interface LoadResult {
  readonly model: Model;
  /** The model may be used when `!diagnostics.failed`. */
  readonly diagnostics: Diagnostics;
}

/** Parses and checks one text, one character per byte, as the file of that name. Never throws for what it holds. */
export function loadText(text: string, file: string, { variables, env }: LoadOptions = {}): LoadResult {
  const diagnostics = new Diagnostics();
  const shared = variables ?? initialEnvironment(process.env, { localPeer: hostname() });
  const reader = readText(text, file, { env: shared }, diagnostics);
  const machine: ParseEnv = {
    ...systemEnv(reader.sources.map((source) => source.name)),
    ...env,
    variables: shared,
  };
  return { model: parseConfig(reader, machine, diagnostics), diagnostics };
}
