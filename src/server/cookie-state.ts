/** What the client's cookie said: place of the character in "NIDVEOU", the third of the termination state. */
export const ClientCookie = { none: 0, invalid: 1, down: 2, valid: 3, expired: 4, old: 5, unused: 6 } as const;
const CLIENT_FLAGS = "NIDVEOU";

/** What was done in the response: place in "NPDIRU", the fourth character. */
export const ServerCookie = { none: 0, passed: 1, deleted: 2, inserted: 3, rewritten: 4, updated: 5 } as const;
const SERVER_FLAGS = "NPDIRU";

/** What is known of our cookie in one exchange. */
export class Persistence {
  client: number = ClientCookie.none;
  server: number = ServerCookie.none;
  /** The response had a cookie of our name. */
  found = false;
  /** Seconds since the epoch, 0 = not in the cookie. */
  lastDate = 0;
  firstDate = 0;
  /** `force-persist`: it goes to the server the cookie names even when that is down. */
  forced = false;

  reset(): void {
    this.client = ClientCookie.none;
    this.server = ServerCookie.none;
    this.found = this.forced = false;
    this.lastDate = this.firstDate = 0;
  }

  /** The last two characters of the termination state. */
  get flags(): string {
    return CLIENT_FLAGS[this.client]! + SERVER_FLAGS[this.server]!;
  }
}
