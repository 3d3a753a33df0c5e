/** HPACK by section of RFC 7541, with the examples of its appendix C. */
import { describe, expect, test } from "bun:test";
import { random } from "../h1/fuzz.helper.ts";
import { Decoder, type FieldSink } from "./decode.ts";
import { DynamicTable } from "./dynamic-table.ts";
import { writeIndexed, writeLiteral, writeSizeUpdate, writeStatus, writeWithIndexedName } from "./encode.ts";
import { hpackErrorName } from "./errors.ts";
import { codeLengths, codes, EOS } from "./huffman-codes.ts";
import { decodedMost, decodeHuffman } from "./huffman.ts";
import { encodeHuffman, huffmanSize } from "./huffman-encode.helper.ts";
import { integer, readInteger, writeInteger } from "./integer.ts";
import { STATIC_COUNT, staticFields } from "./static-table.ts";

class Collector implements FieldSink {
  readonly fields: string[] = [];
  field(
    name: Uint8Array,
    nameStart: number,
    nameEnd: number,
    value: Uint8Array,
    valueStart: number,
    valueEnd: number,
  ): void {
    const text = (buf: Uint8Array, start: number, end: number): string =>
      Buffer.from(buf.subarray(start, end)).toString("latin1");
    this.fields.push(`${text(name, nameStart, nameEnd)}: ${text(value, valueStart, valueEnd)}`);
  }
}

/** Fields, or the name of the error. */
function decode(decoder: Decoder, hex: string): readonly string[] | string {
  const sink = new Collector();
  const bytes = Buffer.from(hex.replaceAll(" ", ""), "hex");
  const code = decoder.decode(bytes, 0, bytes.length, sink);
  return code === 0 ? sink.fields : hpackErrorName(code);
}

describe("section 5.1, integers", () => {
  for (const [value, prefix, hex] of [
    [10, 5, "0a"],
    [1337, 5, "1f9a0a"],
    [42, 8, "2a"],
  ] as const) {
    test(`${value} with a prefix of ${prefix} bits`, () => {
      const out = Buffer.alloc(8);
      expect(out.toString("hex", 0, writeInteger(out, 0, 0, prefix, value))).toBe(hex);
      expect(readInteger(Buffer.from(hex, "hex"), 0, hex.length / 2, prefix)).toBe(hex.length / 2);
      expect(integer.value).toBe(value);
    });
  }

  test("what is written is read, at every prefix and around every length", () => {
    const out = Buffer.alloc(8);
    for (let prefix = 1; prefix <= 8; prefix++) {
      for (let bit = 0; bit < 28; bit++) {
        for (const value of [2 ** bit - 1, 2 ** bit, 2 ** bit + 1, 2 ** bit + 127]) {
          if (value > 0x0fffffff) continue;
          const end = writeInteger(out, 0, 0, prefix, value);
          expect(readInteger(out, 0, end, prefix)).toBe(end);
          expect(integer.value).toBe(value);
          expect(readInteger(out, 0, end - 1, prefix)).toBe(end === 1 ? 1 : -1);
        }
      }
    }
  });

  test("too large, in value or in length, is an error", () => {
    expect(decode(new Decoder(), "ff ff ff ff ff 7f")).toBe("hpack-integer-overflow");
    expect(decode(new Decoder(), "ff 80 80 80 80 80 80 80 00")).toBe("hpack-integer-overflow");
    expect(decode(new Decoder(), "ff 80")).toBe("hpack-truncated");
  });
});

