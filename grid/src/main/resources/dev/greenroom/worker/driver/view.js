// Pictures of a session's pages, for people who watch it: a screencast of Chromium, with sessions of its own beside those of
// the client, on the same pipe. What the client emulates, records and attaches to is untouched. Nothing here runs while
// nobody watches.
'use strict';

const FIRST_ID = 2 ** 30;    // of commands; those of Playwright count from 1
const MAX_ID = 2 ** 31 - 1;    // what Chromium takes
const QUIET_MILLIS = 300;
const MAX_PICTURE = 3 << 20;    // in base64: what the worker takes in one line

/**
 * The commands and events of our own on the connection that Playwright has with its browser, which looks at messages from
 * then on.
 */
exports.BesidePlaywright = class {
  #browser;
  #transport;
  #theirs;    // Playwright's reader of messages
  #lastId = FIRST_ID;
  #calls = new Map();    // id -> {answered, failed, sessionId}
  #listeners = new Map();    // id of a CDP session -> function
  #attaching;    // id of the call that opens a session with the browser
  #held;    // an event that may be about that session

  constructor(browser) {
    this.#browser = browser;
    this.#transport = browser._connection?._transport;
    this.#theirs = this.#transport?.onmessage;
    if (!this.#theirs || !browser._session)
      throw new Error('this version of Playwright does not show its connection to the browser');
    this.#transport.onmessage = message => this.#read(message);
  }

  async attachToBrowser() {
    const {sessionId} = await this.call('Target.attachToBrowserTarget', {}, undefined, id => { this.#attaching = id; });
    return sessionId;
  }

  call(method, params, sessionId, numbered = () => {}) {
    return new Promise((answered, failed) => {
      const id = this.#lastId = this.#lastId === MAX_ID ? FIRST_ID : this.#lastId + 1;
      this.#calls.set(id, {answered, failed, sessionId});
      numbered(id);
      this.#transport.send(sessionId ? {id, method, params, sessionId} : {id, method, params});
    });
  }

  listen(sessionId, listener) {
    this.#listeners.set(sessionId, listener);
  }

  /** The ids of the targets that pages are, oldest first. */
  order() {
    return [...this.#browser._crPages?.keys() ?? []];
  }

  /** The browser may answer nothing for a session that it has ended. */
  forget(sessionId) {
    this.#listeners.delete(sessionId);
    for (const [id, call] of this.#calls) {
      if (call.sessionId === sessionId)
        this.#answered({id, error: {message: 'the session has ended'}});
    }
  }

  // An event about a session that was opened comes directly before the answer to the call that opened it.
  #read(message) {
    const held = this.#held;
    this.#held = undefined;
    if (held && message.id !== this.#attaching)
      this.#theirs.call(null, held);
    if (message.id >= FIRST_ID)
      this.#answered(message);
    else if (message.sessionId && this.#listeners.has(message.sessionId))
      this.#listeners.get(message.sessionId)(message);
    else if (this.#attaching && !message.sessionId && message.method === 'Target.attachedToTarget' && message.params.targetInfo.type === 'browser')
      this.#held = message;
    else
      this.#theirs.call(null, message);
  }

  #answered({id, result, error}) {
    const call = this.#calls.get(id);
    this.#calls.delete(id);
    if (id === this.#attaching)
      this.#attaching = undefined;
    if (error)
      call?.failed(new Error(error.message));
    else
      call?.answered(result);
  }
};

/** What is watched of one browser. */
exports.Views = class {
  #open;
  #beside;    // the commands of our own, since somebody watched for the first time
  #ready;    // while somebody watches
  #root;    // our session with the browser, likewise
  #targets = new Map();    // id -> info, of pages, oldest first
  #isKnown = false;    // whether these are all
  #casts = new Map();    // id -> Cast

  /** @param open returns a promise of an object as `BesidePlaywright`, or throws */
  constructor(open) {
    this.#open = open;
  }

  /**
   * Sends pictures of a page until `stop(id)`.
   *
   * @param options `{page, width, height, quality, pause}`: the id of the page, empty for the one that was opened last, or
   *     'first' for the one that was opened first; and milliseconds between two pictures
   * @param belongs whether a target is the session's
   * @param show called with a picture in base64 and the id of its page; with empty texts when there is no page
   */
  async start(id, options, belongs, show) {
    const cast = new Cast(options, belongs, show);
    this.#casts.set(id, cast);
    try {
      await this.#opened();
      cast.choose(this.#beside, this.#root, [...this.#targets.values()]);
    } catch (error) {
      this.stop(id);
      throw error;
    }
  }

  stop(id) {
    this.#casts.get(id)?.end();
    this.#casts.delete(id);
    const ready = this.#ready;
    ready?.then(() => this.#casts.size === 0 && this.#ready === ready && this.#close(), () => {});
  }

  /** The pages of a session, oldest first: `[{id, title}]`. */
  async pages(belongs) {
    const id = Symbol('pages');
    this.#casts.set(id, {end() {}, choose() {}});
    try {
      await this.#opened();
      return [...this.#targets.values()].filter(belongs).map(({targetId, title}) => ({id: targetId, title}));
    } finally {
      this.stop(id);
    }
  }

  #opened() {
    this.#ready ??= this.#discover().catch(error => {
      this.#ready = undefined;
      throw error;
    });
    return this.#ready;
  }

  async #discover() {
    this.#beside ??= await this.#open();
    this.#root = await this.#beside.attachToBrowser();
    this.#beside.listen(this.#root, ({method, params}) => this.#happened(method, params));
    await this.#beside.call('Target.setDiscoverTargets', {discover: true}, this.#root);
    const order = this.#beside.order();    // the browser lists them in any order
    const known = [...this.#targets].sort(([one], [other]) => order.indexOf(one) - order.indexOf(other));
    this.#targets.clear();
    known.forEach(([id, info]) => this.#targets.set(id, info));
    this.#isKnown = true;
  }

  #happened(method, {targetInfo, targetId}) {
    if (targetInfo?.type === 'page')
      this.#targets.set(targetInfo.targetId, targetInfo);
    else if (method === 'Target.targetDestroyed')
      this.#targets.delete(targetId);
    if (this.#isKnown && (method === 'Target.targetCreated' || method === 'Target.targetDestroyed'))
      this.#casts.forEach(cast => cast.choose(this.#beside, this.#root, [...this.#targets.values()]));
  }

  #close() {
    const root = this.#root;
    this.#ready = this.#root = undefined;
    this.#isKnown = false;
    this.#targets.clear();
    this.#beside.forget(root);
    this.#beside.call('Target.detachFromTarget', {sessionId: root}).catch(() => {});
  }
};

// The pictures of one page at a time.
class Cast {
  #options;
  #belongs;
  #show;
  #beside;
  #page = null;    // id of the target; undefined while there is none
  #root;    // session with the browser, from which the page's was opened
  #session;    // of the page
  #last;    // picture
  #nextAt = 0;    // when the browser may send more
  #quiet;    // timer
  #isOver = false;

  constructor(options, belongs, show) {
    this.#options = options;
    this.#belongs = belongs;
    this.#show = show;
  }

  choose(beside, root, targets) {
    if (this.#isOver)
      return;
    this.#beside = beside;
    const own = targets.filter(this.#belongs);
    const {page} = this.#options;
    const wanted = page === 'first' ? own.find(it => it.targetId === this.#page) ?? own[0]
        : page ? own.find(it => it.targetId === page) : own.at(-1);
    if (wanted?.targetId === this.#page)
      return;
    this.#leave();
    this.#page = wanted?.targetId;
    if (wanted)
      this.#attach(root, wanted.targetId).catch(() => {});    // it has gone
    else
      this.#show('', '');
  }

  async #attach(root, targetId) {
    const beside = this.#beside;
    const {sessionId} = await beside.call('Target.attachToTarget', {targetId, flatten: true}, root);
    if (this.#page !== targetId || this.#isOver) {
      beside.call('Target.detachFromTarget', {sessionId}, root).catch(() => {});
      return;
    }
    this.#session = sessionId;
    this.#root = root;
    beside.listen(sessionId, ({method, params}) => {
      if (method === 'Page.screencastFrame')
        this.#frame(sessionId, params);
    });
    await this.#begin(sessionId);
  }

  #begin(sessionId) {
    const {width, height, quality} = this.#options;
    return this.#beside.call('Page.startScreencast', {format: 'jpeg', quality, maxWidth: width, maxHeight: height}, sessionId);
  }

  // The browser has few pictures on their way, and drops those that come before it hears of the last ones: so hearing later
  // makes it send fewer. It does not say that it has dropped the last one, so once it is quiet, that is asked for again.
  #frame(sessionId, {data, sessionId: number}) {
    const now = performance.now();
    this.#nextAt = Math.max(now, this.#nextAt) + this.#options.pause;
    const acknowledge = () => this.#session === sessionId && this.#beside.call('Page.screencastFrameAck', {sessionId: number}, sessionId).catch(() => {});
    setTimeout(acknowledge, this.#nextAt - now).unref();
    if (data === this.#last)
      return;
    this.#last = data;
    if (data.length <= MAX_PICTURE)
      this.#show(data, this.#page);
    clearTimeout(this.#quiet);
    this.#quiet = setTimeout(() => this.#again(sessionId), this.#nextAt - now + QUIET_MILLIS).unref();
  }

  #again(sessionId) {
    if (this.#session !== sessionId)
      return;
    this.#beside.call('Page.stopScreencast', {}, sessionId).then(() => this.#session === sessionId && this.#begin(sessionId)).catch(() => {});
  }

  #leave() {
    clearTimeout(this.#quiet);
    const sessionId = this.#session;
    this.#session = this.#page = this.#last = undefined;
    if (!sessionId)
      return;
    this.#beside.forget(sessionId);
    this.#beside.call('Target.detachFromTarget', {sessionId}, this.#root).catch(() => {});
  }

  end() {
    this.#isOver = true;
    this.#leave();
  }
}
