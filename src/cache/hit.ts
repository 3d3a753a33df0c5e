/** Bytes up to which an object is copied out at once; larger ones are sent from the shared memory. */
export const COPY_BYTES = 65536;
/** Room for `age: ` with its number, and the blank line. */
export const AGE_ROOM = 24;

/** An object that was found. Belongs to the caller. */
export class Hit {
  block = 0;
  seq = 0;
  /** Head as it was stored, then AGE_ROOM bytes, then body and trailers if they were copied; else it is pinned, see `CacheStore.slice`. */
  buf: Buffer;
  /** Bytes of the head: status line and header lines, without the blank line. */
  headLength = 0;
  bodyLength = 0;
  /** Bytes of trailers behind the body: lines `name: value\r\n`. */
  trailerLength = 0;
  framing = 0;
  stored = 0;
  age = 0;
  lastModified = 0;
  etagAt = 0;
  etagLength = 0;
  pinned = false;
  constructor(buf: Buffer) {
    this.buf = buf;
  }
}
