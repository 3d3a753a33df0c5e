import type { Model } from "../config/model.ts";
import { findGroup, findUser } from "../ffi/users.ts";

/** Numbers of the user and group to become; names win over numbers. 0 = stay. */
export function identity({ global }: Model): { uid: number; gid: number } {
  return {
    uid: global.user === null ? Math.max(0, global.uid) : (findUser(global.user)?.uid ?? -1),
    gid: global.group === null ? Math.max(0, global.gid) : findGroup(global.group),
  };
}

/** Why there is no such user or group; null = there is. */
export function identityError(model: Model): string | null {
  const { uid, gid } = identity(model);
  if (uid < 0) return `cannot find user id for '${model.global.user}'`;
  if (gid < 0) return `cannot find group id for '${model.global.group}'`;
  return null;
}
