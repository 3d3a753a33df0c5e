import { expect, test } from "bun:test";
import { crypt } from "../../ffi/crypt.ts";
import { cryptText } from "./index.ts";

/** From `openssl passwd`. */
const known = [
  ["Hello world!", "$1$salt", "$1$salt$wa8aFuC3rkp5bjoBIGTc41"],
  ["Hello world!", "$5$saltstring", "$5$saltstring$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5"],
  [
    "Hello world!",
    "$6$saltstring",
    "$6$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/O817G3uBnIFNjnQJuesI68u4OTLiBFdcbYEdFCoEOfaS35inz1",
  ],
] as const;

test("known hashes", () => {
  for (const [password, setting, hash] of known) expect(cryptText(password, setting)).toBe(hash);
  expect(cryptText("x", "$2b$05$abc")).toBeNull();
});

test("the C library and our own code agree", () => {
  const passwords = ["", "a", "password", "p".repeat(15), "q".repeat(64), "r".repeat(129), "\xe9\xff"];
  const settings = [
    "$1$salt",
    "$1$longersalt$",
    "$1$",
    "$5$abc$",
    "$5$rounds=1000$xy$",
    "$6$abc$",
    "$6$rounds=1234$0123456789abcdefgh$",
  ];
  for (const setting of settings) {
    for (const password of passwords) {
      const hash = crypt(password, setting);
      expect({ setting, password, hash: cryptText(password, setting) }).toEqual({ setting, password, hash });
    }
  }
});

test("a complete hash is its own setting", () => {
  const hash = crypt("secret", "$6$rounds=1000$abcd$")!;
  expect(crypt("secret", hash)).toBe(hash);
  expect(crypt("secreT", hash)).not.toBe(hash);
  expect(crypt("a\0b", hash)).toBeNull();
});
