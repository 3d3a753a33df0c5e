/** Expressions that the differential test evaluates here and in HAProxy 2.6. Inputs are bytes in hexadecimal or text. */

/** `bin(…)` of a byte string; the empty one can only be written as str(). */
export function bytes(text: string): string {
  return text === "" ? "str()" : `bin(${Buffer.from(text, "latin1").toString("hex")})`;
}

function utf8(text: string): string {
  return bytes(Buffer.from(text, "utf8").toString("latin1"));
}

/** Every input with every chain of converters. */
function cross(inputs: readonly string[], chains: readonly string[]): string[] {
  return inputs.flatMap((input) => chains.map((chain) => `${input},${chain}`));
}

const ints = [
  "0",
  "1",
  "-1",
  "7",
  "-8",
  "4294967296",
  "9223372036854775807",
  "-9223372036854775808",
  "9007199254740993",
];
const operands = ["0", "3", "-1", "9223372036854775807", "-9223372036854775808", "txn.seven"];
const operators = ["add", "sub", "mul", "div", "mod", "and", "or", "xor"];

const maths = [
  ...cross(
    ints.map((n) => `int(${n})`),
    operators.flatMap((name) => operands.map((n) => `${name}(${n})`)),
  ),
  ...cross(
    ints.map((n) => `int(${n})`),
    ["neg", "cpl", "bool", "not", "odd", "even", "hex", "htonl,hex"],
  ),
  ...cross(
    ["int(5)"],
    ["add", "add()", "add(+4)", "add(99999999999999999999)", "add(txn.none)", "add(txn.abc)", "add(txn.text5)"],
  ),
  "str(12x),add(1)",
  "str(x),add(1)",
  "str(),add(1)",
  "bool(true),mul(6)",
  "src,and(255)",
];

const words = ["f1_f2_f3__f5", "_a__b_", "", "___", "one", "a-b_c"];
const fields = cross(
  words.map(bytes),
  ["field", "word"].flatMap((name) =>
    [
      "1,_",
      "2,_",
      "4,_",
      "5,_",
      "9,_",
      "-1,_",
      "-2,_",
      "-5,_",
      "-9,_",
      "2,_,0",
      "2,_,2",
      "1,_,3",
      "-2,_,3",
      "-3,_,0",
      "-1,_,2",
      "1,-_",
      "2,_,-1",
    ].map((args) => `${name}(${args})`),
  ),
);
const parts = cross(
  ["str(0123456789)", "str()"],
  ["0", "3", "9", "10", "-1", "0,0", "2,3", "8,5", "1,-1", "-2,1"].map((a) => `bytes(${a})`),
);

const strings = [
  ...cross([bytes("aBcÀÉéÿ\x01Z"), "str()", "str(ABC)", "src"], ["lower", "upper", "length", "cut_crlf"]),
  ...cross([bytes("a\r\nb"), bytes("a\nb\r"), bytes("\r"), bytes("ab\0c")], ["cut_crlf", "length", "lower"]),
  ...cross(
    [bytes("  xx /ab/ xx "), "str()", bytes("   ")],
    ['ltrim(" ")', 'rtrim(" ")', 'ltrim(" x/")', 'rtrim(" x/")', "ltrim", "rtrim()"],
  ),
  ...cross(
    ["str(a)", "str()"],
    [
      "concat",
      "concat()",
      "concat(x)",
      "concat(x,txn.abc)",
      "concat(x,txn.none,y)",
      "concat(,txn.seven)",
      "concat(,txn.empty,z)",
      "concat(,,z)",
      "concat(,txn.ip)",
    ],
  ),
  ...cross(
    ["str(a)", "str()"],
    [
      "add_item(;,txn.abc)",
      "add_item(;,txn.none)",
      "add_item(;,txn.none,x)",
      "add_item(;,txn.empty)",
      "add_item(;,txn.empty,x)",
      "add_item(;,,x)",
      'add_item(", ",txn.seven,"!")',
      "add_item(,txn.abc)",
    ],
  ),
];

