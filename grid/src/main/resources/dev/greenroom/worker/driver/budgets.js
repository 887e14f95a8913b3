// What sessions may use of the memory of their driver and of the disk of the worker. A session that exceeds a budget is
// ended with the name of the setting; where less is enough, a text is cut, or a request fails.
'use strict';
const os = require('node:os');
const path = require('node:path');
const {constants, PerformanceObserver} = require('node:perf_hooks');
const v8 = require('node:v8');
const bodies = require('./bodies.js');
const folders = require('./folders.js');
const {Messages} = require('./pipe.js');

const CAUSE = 'budget exceeded';
const PIPE_OF_BROWSER = 4;
const DOWNLOADS = 'downloads';
const CLEANUP_MILLIS = 2000;
const REPORT_MILLIS = 10_000;
const MEMORY_MILLIS = 5_000;    // between two sessions that are ended for the driver's memory
const MEGABYTE = 1 << 20;

// A message is held several times while it is read, answered and passed on.
const SHARE_OF_HEAP = 6;

// Results that a client has asked for may wait beyond its backlog, up to so many times as much.
const MOST_BACKLOGS = 8;

// Playwright handles all messages of a chunk before it looks at any other browser. After so many, others come first.
const MANY_MESSAGES = 64;

const root = os.tmpdir();

/**
 * The budgets of the sessions of this process.
 *
 * A launch has `sessions`, a set; a session has `launch`, `connection`, `ended`.
 */
