import { NO_SERVER } from "../../log/record.ts";
import { UNSET } from "../timeout.ts";
import { endTracking } from "../track.ts";
import { Step } from "./step.ts";
import type { HttpStream } from "./stream.ts";

/** Sets back what an exchange may have changed, but for what `begin` and `acquire` set in any case: the next one uses the same object. */
export function forget(stream: HttpStream): void {
  stream.req.reset();
  stream.res.reset();
  stream.reqEdits.clear();
  stream.resEdits.clear();
  stream.reqBody.reset();
  stream.resBody.reset();
  stream.bodyBuf = stream.resHeld = stream.interim = null;
  stream.resHeldEnd = stream.interimCount = stream.interimBytes = 0;
  stream.backend = stream.server = stream.failed = stream.direct = stream.billed = stream.serverConn = null;
  stream.source = stream.destination = stream.manner = null;
  stream.persistence.reset();
  stream.forcePersist = stream.ignorePersist = false;
  if (stream.stores !== null && stream.stores.count > 0) stream.stores.clear();
  stream.nameSlot = -1;
  stream.inBackend = stream.inServer = false;
  stream.requestDone = stream.spent = stream.sent = stream.prepared = stream.clientKeep = stream.serverKeep = false;
  stream.responded = stream.answered = stream.responseDone = stream.tunnel = stream.probe = stream.logged = false;
  stream.reusedConn = stream.noReuse = stream.deserted = false;
  stream.requestEnd = stream.queueEnd = stream.connectedAt = stream.responseAt = 0;
  stream.status = -1;
  stream.bytesRead = stream.bytesUploaded = stream.retries = stream.srvQueue = stream.backendQueue = stream.srvconn = 0;
  stream.termCause = stream.termState = "-";
  stream.redispatched = stream.logasap = false;
  stream.serverName = NO_SERVER;
  stream.requestCaptures = stream.responseCaptures = null;
  stream.requestCookie = stream.responseCookie = stream.uniqueId = null;
  stream.reason = "";
  stream.line = null;
  stream.heardClient = stream.heardServer = 0;
  stream.deadline = 0;
  stream.byRule = false;
  stream.logLevel = null;
  stream.step = Step.none;
  stream.gathering = stream.once = stream.unframed = stream.reqRechunk = stream.resRechunk = stream.mute = false;
  stream.inContent = stream.inRequestContent = stream.begun = false;
  stream.contentUntil = 0;
  stream.waitUntil = 0;
  stream.ownServerTimeout = stream.ownTunnelTimeout = UNSET;
  stream.tarpitAnswer = null;
  stream.resWaiting = stream.resChunk = null;
  if (stream.resFilter !== null) {
    stream.resFilter.release();
    stream.resFilter = null;
    stream.resFilterChunked = false;
  }
  if (stream.reqFilter !== null) {
    stream.reqFilter.release();
    stream.reqFilter = null;
  }
  stream.coding = stream.compressed = null;
  stream.queueClass = stream.queueOffset = 0;
  if (stream.cache !== null) {
    stream.cache.reset();
    stream.cache = null;
  }
  if (stream.samples !== null) stream.samples.reset();
  if (stream.tracking !== null) endTracking(stream);
}
