// What a browser sends to its driver, before Playwright reads it: JSON messages, each followed by a zero byte.
//
// A page chooses much of what its browser sends, and Playwright keeps some of it, counted in messages and not in bytes. So
// a message that is too large ends the session, the texts of console messages and page errors are cut, and those that come
// faster than the rate are dropped.
'use strict';

const ZERO = 0;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const HEX_DIGITS_OF_AN_ESCAPE = 4;

const HEAD_BYTES = 200;    // enough of a message to recognize it
const SHORT_TEXT = 256;    // never cut: names, types, ids
const BURST_SECONDS = 10;
const BYTES_PER_EVENT = 4096;    // a long text counts as several events
const SHARE_OF_TEXT = 4;    // of a console message's bytes at least a fourth may be text, or the message is dropped

// Of Chromium, Firefox and WebKit.
const consoleEvents = [
  'Runtime.consoleAPICalled', 'Runtime.exceptionThrown', 'Log.entryAdded', 'Runtime.console', 'Page.uncaughtError', 'Console.messageAdded',
].map(name => Buffer.from(`{"method":"${name}"`));
const METHOD = Buffer.from('{"method":"');
const ID = Buffer.from('{"id":');
// WebKit wraps the messages of its pages into others, as a JSON text in a JSON text.
const ANY_CONSOLE_EVENT = /"method\\?":\\?"(?:Runtime\.consoleAPICalled|Runtime\.exceptionThrown|Log\.entryAdded|Runtime\.console|Page\.uncaughtError|Console\.messageAdded)\\?"/;
const WRAPPED = Buffer.from('{"method":"Target.dispatchMessageFromTarget"');

/** Reads the messages of one browser. */
exports.Messages = class Messages {
  /**
   * @param budgets `maxBrowserMessage`: bytes of one message; `maxConsoleText`: bytes of the texts of one console message;
   *     `maxConsoleRate`: console messages per second
   * @param now the time in ms
   */
  constructor(budgets, now = () => performance.now()) {
    this.budgets = budgets;
    this.rate = new Rate(budgets.maxConsoleRate, now);
    this.mark = Buffer.from(`… [cut here by the grid, MAX_CONSOLE_TEXT=${budgets.maxConsoleText}]`);
    this.count = 0;    // messages
    this.dropped = 0;    // console messages
    this.cut = 0;    // likewise
    this.tooLarge = false;    // whether a message was, after which nothing is read any more
    this.head = undefined;    // too few bytes of a message to recognize it
    this.size = 0;    // bytes of the current message so far
    this.kind = undefined;    // of the current message: nothing special, or something that takes its bytes
  }

  /** The bytes for Playwright out of the next ones of the browser, in any number of pieces. */
  read(bytes) {
    const pieces = [];
    const chunk = this.head ? Buffer.concat([this.head, bytes]) : bytes;
    this.head = undefined;
    let passed = 0;    // bytes before it have been handled
    let at = 0;
    while (at < chunk.length && !this.tooLarge) {
      const zero = chunk.indexOf(ZERO, at);
      const end = zero < 0 ? chunk.length : zero;
      if (this.size === 0) {
        if (zero < 0 && end - at < HEAD_BYTES) {
          this.head = chunk.subarray(at);
          break;
        }
        this.kind = this.recognized(chunk, at, end, zero >= 0);
      }
      this.size += end - at;
      this.tooLarge = this.size > this.budgets.maxBrowserMessage;
      if (this.kind) {
        pieces.push(chunk.subarray(passed, at));
        this.kind.write(chunk.subarray(at, end));
        passed = at = zero < 0 ? end : end + 1;
        if (zero >= 0)
          pieces.push(...this.ended(this.kind));
      } else {
        at = zero < 0 ? end : end + 1;
      }
      if (zero >= 0) {
        this.size = 0;
        this.count++;
      }
    }
    if (this.tooLarge)
      return [];
    pieces.push(chunk.subarray(passed, at));
    return pieces.filter(piece => piece.length > 0);
  }

  // What takes the bytes of a message; undefined when they pass as they are.
  recognized(chunk, at, end, whole) {
    if (!isConsoleEvent(chunk, at, end))
      return undefined;
    const counts = whole ? costOf(end - at) : 1;
    if (!this.rate.take(counts)) {
      this.dropped++;
      return DROPPED;
    }
    if (whole && end - at <= this.budgets.maxConsoleText)
      return undefined;
    return startsWith(chunk, at, WRAPPED) ? new WrappedText(this.budgets, this.mark) : new LongText(this.budgets, this.mark);
  }

  ended(kind) {
    if (kind === DROPPED)
      return [];
    const message = kind.end();
    if (!message || !this.rate.take(costOf(message.length) - 1)) {
      this.dropped++;
      return [];
    }
    if (kind.isCut)
      this.cut++;
    return [message, Buffer.of(ZERO)];
  }
};