const comparisons = [
  ...cross(
    ["str(abc)", "str(abd)", "str(zzz)", "str(ab)", "str(abcd)", "str()", bytes("abc\xff"), "str(7)", "int(7)"],
    [
      "strcmp(txn.abc)",
      "strcmp(txn.none)",
      "strcmp(txn.seven)",
      "strcmp(txn.empty)",
      "secure_memcmp(txn.abc)",
      "secure_memcmp(txn.seven)",
      "secure_memcmp(txn.none)",
      "secure_memcmp(txn.empty)",
    ],
  ),
  ...cross(
    ["bool(true)", "bool(false)", "int(0)", "int(-3)", "str(0)", "str(2)", "str(true)", "str()"],
    ["iif(yes,no)", "iif(,no)"],
  ),
];

const texts = ["", "a", "ab", "abc", "abcd", "\xfb\xff\x00\x01", "hello world, hello world", "x".repeat(100)];
const base64 = [
  ...cross(texts.map(bytes), ["base64", "ub64enc", "hex", "base64,b64dec", "ub64enc,ub64dec"]),
  ...cross(
    [
      "YQ==",
      "YQ=",
      "YQ",
      "Y===",
      "====",
      "YQ==YQ==",
      "A===AAAA",
      "YR==",
      "YWI=Q",
      "A=AA",
      "AA=A",
      "+/8=",
      "-_8",
      "YWI=",
      "_w",
      "Y",
      "Y Q=",
      "YW\xff=",
      "",
    ].map(bytes),
    ["b64dec,hex", "ub64dec,hex"],
  ),
];

const hexes = [
  ...cross(
    [
      "str(ff)",
      "str(FF00)",
      "str()",
      "str(0)",
      "str(xyz)",
      "str(123456789abcdef0)",
      "str(ffffffffffffffff)",
      "str(123456789abcdef012)",
      "str(1fffffffffffff)",
    ],
    ["hex2i"],
  ),
  ...cross(
    ["bin(01020304050607)", "bin(7f000001)", "bin(ffffffffffffffffff)", "str()", "bin(00000000000000010203)"],
    [
      "be2dec(:,2)",
      "be2dec(-,2,1)",
      "be2dec(,2,1)",
      "be2dec(.,1)",
      "be2dec(:,8)",
      "be2dec(:,8,1)",
      "be2dec(--,3)",
      "be2hex",
      "be2hex(:,2)",
      "be2hex(--,2,1)",
      "be2hex(,3,1)",
      "be2hex(:,20,1)",
      "be2hex(,0)",
      "be2hex(,2,0)",
    ],
  ),
];

const allBytes = Array.from({ length: 255 }, (_, i) => String.fromCharCode(i + 1)).join("");
const urls = [
  ...cross([bytes(allBytes)], ["url_enc", "json", "url_enc,url_dec", "lower", "upper", "base64"]),
  ...cross(["", "abc", "a+b?c+d", "%41%zz", "%4", "%", "a%20b", "%00x", "x%3Fa+b", "é+ü", "a\0b", "++"].map(bytes), [
    "url_dec",
    "url_dec(1)",
    "url_dec(0)",
    "url_enc",
    "url_enc(query)",
  ]),
];

const sequences = [
  "\xff",
  "a\xc3",
  "\x80b",
  "\xc1\x81z",
  "\xed\xa0\x80q",
  "\xf0\x9f\x98\x80q",
  "\xc3(",
  "\xef\xbf\xbe",
  "\xe2\x82",
  "\xf8\x88\x80\x80\x80",
  "\xfc\x84\x80\x80\x80\x80x",
  "\xe0\x80\xafy",
  "\xf0\x80\x80\xafy",
  "\xf7\xbf\xbf\xbf",
  '"/\\',
  "a\b\f\n\r\t\x7f",
  "plain",
];
const json = cross(
  [utf8("é€"), ...sequences.map(bytes), "str()"],
  ["json", "json(ascii)", "json(utf8)", "json(utf8s)", "json(utf8p)", "json(utf8ps)"],
);