describe("section 5.2, strings", () => {
  test("the code is complete and prefix-free", () => {
    let sum = 0;
    for (const length of codeLengths) sum += 2 ** -length;
    expect(sum).toBe(1);
    // Some rows of appendix B.
    expect([codes[48], codes[97], codes[0], codes[195], codes[255], codes[10], codes[EOS]]).toEqual([
      0x0, 0x3, 0x1ff8, 0x7fff1, 0x3ffffee, 0x3ffffffc, 0x3fffffff,
    ]);
  });

  test("every byte, alone and among others", () => {
    const out = Buffer.alloc(64);
    const back = Buffer.alloc(128);
    for (let c = 0; c < 256; c++) {
      for (const text of [Buffer.from([c]), Buffer.from([c, c]), Buffer.from([97, c, 120, c, 0x3a])]) {
        const end = encodeHuffman(text, out, 0);
        expect(end).toBe(huffmanSize(text));
        expect(decodeHuffman(out, 0, end, back, 0)).toBe(text.length);
        expect(back.subarray(0, text.length)).toEqual(text);
      }
    }
  });

  test("padding longer than 7 bits is an error", () => {
    expect(decode(new Decoder(), "00 01 61 82 1f ff")).toBe("hpack-bad-huffman");
    expect(decode(new Decoder(), "00 01 61 81 1f")).toEqual(["a: a"]);
  });

  test("padding of other bits than ones is an error", () => {
    expect(decode(new Decoder(), "00 01 61 81 18")).toBe("hpack-bad-huffman");
  });

  test("EOS in a string is an error", () => {
    expect(decode(new Decoder(), "00 01 61 84 ff ff ff ff")).toBe("hpack-bad-huffman");
    expect(decode(new Decoder(), "00 01 61 85 1f ff ff ff ff")).toBe("hpack-bad-huffman");
  });

  test("a length beyond the block is an error", () => {
    expect(decode(new Decoder(), "00 05 61")).toBe("hpack-truncated");
    expect(decode(new Decoder(), "00")).toBe("hpack-truncated");
    expect(decode(new Decoder(), "00 01 61")).toBe("hpack-truncated");
  });
});

describe("section 6.1 and 2.3.3, indexes", () => {
  test("every static entry", () => {
    const fields = decode(new Decoder(), staticFields.map((_, i) => (0x80 | (i + 1)).toString(16)).join(""));
    expect(fields).toEqual(staticFields.map(([name, value]) => `${name}: ${value}`));
    expect(staticFields.length).toBe(STATIC_COUNT);
  });
  test("index 0 is an error", () => {
    expect(decode(new Decoder(), "80")).toBe("hpack-bad-index");
  });
  test("an index beyond both tables is an error", () => {
    expect(decode(new Decoder(), "be")).toBe("hpack-bad-index");
    expect(decode(new Decoder(), "7f 00 01 61")).toBe("hpack-bad-index");
    expect(decode(new Decoder(), "0f ff 7f 01 61")).toBe("hpack-bad-index");
  });
});

describe("section 6.3 and 4.2, size updates", () => {
  test("at the beginning of a block, one or several", () => {
    expect(decode(new Decoder(), "20 3f e1 1f 82")).toEqual([":method: GET"]);
  });
  test("after a field is an error", () => {
    expect(decode(new Decoder(), "82 20")).toBe("hpack-size-update-misplaced");
  });
  test("above the limit is an error", () => {
    expect(decode(new Decoder(), "3f e2 1f")).toBe("hpack-size-update-too-large");
  });
  test("a lowered limit asks for one", () => {
    const decoder = new Decoder();
    decoder.setLimit(100);
    expect(decode(decoder, "82")).toBe("hpack-size-update-missing");
    const other = new Decoder();
    other.setLimit(100);
    expect(decode(other, "3f 45 82")).toEqual([":method: GET"]);
    const third = new Decoder();
    third.setLimit(100);
    expect(decode(third, "40 01 61 01 62")).toBe("hpack-size-update-missing");
  });
  test("entries are evicted", () => {
    const decoder = new Decoder();
    expect(decode(decoder, "40 01 61 01 62")).toEqual(["a: b"]);
    expect(decode(decoder, "be")).toEqual(["a: b"]);
    expect(decode(decoder, "20")).toEqual([]);
    expect(decoder.table.count).toBe(0);
    expect(decode(decoder, "be")).toBe("hpack-bad-index");
  });
});

