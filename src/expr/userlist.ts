/** Userlists at work (manual, section 3.4): who may log in with which password. */
import { createHash, timingSafeEqual } from "node:crypto";
import type { UserlistModel } from "../config/model.ts";
import { crypt } from "../ffi/crypt.ts";
import type { Userlist } from "./fetch/types.ts";

class User {
  /** SHA-256 of the last password that was right: hashes of crypt(3) are made to be slow, and every request brings one. */
  private accepted: Buffer | null = null;

  constructor(
    private readonly password: string | null,
    private readonly plain: boolean,
    readonly groups: readonly string[],
  ) {}

  verify(password: string): boolean {
    if (this.password === null) return false;
    if (this.plain) return password === this.password;
    const digest = createHash("sha256").update(password, "latin1").digest();
    if (this.accepted !== null && timingSafeEqual(this.accepted, digest)) return true;
    if (crypt(password, this.password) !== this.password) return false;
    this.accepted = digest;
    return true;
  }
}

const NO_GROUPS: readonly string[] = [];

/** Compiles a userlist; one object for all that name it. */
export function compileUserlist({ name, users, groups }: UserlistModel): Userlist {
  const byName = new Map(users.map((user) => [user.name, new User(user.password, user.plain, user.groups)]));
  return {
    name,
    groups,
    verify: (user, password) => byName.get(user)?.verify(password) ?? false,
    groupsOf: (user) => byName.get(user)?.groups ?? NO_GROUPS,
  };
}
