// Serves clients of the Chrome DevTools Protocol (CDP): starts a browser as Playwright would, and joins the connections of
// its clients to the pipe on which the browser speaks the protocol. No port is opened.
//
// Each client has a session of its own with the browser (`Target.attachToBrowserTarget`), as it would on a port: its
// commands get numbers that are unique on the pipe, events go to the client whose session they belong to, and what it
// attached to or created ends with its connection. `commands.js` decides about its commands.
'use strict';
const {AsyncLocalStorage} = require('node:async_hooks');
const childProcess = require('node:child_process');
const fs = require('node:fs');
const http = require('node:http');
const os = require('node:os');
const path = require('node:path');
const commands = require('./commands.js');
const messages = require('./messages.js');
const {Timeline, cdpMethod} = require('./timeline.js');

const MAX_ID = 2 ** 31 - 1;    // what Chromium takes
const MAX_UNANSWERED = 10_000;    // commands of one client
const MAX_ERROR_CHARS = 2000;
const PAGE = '/page/';
const ZERO = 0;
const COMMA = 0x2c;

const ID = Buffer.from('{"id":');
const ERROR = Buffer.from('"error"');
const ATTACHED = Buffer.from('{"method":"Target.attachedToTarget"');
const DETACHED = Buffer.from('{"method":"Target.detachedFromTarget"');
const END = Buffer.from('}');
const SESSION_FIELD = ',"sessionId":"';
const SESSION_CHARS = 32;
const SESSION_BYTES = SESSION_FIELD.length + SESSION_CHARS + 2;    // at the end of a message, with '"}'

const CLOSED_BY_CLIENT = 'closed with Browser.close';    // SessionEnding knows it

// What `launch` would start is looked at and not started.
const looking = new AsyncLocalStorage();
const start = childProcess.ChildProcess.prototype.spawn;
childProcess.ChildProcess.prototype.spawn = function(options) {
  const look = looking.getStore();
  if (!look)
    return start.call(this, options);
  look.program = options;
  process.nextTick(() => this.emit('error', new Error('it was only looked at')));
  return undefined;
};

/** The program, arguments and environment with which Playwright starts a browser. */
exports.commandLine = async launch => {
  const look = {};
  const failure = await looking.run(look, () => launch().then(() => undefined, error => error));
  if (!look.program)
    throw failure ?? new Error('Playwright started no browser');
  const {file, args, envPairs} = look.program;
  return {file, args: args.slice(1), env: Object.fromEntries(envPairs.map(it => [it.slice(0, it.indexOf('=')), it.slice(it.indexOf('=') + 1)]))};
};

const running = new Set();
process.on('exit', () => running.forEach(browser => browser.kill()));

/** A browser process and the bridge to its pipe. */
exports.Browser = class {
  /**
   * @param command of `commandLine`
   * @param rules of `commands.judge`, and the `timeline` of the clients
   */
  constructor(command, rules) {
    const profile = fs.mkdtempSync(path.join(os.tmpdir(), 'cdp-'));    // in the folder of the launch
    const args = command.args
        .filter(it => it !== '--no-startup-window' && it !== 'about:blank')
        .map(it => it.startsWith('--user-data-dir=') ? '--user-data-dir=' + profile : it);
    this.process = childProcess.spawn(command.file, [...args, 'about:blank'], {
      env: command.env, detached: true, stdio: ['ignore', 'pipe', 'pipe', 'pipe', 'pipe'],
    });
    this.errors = '';
    this.process.stdout.resume();
    this.process.stderr.on('data', text => { this.errors = (this.errors + text).slice(-MAX_ERROR_CHARS); });
    running.add(this);
    this.exited = new Promise(exited => {
      this.process.once('error', error => exited('not started: ' + error.message));
      this.process.once('exit', (code, signal) => exited('exit code ' + code + ', signal ' + signal));
    }).finally(() => {
      running.delete(this);
      this.bridge.close();
    });
    this.bridge = new exports.Bridge(this.process.stdio[3], this.process.stdio[4], rules);
  }

  /** Waits until it has a page. */
  async ready(timeout) {
    let timer;
    const late = new Promise((_, fail) => {
      timer = setTimeout(() => fail(new Error('the browser had no page within ' + timeout + ' ms')), timeout);
    });
    const died = this.exited.then(how => { throw new Error('the browser ended: ' + how + '\n' + this.errors); });
    try {
      await Promise.race([this.bridge.awaitPage(), late, died]);
    } catch (error) {
      this.kill();
      throw error;
    } finally {
      clearTimeout(timer);
      died.catch(() => {});
    }
  }

  kill() {
    try {
      process.kill(-this.process.pid, 'SIGKILL');
    } catch {
      this.process.kill('SIGKILL');
    }
  }
};

/**
 * A WebSocket server for the clients of a browser, at `wsPath`, and of its pages, at `<wsPath>/page/<target>`.
 * `accept(webSocket, root)` is called for each client with its session.
 */
