// The bodies of responses to requests that the driver itself makes for a session (`context.request`, `route.fetch`). They
// are held whole: while they come, and afterwards until the client or its context lets go of them.
'use strict';
const http = require('node:http');
const zlib = require('node:zlib');

const decompressors = ['createGunzip', 'createInflate', 'createBrotliDecompress', 'createZstdDecompress'];

/**
 * Bounds the bodies of all sessions from now on.
 *
 * @param budgets `maxFetchBody`: bytes of one body, decompressed; `maxFetchBodies`: of all bodies of a session
 * @param currentSession the session in whose scope this runs, or undefined
 */
exports.bound = (budgets, currentSession) => {
  const push = http.IncomingMessage.prototype.push;
  http.IncomingMessage.prototype.push = function(chunk, ...rest) {
    const why = chunk && this.req && counted(this, chunk.length);
    if (why) {
      if (this.listenerCount('error') > 0)
        this.emit('error', new Error(why));    // before it is `aborted`, which has no text
      this.destroy();
      return false;
    }
    return push.call(this, chunk, ...rest);
  };
  for (const name of decompressors.filter(name => zlib[name])) {
    const create = zlib[name];
    Object.defineProperty(zlib, name, {configurable: true, enumerable: true, writable: true, value: (...args) => {
      const stream = create(...args);
      if (!currentSession())
        return stream;
      const pushOut = stream.push;
      stream.push = function(chunk, ...rest) {
        const why = chunk && counted(stream, chunk.length);
        if (!why)
          return pushOut.call(this, chunk, ...rest);
        stream.destroy(new Error(why));
        return false;
      };
      return stream;
    }});
  }

  // Why a stream may not bring these bytes.
  function counted(stream, bytes) {
    const session = stream[COUNT] ? stream[COUNT].session : currentSession();
    if (!session)
      return undefined;
    if (!stream[COUNT]) {
      stream[COUNT] = {session, bytes: 0};
      const over = () => {
        session.bodies -= stream[COUNT].bytes;
        stream[COUNT].bytes = 0;
      };
      stream.once('end', over).once('close', over);
    }
    stream[COUNT].bytes += bytes;
    session.bodies += bytes;
    if (stream[COUNT].bytes > budgets.maxFetchBody)
      return `the body of this response is larger than this grid allows (MAX_FETCH_BODY=${budgets.maxFetchBody} bytes)`;
    return session.bodies > budgets.maxFetchBodies ? tooMany(budgets) : undefined;
  }
};

const COUNT = Symbol('count');

function tooMany({maxFetchBodies}) {
  return `the bodies of the responses of this session are larger together than this grid allows (MAX_FETCH_BODIES=${maxFetchBodies} bytes);`
      + ' dispose() of responses, or close their context';
}

/** The bodies that a context keeps, in place of a Map. */
exports.Kept = class Kept extends Map {
  constructor(budgets, session) {
    super();
    this.budgets = budgets;
    this.session = session;
  }

  set(id, body) {
    this.delete(id);
    const bytes = body?.length ?? 0;
    if (this.session.bodies + bytes > this.budgets.maxFetchBodies)
      throw new Error(tooMany(this.budgets));
    this.session.bodies += bytes;
    return super.set(id, body);
  }

  delete(id) {
    this.session.bodies -= this.get(id)?.length ?? 0;
    return super.delete(id);
  }

  clear() {
    for (const id of [...this.keys()])
      this.delete(id);
  }
};