const document = JSON.stringify({
  a: 1500.5,
  b: [1, "x", {}],
  c: { d: 'e\n"\\', "x.y": 1 },
  t: true,
  f: false,
  n: null,
  big: 123456789012345680000,
  neg: -5,
  s: "123",
  arr: [
    [1, 2],
    [3, { k: "v" }],
  ],
  z: 9007199254740992,
  y: 9007199254740991,
  tiny: 0.00001234,
  zero: 0,
  "": "empty",
});
const paths = [
  "$.a",
  "$.b",
  "$.b[1]",
  "$.b[0]",
  "$.b[2]",
  "$.b[9]",
  "$.c.d",
  "$.c",
  "$.t",
  "$.f",
  "$.n",
  "$.big",
  "$.neg",
  "$.s",
  "$.arr[1][1].k",
  "$.arr[0]",
  "$.nope",
  "$.z",
  "$.y",
  "$.tiny",
  "$.zero",
  "$",
  "a",
  "$.a.b",
  "$.b.x",
  "$[0]",
  "$.c.x\\\\.y",
];
const jsonQuery = [
  ...cross(
    [bytes(document)],
    paths.flatMap((path) => [`json_query("${path}")`, `json_query("${path}",int)`]),
  ),
  ...cross(
    [
      '  {"a": 1 } x',
      '[1,2,{"a":"q"}]',
      "5",
      '"x"',
      "",
      "{",
      '{"a":"\\ud83d"}',
      '{"a":"x\\u0041y\\u00e9"}',
      '{"a":"\\/"}',
      '{"a":1,"a":2}',
      '{"a":1',
      '{"a":tru}',
      '{"a":010}',
      '{"a":1e3}',
      '{"a":-1.5e-3}',
      '{"a":1e400}',
      '{"b":{},"a":1}',
      '{"b":[],"a":1}',
      '{"b":[1,2,],"a":1}',
      '{"b":[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]],"a":1}',
      '{"a":"é"}',
      '{"a" :\n 1}',
      "{'a':1}",
      '{"a":"x',
      "true",
      "[]",
      "{}",
    ].map(bytes),
    ['json_query("$.a")', 'json_query("$.a",int)', 'json_query("$")', 'json_query("$[2].a")'],
  ),
];

const hashes = cross(
  [...texts, "1234567", "123456789", "x".repeat(1000), "y".repeat(17), "z".repeat(240), "z".repeat(241)].map(bytes),
  [
    "sdbm",
    "djb2",
    "wt6",
    "crc32",
    "crc32c",
    "xxh32",
    "xxh64",
    "xxh3",
    "sdbm(1)",
    "djb2(1)",
    "wt6(1)",
    "crc32(1)",
    "crc32c(1)",
    "crc32(0)",
    "wt6(2)",
    "xxh32(5)",
    "xxh32(-1)",
    "xxh64(5)",
    "xxh64(-1)",
    "xxh3(5)",
    "xxh3(4294967295)",
    "xxh64(9223372036854775807)",
  ],
);

const digests = [
  ...cross([...texts, "x".repeat(1000)].map(bytes), [
    "sha1,hex",
    "sha2,hex",
    "sha2(224),hex",
    "sha2(256),hex",
    "sha2(384),hex",
    "sha2(512),hex",
    "digest(md5),hex",
    "digest(SHA256),hex",
    "hmac(sha256,c2VjcmV0),hex",
    "hmac(md5,txn.key),hex",
    "hmac(sha512,txn.none),hex",
    "hmac(sha1,txn.abc),hex",
  ]),
  ...cross(
    ["str(x)"],
    [
      "sha1",
      "sha1-2",
      "sha224",
      "SHA2-256",
      "sha384",
      "sha512",
      "sha512-224",
      "sha512-256",
      "sha3-224",
      "sha3-256",
      "sha3-384",
      "sha3-512",
      "shake128",
      "shake256",
      "ripemd160",
      "rmd160",
      "blake2b512",
      "blake2s256",
    ]
      .filter((n) => n !== "sha1-2")
      .map((n) => `digest(${n}),hex`),
  ),
  ...cross(
    ["str(x)"],
    ["blake2b512", "sha3-256", "sha512-256", "ripemd160"].map((n) => `hmac(${n},AAECAwQF),hex`),
  ),
];

