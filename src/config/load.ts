import { hostname } from "node:os";
import {
  type ConfigReader,
  Diagnostics,
  initialEnvironment,
  readConfig,
  type ReadOptions,
  readText,
} from "../lang/index.ts";
import { type ParseEnv, systemEnv } from "./env.ts";
import type { Model } from "./model.ts";
import { parseConfig } from "./parse.ts";

export interface LoadOptions {
  /** Environment variables; `setenv` changes them. Default: those of this process and the ones HAProxy defines. */
  readonly variables?: Record<string, string | undefined>;
  /** Bytes of standard input, for the path "-". */
  readonly stdin?: Uint8Array;
  /** Whether `.diag` speaks. Default false. */
  readonly diag?: boolean;
  /** Replaces parts of the machine: files, users, CPUs, name resolution. */
  readonly env?: Partial<ParseEnv>;
}

export interface LoadResult {
  readonly model: Model;
  /** The model may be used when `!diagnostics.failed`. */
  readonly diagnostics: Diagnostics;
  /** The texts that were read, for caret lines in messages. */
  readonly reader: ConfigReader;
}

/** Reads, parses and checks configuration files, folders or "-". Never throws for what they hold. */
export function loadConfig(paths: readonly string[], options: LoadOptions = {}): LoadResult {
  return load(options, (read, diagnostics) => readConfig(paths, read, diagnostics));
}

/** As `loadConfig` for one text, one character per byte. */
export function loadText(text: string, file: string, options: LoadOptions = {}): LoadResult {
  return load(options, (read, diagnostics) => readText(text, file, read, diagnostics));
}

function load(
  { variables, stdin, diag, env }: LoadOptions,
  open: (read: ReadOptions, diagnostics: Diagnostics) => ConfigReader,
): LoadResult {
  const diagnostics = new Diagnostics();
  const shared = variables ?? initialEnvironment(process.env, { localPeer: hostname() });
  const read: ReadOptions = {
    env: shared,
    ...(stdin === undefined ? {} : { stdin }),
    ...(diag === undefined ? {} : { diag }),
  };
  const reader = open(read, diagnostics);
  const machine: ParseEnv = {
    ...systemEnv(reader.sources.map((source) => source.name)),
    ...env,
    variables: shared,
  };
  return { model: parseConfig(reader, machine, diagnostics), diagnostics, reader };
}
