// What every message of a client has to be before anything else reads it, whatever its protocol: not too large, too deep
// or too many, and of the shape that the protocol has. What is wrong here ends the connection; `refusals.js` then decides
// about well-formed messages by their names.
'use strict';

// Far beyond what arguments of evaluate() reach, and what Playwright's own checks survive without a stack overflow.
const MAX_DEPTH = 1000;
// Objects, arrays and what is between commas: five bytes of JSON become up to a hundred bytes of memory.
const MAX_VALUES = 4_000_000;
const RATE_SECONDS = 10;    // rates are averages, so that bursts pass

const [QUOTE, BACKSLASH, COLON, COMMA, SPACE] = Buffer.from('"\\:, ');
const [OPEN_OBJECT, CLOSE_OBJECT, OPEN_ARRAY, CLOSE_ARRAY] = Buffer.from('{}[]');

/** Why a WebSocket, or the parser of its messages, ends a connection, by the code with which it does. */
exports.reasons = limits => ({
  1007: 'not valid JSON in UTF-8',
  1009: 'over MAX_CLIENT_MESSAGE (' + limits.maxClientMessage + ' bytes)',
});

/** Looks at the messages of one connection. `now` is a clock in milliseconds. */
exports.Gate = class {
  constructor(limits, now = () => performance.now()) {
    this._now = now;
    this._last = now();
    this._rates = [
      new Rate('MAX_CLIENT_MESSAGE_RATE', limits.maxClientMessageRate),
      new Rate('MAX_CLIENT_DATA_RATE', limits.maxClientDataRate),
    ];
  }

  /** Why the connection has to end with this message, a text or its bytes; undefined when it may be read. */
  refusal(message) {
    const bytes = typeof message === 'string' ? Buffer.from(message) : message;
    const now = this._now();
    const seconds = (now - this._last) / 1000;
    this._last = now;
    const [messages, volume] = this._rates;
    return messages.take(1, seconds) ?? volume.take(bytes.length, seconds) ?? structure(bytes);
  }
};

class Rate {
  constructor(setting, perSecond) {
    this.setting = setting;
    this.perSecond = perSecond;
    this.left = perSecond * RATE_SECONDS;
  }

  take(amount, seconds) {
    this.left = Math.min(this.perSecond * RATE_SECONDS, this.left + seconds * this.perSecond) - amount;
    return this.left < 0 ? 'over ' + this.setting + ' (' + this.perSecond + ') for ' + RATE_SECONDS + ' s' : undefined;
  }
}

// One pass over the text, before it is parsed: parsing is what some of it must not reach. Text that is no JSON may pass;
// the parser reports it.
function structure(bytes) {
  const {length} = bytes;
  let depth = 0;
  let values = 0;
  for (let at = 0; at < length; at++) {
    switch (bytes[at]) {
      case QUOTE: {
        const start = at;
        let escaped = false;
        for (at++; at < length && bytes[at] !== QUOTE; at++) {
          if (bytes[at] === BACKSLASH) {
            escaped = true;
            at++;
          }
        }
        if (isKey(bytes, at + 1) && isPrototype(bytes, start, at + 1, escaped))
          return 'a field "__proto__"';
        break;
      }
      case OPEN_OBJECT:
      case OPEN_ARRAY:
        values++;
        if (++depth > MAX_DEPTH)
          return 'deeper than ' + MAX_DEPTH + ' levels';
        break;
      case CLOSE_OBJECT:
      case CLOSE_ARRAY:
        depth--;
        break;
      case COMMA:
        values++;
    }
  }
  return values > MAX_VALUES ? 'more than ' + MAX_VALUES + ' values' : undefined;
}

function isKey(bytes, at) {
  while (bytes[at] <= SPACE)
    at++;
  return bytes[at] === COLON;
}

function isPrototype(bytes, start, end, escaped) {
  if (!escaped)
    return end - start === 11 && bytes.toString('latin1', start, end) === '"__proto__"';
  try {
    return JSON.parse(bytes.toString('utf8', start, end)) === '__proto__';
  } catch {
    return false;    // the parser reports it
  }
}

/**
 * Why a parsed message has not the shape of its protocol; undefined when it has. `fields` has the kinds of value that
 * each field may have, where null counts as missing.
 */
exports.malformed = (message, fields) => {
  if (kindOf(message) !== 'object')
    return 'not a JSON object';
  for (const [field, kinds] of Object.entries(fields)) {
    if (!kinds.includes(kindOf(message[field])))
      return 'its "' + field + '" is not ' + kinds.join(' or ');
  }
  return undefined;
};

function kindOf(value) {
  return value === null || value === undefined ? 'missing' : Array.isArray(value) ? 'array' : typeof value;
}