const stamps = ["0", "1", "1700000000", "951827696", "-1", "4102444800", "99999999999", "36028797018963969"];
const times = [
  ...cross(
    stamps.map((n) => `int(${n})`),
    [
      'utime("%Y-%m-%d %H:%M:%S")',
      'ltime("%Y-%m-%d %H:%M:%S %z %Z")',
      'utime("%a %A %b %B %c %j %U %w %x %X %y %p %I %%")',
      'utime("%s %G %V %e %k %l %D %F %T %R %n %h %C %u")',
      'utime("%Y",86400)',
      'ltime("%H:%M",-3600)',
      "http_date",
      "http_date(3600)",
      "http_date(-1)",
      "http_date(0,ms)",
      "http_date(5,us)",
      "http_date(0,s)",
      "utime",
    ],
  ),
  ...cross(
    ["int(1500)", "int(-1500)", "int(1700000000123)"],
    ["http_date(700,ms)", "http_date(-2000,ms)", "http_date(-1995,ms)", "http_date(7,us)"],
  ),
];

const addresses = cross(
  [
    "src",
    "ipv4(192.0.2.77)",
    "ipv6(2001:db8:1:2:3:4:5:6)",
    "ipv6(::ffff:1.2.3.4)",
    "ipv6(::1.2.3.4)",
    "ipv6(2002:102:304::1)",
    "str(10.1.2.3)",
    "str(::1)",
    "str(x)",
    "int(16909060)",
  ],
  [
    "ipmask(24)",
    "ipmask(255.255.0.255)",
    "ipmask(0)",
    "ipmask(32,64)",
    "ipmask(24,ffff:ffff::)",
    "ipmask(24,128)",
    "ipmask(24,0)",
    "ipmask(24),hex",
  ],
);

const substitutions = cross(["/////a///b/c/xzxyz/", "", "abc", "aab", "foobar FOObar", "a.b.c", "xxx"].map(bytes), [
  'regsub("/+","/",g)',
  'regsub("/+","/")',
  'regsub("^/+","")',
  'regsub("x*","R",g)',
  'regsub("x*","R")',
  'regsub("(foo|bar)([0-9]+)?","<\\\\2\\\\1>",gi)',
  'regsub("(?=b)","R",g)',
  'regsub("\\\\ba","x",g)',
  'regsub("(?<=a)a","x",g)',
  'regsub("^a","x",g)',
  'regsub("a$","x",g)',
  'regsub("$","!",g)',
  'regsub("[.]","\\\\x2d",g)',
  'regsub("(a)(b)?","[\\\\0\\\\1\\\\2\\\\3]",g)',
  'regsub("B","\\\\\\\\",i)',
  'regsub("a","")',
  'regsub("(.)","\\\\1\\\\1",g)',
]);

const hosts = cross(
  [
    "hostname",
    "HostName:80",
    "127.0.0.1",
    "127.0.0.1:80",
    "[::1]",
    "[::1]:80",
    "::1",
    "",
    ":",
    ":80",
    "a:b",
    "a:80x",
    "a:99999999999",
    "a:1:2",
    "[::1]:",
    "a]:5",
    "a:4294967295",
    "a:/",
    "a:2147483648",
    "a:5 ",
  ].map(bytes),
  ["host_only", "port_only"],
);

const languages = cross(
  [
    "",
    "es",
    "en-GB,en;q=0.5",
    "fr;q=0.3,en;q=0.4,de;q=0.9",
    "de,fr;q=0",
    "fr;q=0",
    " fr ; q = 0.5 , en;q=0.6",
    "en;q=1.5",
    "fr;q=x,en",
    "EN,fr",
    "fr;x=1,en;q=0.9",
    "fr x,en;q=0.1",
    "enx,fr-",
    "en;q",
    "*,es;q=0.001",
    "en;q=0.1234,fr;q=0.123",
    ",,en",
    "fr;;q=0.1",
  ].map(bytes),
  ["language(es;fr;en)", "language(es;fr;en,xx)", "language(fr;en-GB)", "language"],
);