exports.Budgets = class Budgets {
  #limits;
  #scope;
  #endSession;
  #sessions = new Set();
  #endedForMemory = -Infinity;

  /**
   * @param limits the settings
   * @param scope the `{launch, session}` in whose scope this runs, both optional
   * @param endSession called with a session, a cause and a detail
   */
  constructor(limits, scope, endSession) {
    this.#limits = {
      ...limits, maxBrowserMessage: Math.min(limits.maxBrowserMessage, v8.getHeapStatistics().heap_size_limit / SHARE_OF_HEAP),
    };
    this.#scope = scope;
    this.#endSession = endSession;
    bodies.bound(limits, () => scope().session);
    os.tmpdir = () => this.folder();
    new PerformanceObserver(list => {
      if (list.getEntries().some(entry => entry.detail.kind === constants.NODE_PERFORMANCE_GC_MAJOR)) {
        this.#checkMemory();
        this.#sessions.forEach(it => { it.bytes /= 2; });
      }
    }).observe({entryTypes: ['gc']});
  }

  /** The folder for temporary files of the current session; before there is one, of its launch. */
  folder() {
    const {launch, session = onlySession(launch)} = this.#scope();
    return session ? folderOf(session) : launch ? launch.folder : root;
  }

  /** The folder for downloads of the current session. */
  downloads() {
    return folders.within(this.folder(), DOWNLOADS);
  }

  /** Whether the current session or its launch may write a file there. */
  owns(file) {
    const {launch} = this.#scope();
    return Boolean(launch) && [launch.folder, ...[...launch.sessions].map(it => it.folder)].some(it => it && folders.contains(it, file));
  }

  /** What a context keeps of the bodies of responses, for the current session. */
  keptBodies() {
    const {session} = this.#scope();
    return session && new bodies.Kept(this.#limits, session);
  }

  beginLaunch(launch) {
    launch.folder = folders.create('l');
    // What a browser's only session takes is counted with its other files, in `begin`.
    launch.unwatch = folders.watch([
      {folders: () => [launch.sessions.size !== 1 && launch.folder], bytes: this.#limits.maxSessionDisk, setting: 'MAX_SESSION_DISK'},
    ], (setting, text) => {
      launch.sessions.forEach(it => this.#endSession(it, CAUSE, `the files of its browser take ${text} (${setting})`));
      launch.kill?.();
    });
  }

  /** Removes the files of a launch and of its sessions. */
  endLaunch(launch) {
    launch.unwatch();
    launch.sessions.forEach(session => this.#left(session));
    folders.remove(launch.folder);
  }

  /** A client has connected. */
  begin(session) {
    const {launch, connection} = session;
    Object.assign(session, {bytes: 0, bodies: 0, dropped: 0, cut: 0});
    this.#sessions.add(session);
    const {maxSessionDisk, maxSessionDownloads} = this.#limits;
    const unwatch = folders.watch([
      {folders: () => [session.folder, launch.sessions.size === 1 && launch.folder], bytes: maxSessionDisk, setting: 'MAX_SESSION_DISK'},
      {folders: () => [session.folder && path.join(session.folder, DOWNLOADS)], bytes: maxSessionDownloads, setting: 'MAX_SESSION_DOWNLOADS'},
    ], (setting, text) => this.#endSession(session, CAUSE, `its files take ${text} (${setting})`));
    const reports = setInterval(() => report(session), REPORT_MILLIS).unref();
    this.#watchClient(session);
    connection.once('close', () => {
      unwatch();
      clearInterval(reports);
      report(session);
      this.#sessions.delete(session);
      setTimeout(() => this.#left(session), CLEANUP_MILLIS).unref();    // Playwright closes and deletes its own files first
    });
  }

  // A client that asks faster than it reads has to wait. What it has asked for already may be large.
  #watchClient(session) {
    const {connection} = session;
    const {maxClientBacklog} = this.#limits;
    const {emit, write} = connection;
    connection.emit = (event, ...args) => {
      const result = emit.call(connection, event, ...args);
      if (event === 'data') {
        session.bytes += args[0].length;
        if (connection.writableLength > maxClientBacklog && !session.ended) {
          connection.pause();
          connection.once('drain', () => session.ended || connection.resume());
        }
      }
      return result;
    };
    connection.write = (...args) => {
      if (connection.writableLength > MOST_BACKLOGS * maxClientBacklog)
        this.#endForBacklog(session);
      return session.ended ? false : write.apply(connection, args);
    };
  }

  #endForBacklog(session) {
    this.#endSession(session, CAUSE, `its client has not read ${inMegabytes(session.connection.writableLength)} (MAX_CLIENT_BACKLOG)`);
  }

  #left(session) {
    if (session.folder)
      folders.remove(session.folder);
  }

  /** The program of a launch is about to start; returns the environment for it. */
  environment(launch, pairs) {
    return [...pairs.filter(pair => !pair.startsWith('TMPDIR=')), 'TMPDIR=' + launch.folder];
  }

  /** The browser of a launch has started. What it sends is read here first. */
  readBrowser(launch, child) {
    const stream = child.stdio[PIPE_OF_BROWSER];
    if (!stream)
      return;
    const messages = new Messages(this.#limits);
    const emit = stream.emit;
    let isOver = false;
    stream.emit = (event, chunk, ...rest) => {
      if (event !== 'data')
        return emit.call(stream, event, chunk, ...rest);
      const sessions = [...launch.sessions];
      isOver ||= sessions.length > 0 && sessions.every(session => session.ended);
      if (isOver)    // for good: the next bytes may be the rest of a message
        return true;
      messages.count = 0;
      for (const piece of messages.read(chunk))
        emit.call(stream, 'data', piece);
      this.#account(launch, messages, chunk.length);
      if (messages.count >= MANY_MESSAGES)
        letOthersRead(stream);
      if (messages.tooLarge)
        sessions.forEach(it => this.#endSession(it, CAUSE, 'its browser sent a message of over '
            + inMegabytes(this.#limits.maxBrowserMessage) + ' (MAX_BROWSER_MESSAGE)'));
      else
        sessions.forEach(it => this.#waitFor(it, stream));
      return true;
    };
  }

  #account(launch, messages, bytes) {
    for (const session of launch.sessions) {
      session.bytes += bytes;
      session.dropped += messages.dropped;
      session.cut += messages.cut;
    }
    messages.dropped = messages.cut = 0;
  }

  // A browser that sends faster than its client reads has to wait. One that others use does not wait for one of them.
  #waitFor(session, stream) {
    const {connection, launch} = session;
    if (session.ended || session.isAwaited || connection.writableLength <= this.#limits.maxClientBacklog)
      return;
    if (launch.sessions.size > 1) {
      this.#endForBacklog(session);
      return;
    }
    const goOn = () => {
      connection.off('drain', goOn).off('close', goOn);
      session.isAwaited = false;
      resume(stream);
    };
    session.isAwaited = true;
    pause(stream);
    connection.on('drain', goOn).on('close', goOn);
  }

  // Just after a garbage collection, all that is in use is what somebody keeps. Most likely it is kept for the session
  // that has moved most bytes lately: what was moved counts half as much after each collection.
  #checkMemory() {
    const {used_heap_size: used, heap_size_limit: most} = v8.getHeapStatistics();
    const percent = 100 * used / most;
    if (percent < this.#limits.maxDriverHeapPercent || performance.now() - this.#endedForMemory < MEMORY_MILLIS)
      return;
    const [largest] = [...this.#sessions].filter(it => !it.ended).sort((one, other) => other.bytes - one.bytes);
    if (!largest)
      return;
    this.#endedForMemory = performance.now();
    this.#endSession(largest, CAUSE, `${percent.toFixed()} % of the driver's memory is in use (MAX_DRIVER_HEAP_PERCENT),`
        + ` and this session moved most bytes lately`);
  }
};

function letOthersRead(stream) {
  pause(stream);
  setImmediate(() => resume(stream));
}

// A stream may be paused for several reasons at once.
function pause(stream) {
  stream.pauses = (stream.pauses ?? 0) + 1;
  stream.pause();
}

function resume(stream) {
  if (--stream.pauses === 0)
    stream.resume();
}

function onlySession(launch) {
  return launch?.sessions.size === 1 ? [...launch.sessions][0] : undefined;
}

function folderOf(session) {
  return session.folder ??= folders.create('s');
}

function report(session) {
  const {launch, number, dropped, cut} = session;
  if (dropped + cut > 0)
    launch.consoleBounded?.(number, dropped, cut);
  session.dropped = session.cut = 0;
}

function inMegabytes(bytes) {
  return Math.round(bytes / MEGABYTE) + ' MB';
}