/** Appendix C: header blocks of one connection, fields, size of the table afterwards. */
type Example = readonly (readonly [hex: string, fields: readonly string[], size: number])[];
const request: readonly (readonly string[])[] = [
  [":method: GET", ":scheme: http", ":path: /", ":authority: www.example.com"],
  [":method: GET", ":scheme: http", ":path: /", ":authority: www.example.com", "cache-control: no-cache"],
  [":method: GET", ":scheme: https", ":path: /index.html", ":authority: www.example.com", "custom-key: custom-value"],
];
const date21 = "date: Mon, 21 Oct 2013 20:13:21 GMT";
const date22 = "date: Mon, 21 Oct 2013 20:13:22 GMT";
const location = "location: https://www.example.com";
const response: readonly (readonly string[])[] = [
  [":status: 302", "cache-control: private", date21, location],
  [":status: 307", "cache-control: private", date21, location],
  [
    ":status: 200",
    "cache-control: private",
    date22,
    location,
    "content-encoding: gzip",
    "set-cookie: foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1",
  ],
];
const examples: Readonly<Record<string, Example>> = {
  "C.2.1, literal with indexing": [
    ["400a637573746f6d2d6b65790d637573746f6d2d686561646572", ["custom-key: custom-header"], 55],
  ],
  "C.2.2, literal without indexing": [["040c2f73616d706c652f70617468", [":path: /sample/path"], 0]],
  "C.2.3, literal never indexed": [["100870617373776f726406736563726574", ["password: secret"], 0]],
  "C.2.4, indexed": [["82", [":method: GET"], 0]],
  "C.3, requests": [
    ["828684410f7777772e6578616d706c652e636f6d", request[0]!, 57],
    ["828684be58086e6f2d6361636865", request[1]!, 110],
    ["828785bf400a637573746f6d2d6b65790c637573746f6d2d76616c7565", request[2]!, 164],
  ],
  "C.4, requests with Huffman coding": [
    ["828684418cf1e3c2e5f23a6ba0ab90f4ff", request[0]!, 57],
    ["828684be5886a8eb10649cbf", request[1]!, 110],
    ["828785bf408825a849e95ba97d7f8925a849e95bb8e8b4bf", request[2]!, 164],
  ],
};
const evicting: Readonly<Record<string, Example>> = {
  "C.5, responses": [
    [
      "4803333032580770726976617465611d4d6f6e2c203231204f637420323031332032303a31333a323120474d54" +
        "6e1768747470733a2f2f7777772e6578616d706c652e636f6d",
      response[0]!,
      222,
    ],
    ["4803333037c1c0bf", response[1]!, 222],
    [
      "88c1611d4d6f6e2c203231204f637420323031332032303a31333a323220474d54c05a04677a69707738666f6f3d4153444a4b48514b425a58" +
        "4f5157454f50495541585157454f49553b206d61782d6167653d333630303b2076657273696f6e3d31",
      response[2]!,
      215,
    ],
  ],
  "C.6, responses with Huffman coding": [
    [
      "488264025885aec3771a4b6196d07abe941054d444a8200595040b8166e082a62d1bff6e919d29ad171863c78f0b97c8e9ae82ae43d3",
      response[0]!,
      222,
    ],
    ["4883640effc1c0bf", response[1]!, 222],
    [
      "88c16196d07abe941054d444a8200595040b8166e084a62d1bffc05a839bd9ab77ad94e7821dd7f2e6c7b335dfdfcd5b3960d5af27087f3672" +
        "c1ab270fb5291f9587316065c003ed4ee5b1063d5007",
      response[2]!,
      215,
    ],
  ],
};

describe("appendix C", () => {
  for (const [title, blocks] of Object.entries({ ...examples, ...evicting })) {
    test(title, () => {
      const decoder = new Decoder();
      if (title in evicting) {
        decoder.setLimit(256);
        expect(decode(decoder, "3fe101")).toEqual([]);
      }
      for (const [hex, fields, size] of blocks) {
        expect(decode(decoder, hex)).toEqual(fields);
        expect(decoder.table.size).toBe(size);
      }
    });
  }
});