const fix = (body: string, sum?: string): string => {
  const message = `8=FIX.4.4|9=${body.length}|${body}`.replaceAll("|", "\x01");
  let total = 0;
  for (const c of message) total += c.charCodeAt(0);
  return `${message}10=${sum ?? String(total & 255).padStart(3, "0")}\x01`;
};
const order = "35=D|49=SENDER|56=TARGET|34=1|52=20240101-00:00:00|55=X|";
const fixes = cross(
  [
    fix(order),
    fix(order, "000"),
    fix(order, "1"),
    fix(order).slice(0, -1),
    fix(order).slice(0, -4),
    fix(order).slice(0, 30),
    fix(order).slice(0, 20),
    fix(order) + "x",
    `${fix(order)}8=FIX`,
    fix(order).replace("FIX.4.4", "FIX.9.9"),
    fix(order).replace("FIX.4.4", "FIXT.1.1"),
    fix(order).replace("9=", "9=1"),
    fix(order.replace("35=D|", "")),
    fix(order.replace("34=1", "34=")),
    fix(order.replace("34=1", "x4=1")),
    fix(order.replace("34=1", "=1")),
    fix(order.replace("34=1", "34")),
    fix("35=0|"),
    "",
    "8=FIX.4.4",
    "35=A\x0149=\x01",
    "49=B\x0135=Q",
    "abc\x01",
    "garbage garbage garbage garbage garbage",
  ].map(bytes),
  [
    "fix_is_valid",
    "fix_tag_value(MsgType)",
    "fix_tag_value(49)",
    "fix_tag_value(TargetCompID)",
    "fix_tag_value(CheckSum)",
    "fix_tag_value(BeginString)",
    "fix_tag_value(999)",
  ],
);

const u16 = (n: number): string => String.fromCharCode(n >> 8, n & 255);
const lv = (text: string): string => u16(text.length) + text;
const packet = (first: number, body: string): string => String.fromCharCode(first, body.length) + body;
const connect = (version: number, flags: number, rest: string, name = "MQTT"): string =>
  packet(0x10, `${lv(name)}${String.fromCharCode(version, flags)}${u16(60)}${rest}`);
