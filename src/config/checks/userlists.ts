import { type Check, errorAt } from "./check.ts";

/** Groups of users and users of groups must be there. */
export const checkUserlists: Check = ({ userlists, diagnostics }) => {
  for (const list of userlists) {
    for (const user of list.users) {
      for (const { name, word } of user.groups) {
        if (list.groups.some((group) => group.name === name)) continue;
        const message = `userlist '${list.name}' has no group '${name}', which user '${user.name}' names`;
        errorAt(diagnostics, word, "config/unknown-group", message);
      }
    }
    for (const group of list.groups) {
      for (const { name, word } of group.users ?? []) {
        if (list.users.some((user) => user.name === name)) continue;
        const message = `userlist '${list.name}' has no user '${name}', which group '${group.name}' names`;
        errorAt(diagnostics, word, "config/unknown-user", message);
      }
    }
  }
};
