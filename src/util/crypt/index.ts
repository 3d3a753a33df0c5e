import { md5Crypt } from "./md5.ts";
import { shaCrypt } from "./sha.ts";

/** crypt(3) for `$1$`, `$5$` and `$6$`; null for any other method. Texts hold one character per byte. */
export function cryptText(password: string, setting: string): string | null {
  const key = Buffer.from(password, "latin1");
  if (setting.startsWith("$1$")) return md5Crypt(key, setting);
  if (setting.startsWith("$5$")) return shaCrypt(key, setting, "sha256");
  if (setting.startsWith("$6$")) return shaCrypt(key, setting, "sha512");
  return null;
}