const props = (text: string): string => String.fromCharCode(text.length) + text;
const full5 = connect(
  5,
  0xf6,
  `${props(`\x11\0\0\0\x0a\x21\0\x05\x27\0\0\x10\0\x22\0\x07\x19\x01\x17\0\x15${lv("meth")}\x16${lv("data")}\x26${lv("k")}${lv("v")}`)}${lv("client")}${props(`\x18\0\0\0\x09\x01\x01\x02\0\0\0\x08\x03${lv("ct")}\x08${lv("rt")}\x09${lv("cd")}`)}${lv("topic")}${lv("payload")}${lv("user")}${lv("pass")}`,
);
const ack5 = packet(
  0x20,
  `\x01\x00${props(`\x11\0\0\0\x0a\x21\0\x05\x24\x01\x25\x00\x27\0\0\x10\0\x12${lv("id")}\x22\0\x07\x1f${lv("why")}\x28\x01\x29\x01\x2a\x01\x13\0\x3c\x1a${lv("info")}\x1c${lv("ref")}\x15${lv("m")}\x16${lv("d")}`)}`,
);
const mqttPackets = [
  connect(4, 0xc6, `${lv("client")}${lv("topic")}${lv("payload")}${lv("user")}${lv("pass")}`),
  connect(4, 0x02, lv("c")),
  connect(4, 0x02, lv("")),
  connect(4, 0x00, lv("")),
  connect(3, 0x02, lv("old"), "MQIsdp"),
  connect(3, 0x02, lv("old")),
  connect(4, 0x03, lv("c")),
  connect(4, 0x0a, lv("c")),
  connect(4, 0x22, lv("c")),
  connect(4, 0x1e, `${lv("c")}${lv("t")}${lv("p")}`),
  connect(4, 0x42, `${lv("c")}${lv("p")}`),
  connect(4, 0x82, `${lv("c")}${lv("u")}`),
  connect(4, 0x82, lv("c")),
  connect(4, 0x02, `${lv("c")}x`),
  connect(5, 0x02, `${props("")}${lv("c")}`),
  connect(5, 0x02, `${props("\x11\0\0\0\x01\x11\0\0\0\x01")}${lv("c")}`),
  connect(5, 0x02, `${props("\x63\0")}${lv("c")}`),
  connect(6, 0x02, lv("c")),
  full5,
  full5.slice(0, 40),
  `${connect(4, 0x02, lv("c"))}more`,
  packet(0x20, "\x00\x00"),
  packet(0x20, "\x01\x00"),
  packet(0x20, "\x02\x00"),
  packet(0x20, "\x00\x05"),
  packet(0x20, "\x00\x00\x00"),
  packet(0x20, "\x00"),
  ack5,
  packet(0x30, "\x00\x01a"),
  packet(0x11, `${lv("MQTT")}\x04\x02\0\x3c${lv("c")}`),
  "\x10",
  "",
  "\x10\xff\xff\xff\xff\x01",
  "\xc0\x00",
  "\x00\x00",
];
const mqtt = [
  ...cross(mqttPackets.map(bytes), [
    "mqtt_is_valid",
    "mqtt_field_value(connect,flags)",
    "mqtt_field_value(connect,protocol_version)",
    "mqtt_field_value(1,CLIENT_identifier)",
    "mqtt_field_value(connack,flags)",
    "mqtt_field_value(2,reason_code)",
    "mqtt_field_value(connack,protocol_version)",
  ]),
  ...cross(
    [bytes(full5), bytes(mqttPackets[0]!)],
    [
      "protocol_name",
      "will_topic",
      "will_payload",
      "username",
      "password",
      "keepalive",
      "17",
      "33",
      "39",
      "34",
      "25",
      "23",
      "21",
      "22",
      "24",
      "1",
      "2",
      "3",
      "8",
      "9",
      "38",
    ].map((f) => `mqtt_field_value(connect,${f})`),
  ),
  ...cross(
    [bytes(ack5)],
    ["17", "33", "36", "37", "39", "18", "34", "31", "40", "41", "42", "19", "26", "28", "21", "22", "38"].map(
      (f) => `mqtt_field_value(connack,${f})`,
    ),
  ),
];

const tag = (field: number, wire: number, payload: string): string =>
  String.fromCharCode((field << 3) | wire) + payload;
const inner = tag(1, 0, "\x05");
const message =
  tag(1, 2, String.fromCharCode(inner.length) + inner) +
  tag(2, 0, "\x07") +
  tag(3, 5, "\0\0\x80\xbf") +
  tag(4, 1, "\0\0\0\0\0\0\xf8\x3f") +
  tag(5, 0, `${"\xff".repeat(9)}\x01`) +
  tag(6, 2, "\x03abc") +
  tag(7, 5, "\xff\xff\xff\xff") +
  tag(8, 1, "\xff\xff\xff\xff\xff\xff\xff\x7f") +
  tag(1, 2, `\x02${tag(2, 0, "\x09")}`) +
  tag(2, 0, "\x08");
