// What a session has called: the newest calls of its protocol, with their times. Never what a call is about: no parameters
// and no texts of errors, unless the operator wants addresses and texts (TIMELINE_DETAILS).
'use strict';

const MAX_RUNNING = 1000;
const MAX_DETAIL_CHARS = 500;
const WORD = /^[A-Za-z_]{1,60}$/;
const METHOD = /^[A-Za-z]{1,40}\.[A-Za-z]{1,80}$/;
const ID = /^[\w@:.-]{1,64}$/;
const NAMES = new Set(['TimeoutError', 'TargetClosedError', 'AbortError']);    // others may come from a page

/** The calls of one session. */
exports.Timeline = class {
  #most;
  #details;
  #running = new Map();    // key -> call, oldest first
  #ended = [];    // oldest first
  #forgotten = 0;

  /** @param limits `{timelineCalls, timelineDetails}`: how many calls are kept; whether addresses and texts are */
  constructor({timelineCalls = 0, timelineDetails = false}) {
    this.#most = timelineCalls;
    this.#details = timelineDetails;
  }

  /**
   * A call has come.
   *
   * @param key by which `end` knows it, unique among those that run
   * @param id that the client gave it
   * @param page id of the page that it is about, if there is one
   * @param address where it navigates to, if it does
   */
  begin(key, id, method, page, address) {
    if (this.#most === 0)
      return;
    if (this.#running.size >= MAX_RUNNING) {
      this.#forgotten++;
      return;
    }
    const call = {id, method, page, startedAt: Date.now(), began: performance.now()};
    if (this.#details && typeof address === 'string')
      call.address = address.slice(0, MAX_DETAIL_CHARS);
    this.#running.set(key, call);
  }

  /** It was answered. `error` is its kind; undefined when it succeeded. */
  end(key, error, text) {
    const call = this.#running.get(key);
    if (!call)
      return;
    this.#running.delete(key);
    call.ms = performance.now() - call.began;
    if (error)
      call.error = error;
    if (error && this.#details && typeof text === 'string')
      call.text = text.slice(0, MAX_DETAIL_CHARS);
    this.#ended.push(call);
    if (this.#ended.length > this.#most) {
      this.#ended.shift();
      this.#forgotten++;
    }
  }

  /** `{running, ended, forgotten}`: the calls that run, the longest first; those that have ended, the newest first. */
  read() {
    const now = performance.now();
    const shown = ({id, began, ms = now - began, ...call}) =>
        ({...call, id: ID.test(id) ? String(id) : '', ms: Math.round(ms)});
    return {running: [...this.#running.values()].map(shown), ended: this.#ended.toReversed().map(shown), forgotten: this.#forgotten};
  }
};

/** The begin or end of a call of Playwright's protocol, and of a wait, which its client does itself. */
exports.beginPlaywright = (timeline, message, dispatcher) => {
  const {id, method, params} = message;
  const info = method === '__waitInfo__' ? params : params?.info;
  const type = dispatcher?._type ?? '';
  if (typeof info?.waitId === 'string' && typeof info.phase === 'string') {
    const key = 'wait ' + info.waitId;
    if (info.phase === 'before')
      timeline.begin(key, '', named(type, 'waitForEvent'), pageOf(dispatcher));
    else if (info.phase === 'after')
      timeline.end(key, info.error ? String(info.error).startsWith('Timeout') ? 'TimeoutError' : 'Error' : undefined, info.error);
  } else if (!method.startsWith('__')) {
    const isKnown = dispatcher && WORD.test(method) && typeof dispatcher[method] === 'function';
    timeline.begin(id, id, named(type, isKnown ? method : 'unknown'), pageOf(dispatcher), method === 'goto' ? params?.url : undefined);
  }
};

/** A message to a client of Playwright, which may be the answer to a call. */
exports.endPlaywright = (timeline, {id, error}) => {
  if (id !== undefined)
    timeline.end(id, error && (NAMES.has(error.error?.name) ? error.error.name : 'Error'), error?.error?.message);
};

function named(type, method) {
  return type ? type + '.' + method : method;
}

// As `/pages` calls it, where the browser is a Chromium.
function pageOf(dispatcher) {
  const page = dispatcher?._object?.attribution?.page;
  return (page?.delegate ?? page?._delegate)?._targetId ?? page?.guid;
}

/** The name of a method of the Chrome DevTools Protocol, which may be any text. */
exports.cdpMethod = method => METHOD.test(method) ? method : 'unknown';