describe("the dynamic table", () => {
  test("behaves as a list, whatever is added, evicted and resized", () => {
    const next = random(7);
    const table = new DynamicTable(300);
    let model: (readonly [Buffer, Buffer])[] = [];
    const sizeOf = (): number => model.reduce((n, [a, b]) => n + a.length + b.length + 32, 0);
    for (let step = 0; step < 20000; step++) {
      if (next() < 0.02) {
        const max = Math.floor(next() * 600);
        table.resize(max);
        while (sizeOf() > max) model.pop();
      } else {
        const reuse = model.length > 0 && next() < 0.4;
        const value = Buffer.alloc(Math.floor(next() * 60), step & 255);
        if (reuse) {
          // The name of an entry of the table itself, as a literal with an indexed name adds it.
          const i = Math.floor(next() * model.length);
          const k = table.entry(i);
          const name = model[i]![0];
          table.add(table.bytes, table.fields[k]!, table.fields[k + 1]!, value, 0, value.length);
          model.unshift([name, value]);
        } else {
          const name = Buffer.alloc(1 + Math.floor(next() * 20), (step >> 3) & 255);
          table.add(name, 0, name.length, value, 0, value.length);
          model.unshift([name, value]);
        }
        while (sizeOf() > table.max) model.pop();
      }
      expect(table.count).toBe(model.length);
      expect(table.size).toBe(sizeOf());
      for (const [i, [name, value]] of model.entries()) {
        const k = table.entry(i);
        const { fields, bytes } = table;
        if (
          Buffer.compare(name, bytes.subarray(fields[k], fields[k + 1])) !== 0 ||
          Buffer.compare(value, bytes.subarray(fields[k + 1], fields[k + 2])) !== 0
        ) {
          throw new Error(`entry ${i} differs in step ${step}`);
        }
      }
      expect(table.bytes.length).toBeLessThanOrEqual(4096);
    }
    model = [];
  });
});

describe("the encoder", () => {
  test("what it writes is read by the decoder", () => {
    const out = Buffer.alloc(1024);
    const text = Buffer.from("x-nametext/html");
    let at = writeSizeUpdate(out, 0, 0);
    at = writeStatus(out, at, 200);
    at = writeStatus(out, at, 418);
    at = writeIndexed(out, at, 3);
    at = writeWithIndexedName(out, at, 31, text, 6, 15);
    at = writeLiteral(out, at, text, 0, 6, text, 6, 15);
    const sink = new Collector();
    const decoder = new Decoder();
    expect(decoder.decode(out, 0, at, sink)).toBe(0);
    expect(sink.fields).toEqual([
      ":status: 200",
      ":status: 418",
      ":method: POST",
      "content-type: text/html",
      "x-name: text/html",
    ]);
    expect(decoder.table.max).toBe(0);
  });
});

test("fuzz: random and mutated blocks are decoded or refused, never read beyond their end, and the table stays bounded", () => {
  const next = random(41);
  const seeds = Object.values(examples)
    .flat()
    .map(([hex]) => Buffer.from(hex, "hex"));
  for (let run = 0; run < 3000; run++) {
    const decoder = new Decoder();
    for (let block = 0; block < 4; block++) {
      const seed = seeds[Math.floor(next() * seeds.length)]!;
      const bytes = Buffer.from(seed);
      for (let n = Math.floor(next() * 4); n > 0; n--) bytes[Math.floor(next() * bytes.length)] = next() * 256;
      // The same bytes with other bytes behind them must give the same verdict.
      const verdicts = [0x00, 0xff].map((trap) => {
        const wide = Buffer.alloc(bytes.length + 16, trap);
        bytes.copy(wide);
        const sink = new Collector();
        const fresh = new Decoder();
        return `${fresh.decode(wide, 0, bytes.length, sink)} ${sink.fields.join("\n")}`;
      });
      expect(verdicts[0]).toBe(verdicts[1]!);
      const sink = new Collector();
      const code = decoder.decode(bytes, 0, bytes.length, sink);
      expect(decoder.table.size).toBeLessThanOrEqual(4096);
      if (code < 0) {
        expect(hpackErrorName(code)).not.toBe("hpack-unknown");
        break;
      }
    }
  }
});

test("text longer than the scratch area, name and value both Huffman-coded", () => {
  const name = Buffer.alloc(9000, "a");
  const value = Buffer.alloc(30000, "b");
  const out = Buffer.alloc(60000);
  let at = 1;
  for (const part of [name, value]) {
    at = writeInteger(out, at, 0x80, 7, huffmanSize(part));
    at = encodeHuffman(part, out, at);
  }
  expect(decodedMost(8)).toBe(12);
  const sink = new Collector();
  expect(new Decoder().decode(out, 0, at, sink)).toBe(0);
  expect(sink.fields).toEqual([`${name.toString()}: ${value.toString()}`]);
});