const grpc = (text: string): string => `\0\0\0${u16(text.length)}${text}`;
const protobufs = [
  ...cross(
    [bytes(message)],
    [
      ...["1.1", "1.2", "1.9", "2", "2.1", "3", "4", "5", "6", "6.1", "7", "8", "9", "0"].flatMap((f) => [
        `protobuf(${f}),hex`,
        `protobuf(${f},int32)`,
      ]),
      ...["int64", "uint32", "uint64", "sint32", "sint64", "bool", "enum", "fixed32", "float"].map(
        (t) => `protobuf(5,${t})`,
      ),
      ...["fixed32", "sfixed32", "float", "double", "int32"].flatMap((t) => [`protobuf(3,${t})`, `protobuf(7,${t})`]),
      ...["fixed64", "sfixed64", "double", "float"].flatMap((t) => [`protobuf(4,${t})`, `protobuf(8,${t})`]),
      ...["sint32", "sint64", "bool"].map((t) => `protobuf(2,${t})`),
    ],
  ),
  ...cross(
    [
      message.slice(0, 3),
      message.slice(0, 12),
      tag(1, 3, ""),
      "",
      "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff",
      tag(1, 2, "\x7fabc"),
    ].map(bytes),
    ["protobuf(1),hex", "protobuf(2,int32)", "protobuf(3),hex", "ungrpc(1),hex"],
  ),
  ...cross(
    [
      grpc(message),
      grpc(message) + grpc(tag(9, 0, "\x81\x01")),
      grpc(message).slice(0, -1),
      grpc(""),
      "\0\0\0",
      grpc("") + grpc(tag(6, 2, "\x01z")),
    ].map(bytes),
    ["ungrpc(6)", "ungrpc(1.1,int32)", "ungrpc(9,int32)", "ungrpc(1.2,int32)"],
  ),
];

const variables = [
  ...["ifexists", "ifnotexists", "ifempty", "ifnotempty", "ifset", "ifnotset", "ifgt", "iflt"].flatMap(
    (condition, i) => [
      `str(new),set-var(txn.n${i},${condition})`,
      `str(after),concat(,txn.n${i})`,
      `int(9),set-var(txn.seven${i},${condition})`,
      `str(after),concat(,txn.seven${i})`,
      `str(new),set-var(txn.blank${i},${condition})`,
      `str(after),concat(,txn.blank${i})`,
      `str(new),set-var(txn.abc${i},${condition})`,
      `str(after),concat(,txn.abc${i})`,
      `int(3),set-var(txn.abd${i},${condition})`,
      `str(after),concat(,txn.abd${i})`,
    ],
  ),
  "str(x),set-var(txn.both,ifnotset,ifempty),upper",
  "str(after),concat(,txn.both)",
  "str(y),set-var(txn.gone)",
  "str(after),concat(,txn.gone)",
  "str(y),unset-var(txn.gone),upper",
  "str(after),concat(,txn.gone)",
  "src,set-var(txn.address),ipmask(8)",
  "str(after),concat(,txn.address)",
  "str(z),debug(prefix,buf0),upper",
  "int(5),debug,add(1)",
];

/** Results that fill HAProxy's buffer, or do not fit it; the header is `longHeader` bytes long. */
export const longHeader = 200_000;
const limits = cross(
  ["req.hdr(x-long)"],
  [
    "length",
    "hex,length",
    "base64,length",
    "ub64enc,length",
    "url_enc,length",
    "json,length",
    "json(utf8),length",
    "concat(x),length",
    "concat(x,txn.long,y),length",
    "add_item(;,txn.long,x),length",
    "add_item(;,txn.none,x),length",
    'regsub(",","yyyyyyyy",g),length',
    'regsub(",","yyyyyyyy",g),sha1,hex',
    "be2hex(:,1),length",
    "be2hex(:,1),sha1,hex",
    "be2hex(::,7,1),length",
    "be2dec(:,1),length",
    "be2dec(:,2),length",
    "be2dec(:,8),sha1,hex",
    "be2dec(,8,1),length",
    "url_enc,sha1,hex",
    "hex,sha1,hex",
    "field(20,a),length",
    "crc32",
    "xxh64",
  ],
);

/** By family; each runs in one HAProxy. */
export const families: Readonly<Record<string, readonly string[]>> = {
  maths,
  fields: [...fields, ...parts],
  strings: [...strings, ...comparisons],
  codecs: [...base64, ...hexes, ...urls, ...json],
  jsonQuery,
  hashes: [...hashes, ...digests],
  times,
  addresses,
  regsub: substitutions,
  http: [
    ...hosts,
    ...languages,
    "str(x),capture-req(9)",
    "str(x),capture-res(9)",
    "str(nowhere),nbsrv",
    "str(nowhere/x),srv_queue",
    "str(x),srv_queue",
  ],
  protocols: [...fixes, ...mqtt, ...protobufs],
  variables,
  limits,
};