function isConsoleEvent(chunk, at, end) {
  if (startsWith(chunk, at, ID))
    return false;
  if (startsWith(chunk, at, METHOD) && !startsWith(chunk, at, WRAPPED))
    return consoleEvents.some(event => startsWith(chunk, at, event));
  return ANY_CONSOLE_EVENT.test(chunk.latin1Slice(at, Math.min(end, at + HEAD_BYTES)));
}

function startsWith(chunk, at, prefix) {
  return at + prefix.length <= chunk.length && chunk.compare(prefix, 0, prefix.length, at, at + prefix.length) === 0;
}

function costOf(bytes) {
  return 1 + Math.floor(bytes / BYTES_PER_EVENT);
}

const DROPPED = {write() {}};

// A token bucket.
class Rate {
  constructor(perSecond, now) {
    this.perSecond = perSecond;
    this.now = now;
    this.left = perSecond * BURST_SECONDS;
    this.since = now();
  }

  take(count) {
    const now = this.now();
    this.left = Math.min(this.perSecond * BURST_SECONDS, this.left + (now - this.since) * this.perSecond / 1000);
    this.since = now;
    if (this.left < count)
      return false;
    this.left -= count;
    return true;
  }
}

// A message whose texts are cut while it comes, so that it is never held whole.
class LongText {
  constructor({maxConsoleText}, mark) {
    this.mark = mark;
    this.left = maxConsoleText;    // bytes of long texts
    this.most = SHARE_OF_TEXT * maxConsoleText + SHORT_TEXT;
    this.out = Buffer.allocUnsafe(Math.min(this.most, 1 << 16));
    this.length = 0;
    this.isCut = false;
    this.isInText = false;
    this.textLength = 0;
    this.isCutting = false;    // the rest of this text
    this.isEscape = false;    // after a backslash
    this.hexDigits = 0;    // still to come of \uXXXX
  }

  write(bytes) {
    let quote = -1;    // where the next one is
    let backslash = -1;
    for (let at = 0; at < bytes.length; at++) {
      if (this.isCutting && !this.isEscape && this.hexDigits === 0) {    // nothing but these two matters
        quote = quote < at ? next(bytes, QUOTE, at) : quote;
        backslash = backslash < at ? next(bytes, BACKSLASH, at) : backslash;
        at = Math.min(quote, backslash);
        if (at === bytes.length)
          return;
      }
      const byte = bytes[at];
      if (!this.isInText) {
        this.put(byte);
        if (byte === QUOTE) {
          this.isInText = true;
          this.textLength = 0;
        }
        continue;
      }
      let mayCut = false;    // not within a character
      if (this.isEscape) {
        this.isEscape = false;
        this.hexDigits = byte === 0x75 ? HEX_DIGITS_OF_AN_ESCAPE : 0;
      } else if (this.hexDigits > 0) {
        this.hexDigits--;
      } else if (byte === QUOTE) {
        if (this.isCutting)
          this.mark.forEach(it => this.put(it));
        this.put(byte);
        this.isInText = this.isCutting = false;
        continue;
      } else {
        this.isEscape = byte === BACKSLASH;
        mayCut = (byte & 0xc0) !== 0x80;
      }
      if (mayCut && this.left <= 0 && this.textLength >= SHORT_TEXT)
        this.isCutting = this.isCut = true;
      if (this.isCutting)
        continue;
      this.put(byte);
      if (++this.textLength > SHORT_TEXT)
        this.left--;
    }
  }

  put(byte) {
    if (this.length === this.out.length && this.length < this.most) {
      const larger = Buffer.allocUnsafe(Math.min(this.most, 2 * this.length));
      this.out.copy(larger);
      this.out = larger;
    }
    if (this.length < this.out.length)
      this.out[this.length] = byte;
    this.length++;
  }

  /** The message; undefined when it is too large even with its texts cut. */
  end() {
    return this.length > this.most ? undefined : this.out.subarray(0, this.length);
  }
}

function next(bytes, byte, from) {
  const at = bytes.indexOf(byte, from);
  return at < 0 ? bytes.length : at;
}

// A message within a message can only be cut once both are whole.
class WrappedText {
  constructor({maxConsoleText}, mark) {
    this.maxConsoleText = maxConsoleText;
    this.mark = mark.toString();
    this.pieces = [];
    this.isCut = false;
  }

  write(bytes) {
    this.pieces.push(bytes);
  }

  end() {
    let left = this.maxConsoleText;
    const cut = (_, value) => {
      if (typeof value !== 'string' || value.length <= SHORT_TEXT)
        return value;
      const kept = Math.max(SHORT_TEXT, Math.min(left, value.length));
      left -= kept;
      this.isCut ||= kept < value.length;
      return kept < value.length ? value.slice(0, kept) + this.mark : value;
    };
    const outer = JSON.parse(Buffer.concat(this.pieces));
    outer.params.message = JSON.stringify(JSON.parse(outer.params.message, cut));
    const message = Buffer.from(JSON.stringify(outer));
    return message.length > 2 * SHARE_OF_TEXT * this.maxConsoleText ? undefined : message;
  }
}
