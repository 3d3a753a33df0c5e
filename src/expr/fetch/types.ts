import type { Cache } from "../../cache/cache.ts";
import type { Backend } from "../../proxy/backend.ts";
import type { Frontend } from "../../proxy/frontend.ts";
import type { Server } from "../../proxy/server.ts";
import type { Table } from "../../table/table.ts";
import type { ArgProblem, ArgSpec, ArgValue } from "../args.ts";
import type { SampleContext } from "../context.ts";
import type { SampleKind, Value } from "../sample.ts";
import type { Use } from "../validity.ts";

/** Evaluates a fetch. Must not throw, whatever the bytes. */
export type Fetcher = (ctx: SampleContext) => Value | null;

/** Calls `visit` for each occurrence until it returns true; returns whether it did. */
export type EachFetcher = (ctx: SampleContext, visit: Visit) => boolean;

export type Visit = (value: Value, ctx: SampleContext) => boolean;

/** One sample fetch: the row that parser, check, help and compiler read. */
export interface FetchRow {
  readonly name: string;
  readonly args: readonly ArgSpec[];
  /** What it yields. `any`: it sets `ctx.valueType`. */
  readonly type: SampleKind;
  /**
   * The type HAProxy 2.6 declares where it differs from what the fetch yields (`bc_src` is declared sint): it alone decides
   * which converters may follow.
   */
  readonly declared?: SampleKind;
  /** What it depends on; decides where it is valid (validity.ts). */
  readonly use: readonly Use[];
  readonly help: string;
  /** For names that only exist for old configurations: what to write instead. */
  readonly replacedBy?: string;
  /** Why there is never a sample here: its use gets a warning. */
  readonly never?: string;
  /** Why it is of no use with these arguments, which `make` accepted: a warning. */
  doubt?(args: readonly ArgValue[], cc: CompileContext): string | null;
  /** Called once per expression. A problem is reported at the argument. */
  make(args: readonly ArgValue[], cc: CompileContext): Fetcher | ArgProblem;
  /** For fetches with several occurrences, which ACLs look at one by one; called with arguments `make` accepted. */
  makeEach?(args: readonly ArgValue[], cc: CompileContext): EachFetcher;
  /** What stands for the two above where a response is looked at: for names that both directions have (hdr, cookie). */
  readonly ofResponse?: Pick<FetchRow, "make" | "makeEach">;
  /** The only values an ACL may compare with; undefined = any. */
  patterns?(args: readonly ArgValue[], cc: CompileContext): readonly string[] | undefined;
}

/** Users and groups of a userlist section, for http_auth and http_auth_group. */
export interface Userlist {
  readonly name: string;
  readonly groups: readonly string[];
  /** The password is right. */
  verify(user: string, password: string): boolean;
  /** Empty for users that are not there. */
  groupsOf(user: string): readonly string[];
}

/** What compiling may look up. The checker passes one that answers from the model. */
export interface CompileContext {
  /** The proxy the expression stands in: default for fetches whose proxy argument is left out. */
  readonly frontend: Frontend | null;
  readonly backend: Backend | null;
  findFrontend(name: string): Frontend | null;
  findBackend(name: string): Backend | null;
  findServer(backend: string | null, server: string): Server | null;
  findCache(name: string): Cache | null;
  /** Without a name: that of the proxy the expression stands in. */
  findTable(name: string): Table | null;
  findUserlist(name: string): Userlist | null;
  /** Names that are not there were replaced by others: nothing but the errors is of interest. */
  readonly standsIn?: true;
  /** tune.bufsize, for fetches with offsets. */
  readonly bufsize: number;
}
