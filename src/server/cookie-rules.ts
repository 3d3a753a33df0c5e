import type { Address, CookieModel } from "../config/model.ts";
import type { Server } from "../proxy/server.ts";
import { latin1 } from "../util/latin1.ts";
import { encodeDate } from "./cookie-date.ts";
import type { Persistence } from "./cookie-state.ts";
import { dynamicCookie } from "./dynamic-cookie.ts";

/** `cookie` of a backend, compiled. */
export class CookieRules {
  readonly insert: boolean;
  readonly rewrite: boolean;
  readonly prefix: boolean;
  readonly indirect: boolean;
  readonly preserve: boolean;
  readonly nocache: boolean;
  readonly postOnly: boolean;
  /** Whether the log tells what happened; not in passive mode. */
  readonly logged: boolean;
  readonly name: Buffer;
  /** Seconds, 0 = no limit. */
  readonly maxIdle: number;
  readonly maxLife: number;
  /** `option persist`: a server that is down keeps its clients. */
  readonly persist: boolean;
  private readonly nameText: string;
  /** What follows the value of a cookie: domain and other attributes. */
  private readonly tail: string;
  /** Cookie of each server, by its index; null = none. */
  private readonly values: (Buffer | null)[];
  /** Ready lines by server for cookies without dates. */
  private readonly lines: Buffer[];
  /** The key of `dynamic`, else null; and the address each server's cookie was made from, undefined where the server has its own. */
  private key: string | null;
  private readonly made: (Address | null | undefined)[];
  private readonly removal: Buffer;

  /** `key` is that of `dynamic-cookie-key`. */
  constructor(
    model: CookieModel,
    servers: readonly { readonly cookie: string | null }[],
    persist: boolean,
    key: string | null = null,
  ) {
    this.key = model.dynamic ? key : null;
    this.made = servers.map(({ cookie }) => (cookie === null ? null : undefined));
    this.insert = model.mode === "insert";
    this.rewrite = model.mode === "rewrite";
    this.prefix = model.mode === "prefix";
    this.indirect = model.indirect;
    this.preserve = model.preserve;
    this.nocache = model.nocache;
    this.postOnly = model.postonly;
    this.logged = model.mode !== "passive" || model.indirect;
    this.name = Buffer.from(model.name, "latin1");
    this.nameText = model.name;
    this.maxIdle = Math.floor(model.maxidle / 1000);
    this.maxLife = Math.floor(model.maxlife / 1000);
    this.persist = persist;
    this.tail =
      model.domains.map((domain) => `; domain=${domain}`).join("") +
      (model.httponly ? "; HttpOnly" : "") +
      (model.secure ? "; Secure" : "") +
      model.attrs.map((attr) => `; ${attr}`).join("");
    this.values = servers.map(({ cookie }) => (cookie === null ? null : Buffer.from(cookie, "latin1")));
    this.lines = servers.map(({ cookie }) => this.line(cookie ?? ""));
    this.removal = Buffer.from(
      `set-cookie: ${model.name}=; Expires=Thu, 01-Jan-1970 00:00:01 GMT; path=/${this.tail}\r\n`,
      "latin1",
    );
  }

  /** The runtime API changes the key of dynamic cookies; null = there are none. Servers with a cookie of their own keep it. */
  rekey(key: string | null): void {
    this.key = key;
    for (const [index, made] of this.made.entries()) {
      if (made === undefined) continue;
      this.made[index] = null;
      this.values[index] = null;
      this.lines[index] = this.line("");
    }
  }

  private line(value: string): Buffer {
    return Buffer.from(`set-cookie: ${this.nameText}=${value}; path=/${this.tail}\r\n`, "latin1");
  }

  valueOf(server: Server): Buffer | null {
    if (this.key !== null) this.follow(server, this.key);
    return this.values[server.index] ?? null;
  }

  /** The cookie of a server without one of its own changes with its address. */
  private follow({ index, address, model }: Server, key: string): void {
    const made = this.made[index];
    if (made === undefined || made === address) return;
    this.made[index] = address;
    const cookie = dynamicCookie(key, address, model.port);
    this.values[index] = cookie === null ? null : Buffer.from(cookie, "latin1");
    this.lines[index] = this.line(cookie ?? "");
  }

  /** The line that gives the client this server; dates as maxidle and maxlife ask for. `now` in seconds. */
  insertLine(server: Server, state: Persistence, now: number): Buffer {
    const value = this.valueOf(server);
    if (value === null) return this.removal;
    if (this.maxIdle === 0 && this.maxLife === 0) return this.lines[server.index]!;
    let text = `${latin1(value, 0, value.length)}|${encodeDate((now + 3) >>> 2)}`;
    if (this.maxLife > 0) text += `|${encodeDate(state.firstDate > 0 ? state.firstDate >>> 2 : (now + 3) >>> 2)}`;
    return this.line(text);
  }
}
