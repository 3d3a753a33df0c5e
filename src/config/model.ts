/**
 * The model: what a configuration says, as plain readonly data. The parser builds it, the checks read it,
 * the supervisor sends it to the workers as JSON, and the compiler turns it into closures. It holds no functions,
 * no class instances and no `undefined` that matters, so a round trip through JSON leaves it equal.
 *
 * All durations are milliseconds and all sizes bytes. "0 = off" is written where it holds.
 */
export type * from "./model/address.ts";
export type * from "./model/balance.ts";
export type * from "./model/bind.ts";
export type * from "./model/check.ts";
export type * from "./model/compression.ts";
export type * from "./model/global.ts";
export type * from "./model/log.ts";
export type * from "./model/options.ts";
export type * from "./model/pages.ts";
export type * from "./model/proxy.ts";
export type * from "./model/resolvers.ts";
export type * from "./model/root.ts";
export type * from "./model/rules.ts";
export type * from "./model/server.ts";
export type * from "./model/stick.ts";
export type * from "./model/table.ts";
export type * from "./model/tls.ts";