exports.server = (WebSocketServer, wsPath, bridge, accept) => {
  const server = http.createServer((_, response) => response.writeHead(404).end());
  const webSockets = new WebSocketServer({noServer: true});
  const pages = wsPath + PAGE;
  server.on('upgrade', async (request, socket, head) => {
    socket.on('error', () => {});
    const {url} = request;
    if (url !== wsPath && !url.startsWith(pages)) {
      socket.destroy();
      return;
    }
    try {
      const root = await bridge.attach(url === wsPath ? undefined : url.slice(pages.length));
      webSockets.handleUpgrade(request, socket, head, webSocket => accept(webSocket, root));
    } catch {
      socket.end('HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n');
    }
  });
  return server;
};

/** Joins the WebSockets of clients to the pipe of one browser. */
exports.Bridge = class {
  #toBrowser;
  #rules;
  #lastId = 0;
  #calls = new Map();    // id on the pipe -> {client, id, sessionId} or {answer(message)}
  #clients = new Set();
  #owners = new Map();    // id of a CDP session -> client
  #listeners = new Map();    // id of a CDP session of the bridge's own -> function
  #targets = new Map();    // id of a CDP session -> id of its target
  #timeline;
  #pieces = [];    // of a message that is not complete

  constructor(toBrowser, fromBrowser, rules) {
    this.#toBrowser = toBrowser;
    this.#rules = rules;
    this.#timeline = rules.timeline ?? new Timeline({});
    toBrowser.on('error', () => {});    // it has ended, which the exit of its process says
    toBrowser.on('drain', () => this.#clients.forEach(client => client.webSocket.resume()));
    fromBrowser.on('error', () => {});
    fromBrowser.on('data', bytes => this.#read(bytes));
  }

  /** Clients of the protocol expect a page that is there. */
  async awaitPage() {
    const {targetInfos} = await this.call('Target.getTargets', {});
    if (!targetInfos.some(target => target.type === 'page'))
      await this.call('Target.createTarget', {url: 'about:blank'});
  }

  /** Sends a command of the bridge's own. */
  call(method, params, sessionId) {
    return new Promise((answered, failed) => {
      const answer = ({result, error}) => error ? failed(new Error(method + ': ' + error.message)) : answered(result);
      this.#write({id: this.#nextId({answer, sessionId}), method, params, sessionId});
    });
  }

  /** Opens a session of the bridge's own with the browser; returns its id. */
  async attachToBrowser() {
    return this.attach();
  }

  /** The ids of the targets to which clients are attached, in the order in which they were. */
  order() {
    return [...new Set(this.#targets.values())];
  }

  /** Calls `listener(message)` with the events of a session of the bridge's own. */
  listen(sessionId, listener) {
    this.#listeners.set(sessionId, listener);
  }

  /** A session of the bridge's own has ended: the browser may answer nothing for it. */
  forget(sessionId) {
    this.#listeners.delete(sessionId);
    for (const [id, call] of this.#calls) {
      if (call.answer && call.sessionId === sessionId) {
        this.#calls.delete(id);
        call.answer({error: {message: 'the session has ended'}});
      }
    }
  }

  /** Opens a session with the browser, or with one of its targets. Fails when there is no such target. */
  async attach(targetId) {
    const {sessionId} = await (targetId === undefined
        ? this.call('Target.attachToBrowserTarget', {}) : this.call('Target.attachToTarget', {targetId, flatten: true}));
    if (targetId !== undefined)
      this.#targets.set(sessionId, targetId);
    return sessionId;
  }

  /**
   * Serves a client until its connection ends, with a session of `attach`. `end(why)` ends the connection for a message
   * that no client sends.
   */
  connect(webSocket, sessionId, end) {
    const client = {webSocket, end, sessionId, unanswered: 0};
    this.#clients.add(client);
    this.#owners.set(sessionId, client);
    webSocket.on('message', data => this.#received(client, data));
    webSocket.on('error', () => {});
    webSocket.on('close', () => this.#left(client));
  }

  /** Ends all connections. */
  close() {
    this.#clients.forEach(client => client.webSocket.terminate());
  }

  #left(client) {
    this.#clients.delete(client);
    for (const [sessionId, owner] of this.#owners) {
      if (owner === client)
        this.#leave(sessionId);
    }
    for (const [id, call] of this.#calls) {
      if (call.client === client)
        this.#unanswered(id);
    }
    this.call('Target.detachFromTarget', {sessionId: client.sessionId}).catch(() => {});
  }

  #received(client, data) {
    const message = commands.usual(JSON.parse(data.toString()));
    const malformed = messages.malformed(message, commands.shape);
    if (malformed) {
      client.end(malformed);
      return;
    }
    const verdict = commands.judge(message, this.#rules);
    if (verdict instanceof Promise)
      verdict.then(decided => this.#decided(client, message, decided));
    else
      this.#decided(client, message, verdict);
  }

  #decided(client, message, {refused, answer, event, params, closes}) {
    const {id, sessionId} = message;
    if (refused !== undefined) {
      this.#say(client, {id, error: {code: -32000, message: refused}, sessionId});
    } else if (closes) {
      this.#say(client, {id, result: {}, sessionId});
      this.#clients.forEach(it => it.webSocket.close(1000, CLOSED_BY_CLIENT));
    } else if (answer) {
      this.#say(client, {id, result: answer, sessionId});
      if (event)
        this.#say(client, {...event, sessionId});
    } else if (sessionId !== undefined && this.#owners.get(sessionId) !== client) {
      this.#say(client, {id, error: {code: -32001, message: 'Session with given id not found.'}});
    } else if (++client.unanswered > MAX_UNANSWERED) {
      client.end('more than ' + MAX_UNANSWERED + ' commands without an answer');
    } else {
      const number = this.#nextId({client, id, sessionId});
      this.#timeline.begin(number, id, cdpMethod(message.method), this.#targets.get(sessionId ?? client.sessionId),
          message.method === 'Page.navigate' ? message.params?.url : undefined);
      if (!this.#write({...message, id: number, params: params ?? message.params, sessionId: sessionId ?? client.sessionId}))
        client.webSocket.pause();
    }
  }

  #say(client, message) {
    this.#send(client, Buffer.from(JSON.stringify(message)));
  }

  #nextId(call) {
    do
      this.#lastId = this.#lastId % MAX_ID + 1;
    while (this.#calls.has(this.#lastId));
    this.#calls.set(this.#lastId, call);
    return this.#lastId;
  }

  #write(message) {
    return this.#toBrowser.write(JSON.stringify(message) + '\0');
  }

  #read(bytes) {
    let from = 0;
    for (let zero = bytes.indexOf(ZERO); zero >= 0; zero = bytes.indexOf(ZERO, from)) {
      const last = bytes.subarray(from, zero);
      const message = this.#pieces.length === 0 ? last : Buffer.concat([...this.#pieces, last]);
      this.#pieces = [];
      from = zero + 1;
      this.#said(message);
    }
    if (from < bytes.length)
      this.#pieces.push(bytes.subarray(from));
  }

  #said(bytes) {
    if (startsWith(bytes, ID))
      this.#answered(bytes);
    else
      this.#happened(bytes);
  }

  #answered(bytes) {
    const comma = bytes.indexOf(COMMA);
    const id = Number(bytes.latin1Slice(ID.length, comma));
    const call = this.#calls.get(id);
    this.#calls.delete(id);
    if (call?.answer) {
      call.answer(JSON.parse(bytes));
    } else if (call) {
      call.client.unanswered--;
      this.#timeline.end(id, startsWith(bytes.subarray(comma + 1), ERROR) ? 'Error' : undefined);
      this.#send(call.client, ID, Buffer.from(String(call.id)), ...content(bytes, comma, call.sessionId === undefined));
    }
  }

  // Events of the bridge's own sessions are for their listeners, or for nobody.
  #happened(bytes) {
    const sessionId = sessionOf(bytes);
    const client = this.#owners.get(sessionId);
    if (!client) {
      this.#listeners.get(sessionId)?.(JSON.parse(bytes));
      return;
    }
    if (startsWith(bytes, ATTACHED)) {
      const {sessionId: attached, targetInfo} = JSON.parse(bytes).params;
      this.#owners.set(attached, client);
      this.#targets.set(attached, targetInfo?.targetId);
    } else if (startsWith(bytes, DETACHED)) {
      const detached = JSON.parse(bytes).params.sessionId;
      this.#leave(detached);
      this.#forget(detached);
    }
    this.#send(client, ...content(bytes, 0, sessionId === client.sessionId));
  }

  #leave(sessionId) {
    this.#owners.delete(sessionId);
    this.#targets.delete(sessionId);
  }

  #unanswered(id) {
    this.#calls.delete(id);
    this.#timeline.end(id, 'TargetClosedError');
  }

  // The browser answers nothing for a session that it has ended.
  #forget(detached) {
    for (const [id, call] of this.#calls) {
      if (call.client && call.sessionId === detached) {
        call.client.unanswered--;
        this.#unanswered(id);
      }
    }
  }

  // Budgets bound what a client leaves unread, and the length of a message.
  #send({webSocket}, ...pieces) {
    webSocket.send(pieces.length === 1 ? pieces[0] : Buffer.concat(pieces), {binary: false}, () => {});
  }
};

function startsWith(bytes, prefix) {
  return bytes.length > prefix.length && bytes.compare(prefix, 0, prefix.length, 0, prefix.length) === 0;
}

// Chromium writes the session at the end. Within a text, its quotes would be escaped.
function sessionOf(bytes) {
  const from = bytes.length - SESSION_BYTES;
  return from > 0 && bytes.latin1Slice(from, from + SESSION_FIELD.length) === SESSION_FIELD
      ? bytes.latin1Slice(from + SESSION_FIELD.length, from + SESSION_FIELD.length + SESSION_CHARS) : undefined;
}

// The message from a place on; without its session when that is the client's own.
function content(bytes, from, isOwn) {
  return isOwn && sessionOf(bytes) !== undefined
      ? [bytes.subarray(from, bytes.length - SESSION_BYTES), END] : [bytes.subarray(from)];
}
