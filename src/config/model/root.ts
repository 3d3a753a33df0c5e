import type { TlsStoreModel } from "./tls.ts";
import type { GlobalModel, UserlistModel, CacheModel } from "./global.ts";
import type { ResolversModel } from "./resolvers.ts";
import type { ProxyModel } from "./proxy.ts";
import type { HttpErrorsModel } from "./pages.ts";

/** A whole configuration, and all that was read from disk for it. */
export interface Model {
  readonly global: GlobalModel;
  /** In configuration order; `id` is unique. A `listen` is one proxy with both sides. */
  readonly proxies: readonly ProxyModel[];
  readonly userlists: readonly UserlistModel[];
  readonly httpErrors: readonly HttpErrorsModel[];
  readonly caches: readonly CacheModel[];
  readonly resolvers: readonly ResolversModel[];
  /** Text of the pattern files of ACLs and maps by path, one character per byte. */
  readonly patternFiles: Readonly<Record<string, string>>;
  /** IPv4 addresses of the host names in patterns of ACLs, dotted, as they were when the configuration was read. */
  readonly patternHosts: Readonly<Record<string, string>>;
  /** Files that were read, in order, for messages. */
  readonly files: readonly string[];
  readonly tls: TlsStoreModel;
}
