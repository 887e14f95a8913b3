// Launches browser servers of one playwright-core for a worker: `node … -r sandbox.js host.js <package>`.
//
// In, one JSON object per line:   {id, launch: {browser, socket, options, features, opensPage, shared}}
//                                 {id, close: true}
//                                 {id, launchOnConnect: {browser, socket, options, features, exposesNetwork}}
//                                 {id, launchCdp: {socket, options, features}}
//                                 {id, permit: '' or why the launch is refused}   {id, empty: true}
//                                 {id, pages: {call, connection}}   {id, view: {view, connection, page, width, height, quality, pause}}
//                                 {id, unview: view}   {id, timeline: {call, connection}}
//                                 {blockPorts: [port], blockServers: [{address, port}]}   {ping: number}
// Out, one JSON object per line:  {ready}   {id, launched: {wsPath, pid}}   {id, failed}   {id, died}   {id, closed}
//                                 {id, launchRequested: true}   {id, spawned: pid}   {id, launchEnded: succeeded}
//                                 {id, refused: {option, why}}   {id, incompatible: why}
//                                 {id, ended: {connection, cause, detail}}   {id, emptied: '' or why not}   {pong: number}
//                                 {id, consoleBounded: {connection, dropped, cut}}
//                                 {id, pages: {call, pages: [{id, title}], failed}}
//                                 {id, picture: {view, page, data}}   {id, viewFailed: {view, why}}
//                                 {id, timeline: {call, running: [entry], ended: [entry], forgotten}}
//
// `launch` launches a browser now. `launchOnConnect` only listens, and launches the browser when its one client connects,
// with the options from here, not with the client's. It requests a permit first (`launchRequested`), waits for it
// (`permit`), and reports the outcome (`launchEnded`).
//
// Several sessions may use a browser that is `shared`: each sees and steers only what is its own.
//
// `launchCdp` launches a Chromium that its clients drive with the Chrome DevTools Protocol, and not with Playwright's.
//
// `refused` is the reply to `launchOnConnect` when an option is not allowed on this grid. `incompatible` is the reply to
// `launch` with `opensPage`: the browser runs, but rejects what this version of Playwright sends it to open a page.
//
// `ended` says that one session of a browser, named by the number of its connection, was ended here, and why.
// `consoleBounded` says how many console messages of its pages were dropped or cut.
//
// `empty` asks for the browser of `launch`, whose session has ended, to be made ready for another one of the same tenant.
//
// `pages` asks for the pages of a session, and `view` for pictures of one until `unview` (see `view.js`); `call` and `view`
// are numbers that the worker chooses. A `picture` is a JPEG in base64, or empty while there is no page.
//
// `timeline` asks for what a session has called; an entry is `{id, method, page, startedAt, ms, error}` (see `timeline.js`).
//
// The process ends when its stdin ends, and its browsers end with it: nothing outlives the worker.
'use strict';
const crypto = require('node:crypto');
const dns = require('node:dns');
const fs = require('node:fs');
const path = require('node:path');
const readline = require('node:readline');
const emptying = require('./emptying.js');
const sandbox = require('./sandbox.js');
const cdp = require('./cdp.js');
const cdpScope = require('./cdp-scope.js');
const messages = require('./messages.js');
const refusals = require('./refusals.js');
const timelines = require('./timeline.js');
const {BesidePlaywright, Views} = require('./view.js');

const MAX_MESSAGE_CHARS = 4000;
const MAX_ESCAPED_ERRORS = 20;    // while nobody is connected
const CLEANUP_MILLIS = 2000;
const REFUSED = 'message refused';

// Where private networks are blocked for pages, Chromium gets the loopback ports that stay open to it at its launch: for
// exposeNetwork, and for contexts with client certificates. A session may have that many of them at once.
const RESERVED_PORTS = 8;
const RULES = '--host-resolver-rules=';

const write = process.stdout.write.bind(process.stdout);
process.stdout.write = process.stderr.write.bind(process.stderr);    // stdout carries only the protocol
const send = message => write(JSON.stringify(message) + '\n');

const packageFolder = path.resolve(process.argv[2]);
const playwright = require(packageFolder);
checkConnections();
handleMessages();
offerVideoRecorder();
const servers = new Map();    // id -> {kill()}

async function launch(id, {browser, socket, options, features, opensPage, shared}) {
  const wsPath = newPath();
  overrideLaunch(browser);
  const current = {id, socket, shared, kill: () => servers.get(id)?.kill(), sessionEnded: sessionEnded(id), consoleBounded: consoleBounded(id), program: options.executablePath, features, launched: async (launched, call) => {
    if (opensPage)
      await openPage(launched, call, options.timeout);
    if (browser === 'chromium')
      emptying.watch(current, launched, call);
    current.views = viewsOf(browser, launched);
  }};
  const server = await sandbox.within(current, async () => playwright[browser].launchServer({
    ...await withReservedPorts(current, browser, options),
    host: '127.0.0.1', port: 0, wsPath,
    handleSIGINT: false, handleSIGTERM: false, handleSIGHUP: false,
  })).catch(error => {
    sandbox.end(current);
    throw error;
  });
  if (server.wsEndpoint() !== socket + wsPath) {
    await server.kill();
    throw new Error('the browser server does not listen where it should: ' + server.wsEndpoint());
  }
  const entry = {launch: current, kill: () => server.kill(), empty: () => sandbox.runIn({launch: current}, () => emptying.empty(current, () => servers.get(id) === entry))};
  servers.set(id, entry);
  const pid = server.process().pid;
  const gone = (code, signal) => {
    sandbox.end(current);
    if (servers.delete(id))
      send({id, died: 'exit code ' + code + ', signal ' + signal});
  };
  server.process().once('exit', gone);    // 'close' of the server comes later, after it cleaned up
  server.once('close', gone);
  send({id, launched: {wsPath, pid}});
}

// A browser whose pages may not open private addresses may open these loopback ports, which serve only its sessions.
async function withReservedPorts(launch, browser, options) {
  if (!sandbox.blocksPrivateNetworks || browser !== 'chromium')
    return options;
  const ports = await sandbox.reservePorts(launch, RESERVED_PORTS);
  const open = ports.map(port => `MAP 127.0.0.1:${port} 127.0.0.1:${port},`).join('');    // the first rule that matches counts
  return {...options, args: options.args.map(it => it.startsWith(RULES) ? RULES + open + it.slice(RULES.length) : it)};
}

async function launchOnConnect(id, {browser, socket, options, features, exposesNetwork}) {
  const why = await refusalOfProxy(options.proxy);
  if (why) {
    send({id, refused: {option: 'proxy', why}});
    return;
  }
  overrideLaunch(browser);
  const wsPath = newPath();
  const session = {left: false, exited: Promise.resolve()};
  session.permit = new Promise(decided => { session.decide = decided; });
  let browserIsThere;
  const current = {
    id, socket, sessionEnded: sessionEnded(id), consoleBounded: consoleBounded(id), awaitPermit: () => awaitPermit(id, session), launchEnded: succeeded => send({id, launchEnded: succeeded}), exposesNetwork, program: options.executablePath, features,
    onConnect: connection => connection.once('close', () => { session.left = true; }),
    views: viewsOf(browser, new Promise(there => { browserIsThere = there; })),
    launched: launched => browserIsThere(launched),
    spawned: child => {
      session.child = child;
      session.exited = new Promise(exited => child.once('exit', exited));
      child.once('exit', (code, signal) => {
        if (!session.left && servers.delete(id)) {
          sandbox.end(current);
          send({id, died: 'exit code ' + code + ', signal ' + signal});
        }
      });
      send({id, spawned: child.pid});
    },
  };
  const server = new (serverClass())({mode: 'default', path: wsPath, maxConnections: 1, browserProxyMode: 'client'});
  const endpoint = await sandbox.within(current, async () => {
    const known = await withReservedPorts(current, browser, options);
    current.options = {...known, handleSIGINT: false, handleSIGTERM: false, handleSIGHUP: false};
    return server.listen(0, '127.0.0.1');
  }).catch(error => {
    sandbox.end(current);
    throw error;
  });
  if (endpoint !== socket + wsPath) {
    await server.close();
    throw new Error('the browser server does not listen where it should: ' + endpoint);
  }
  servers.set(id, {launch: current, kill: () => end(server, session).finally(() => sandbox.end(current)), permit: session.decide});
  send({id, launched: {wsPath, pid: 0}});
}

function consoleBounded(id) {
  return (connection, dropped, cut) => send({id, consoleBounded: {connection, dropped, cut}});
}

async function launchCdp(id, {socket, options, features}) {
  const why = await refusalOfProxy(options.proxy);
  if (why) {
    send({id, refused: {option: 'proxy', why}});
    return;
  }
  const wsPath = newPath();
  const command = await cdp.commandLine(() => playwright.chromium.launchServer({...options, handleSIGINT: false, handleSIGTERM: false, handleSIGHUP: false}));
  const current = {id, socket, kill: () => servers.get(id)?.kill(), sessionEnded: sessionEnded(id), consoleBounded: consoleBounded(id), program: command.file, features};
  await sandbox.within(current, async () => {
    current.timeline = new timelines.Timeline(sandbox.messageLimits);
    const browser = new cdp.Browser(command, {refusalOfProxy, downloads: () => sandbox.budgets.downloads(), timeline: current.timeline});
    const server = cdp.server(webSocketServer(), wsPath, browser.bridge, (webSocket, root) => {
      const session = sandbox.session();
      browser.bridge.connect(webSocket, root, why => sandbox.endSession(session, REFUSED, why));
    });
    const over = () => {
      server.close();
      server.closeAllConnections();
      sandbox.end(current);
    };
    browser.exited.then(how => {
      over();
      if (servers.delete(id))
        send({id, died: how});
    });
    await browser.ready(options.timeout);
    await new Promise((listening, failed) => server.once('error', failed).listen(0, '127.0.0.1', listening));
    current.views = new Views(async () => browser.bridge);
    servers.set(id, {launch: current, isCdp: true, kill: () => {
      browser.kill();
      return browser.exited;
    }});
    send({id, launched: {wsPath, pid: browser.process.pid}});
  });
}

function sessionEnded(id) {
  return (connection, cause, detail) => send({id, ended: {connection, cause, detail: detail.slice(0, MAX_MESSAGE_CHARS)}});
}

// Other browsers launch too. Throws when the launch is refused; the client gets the message.
async function awaitPermit(id, session) {
  send({id, launchRequested: true});
  const why = await session.permit;
  if (why)
    throw new Error(why);
}

// The server closes its browser when the client has disconnected. A browser that does not end by itself is killed.
async function end(server, session) {
  session.left = true;
  session.decide('the session is over');
  server.close().catch(() => {});
  const timeout = new Promise(over => setTimeout(over, CLEANUP_MILLIS).unref());
  await Promise.race([session.exited, timeout]);
  if (session.child && session.child.exitCode === null && session.child.signalCode === null) {
    try {
      process.kill(-session.child.pid, 'SIGKILL');
    } catch {
      session.child.kill('SIGKILL');    // it is not the leader of a process group
    }
  }
}

function newPath() {
  return '/' + crypto.randomBytes(16).toString('hex');
}

function serverClass() {
  return part(['remote', 'playwrightServer.js'], 'remote').PlaywrightServer;
}

// A part of playwright-core: a file of its own, or since 1.60 in the bundle.
function part(file, inBundle) {
  try {
    return require(path.join(packageFolder, 'lib', ...file));
  } catch {
    return require(path.join(packageFolder, 'lib', 'coreBundle.js'))[inBundle];
  }
}

// Every message of a client is checked before Playwright reads it. The class of WebSocket servers is where Playwright
// keeps its libraries, in every version. Nothing is compressed, so nothing grows.
function checkConnections() {
  const wsServer = webSocketServer();
  const upgrade = wsServer.prototype.handleUpgrade;
  wsServer.prototype.handleUpgrade = function(request, socket, head, upgraded) {
    delete request.headers['sec-websocket-extensions'];
    this.options.maxPayload = sandbox.messageLimits.maxClientMessage;
    return upgrade.call(this, request, socket, head, (webSocket, ...rest) => {
      checkMessages(webSocket);
      upgraded(webSocket, ...rest);
    });
  };
}

function webSocketServer() {
  return require(path.join(packageFolder, 'lib', 'utilsBundle.js')).wsServer;
}

// Passes on what may be read. Playwright's listeners are asynchronous: what they throw is about this message.
function checkMessages(webSocket) {
  const session = sandbox.session();
  const gate = new messages.Gate(sandbox.messageLimits);
  const reasons = messages.reasons(sandbox.messageLimits);
  const end = why => sandbox.endSession(session, REFUSED, why);
  const {emit, close} = webSocket;
  webSocket.close = (code, reason) => reasons[code] ? end(reasons[code]) : close.call(webSocket, code, reason);
  webSocket.emit = (event, ...args) => {
    if (event !== 'message')
      return emit.call(webSocket, event, ...args);
    const why = session.ended ? undefined : gate.refusal(args[0]);
    if (why)
      end(why);
    for (const listener of session.ended ? [] : webSocket.listeners(event))
      (async () => listener.apply(webSocket, args))().catch(() => end(reasons[1007]));
    return true;
  };
}

// A message of the wrong shape ends its session. One that is refused does not reach its object, and has an error for an
// answer. A message that creates a context with client certificates may open the server that Playwright puts between
// that context and the network.
function handleMessages() {
  const connection = part(['server', 'dispatchers', 'dispatcher.js'], 'server').DispatcherConnection.prototype;
  const dispatch = connection.dispatch;
  const initialized = new WeakSet();
  connection.dispatch = async function(message) {
    const session = sandbox.session();
    if (session?.ended)
      return;
    if (refusals.isDevTools(message)) {
      this.onmessage({id: message.id, error: {code: -32601, message: refusals.devTools}});
      sandbox.hangUp();    // such clients may keep their connection open after they failed
      return;
    }
    const malformed = messages.malformed(message, refusals.shape);
    const isInitialize = !malformed && message.guid === '' && message.method === 'initialize';
    if (malformed || (isInitialize && initialized.has(this))) {
      sandbox.endSession(session, REFUSED, malformed ?? 'a second "initialize"');
      return;
    }
    if (isInitialize)
      initialized.add(this);
    const timeline = timelineOf(session, this);
    const answer = why => this.onmessage({id: message.id, error: {error: {name: 'Error', message: why, stack: ''}}});
    try {
      const dispatcher = (this._dispatcherByGuid || this._dispatchers).get(message.guid);
      const type = dispatcher?._type;
      if (timeline)
        timelines.beginPlaywright(timeline, message, dispatcher);
      const {shared} = sandbox.launch();
      const why = refusals.reason(message, type, sandbox.blocksPrivateNetworks) ?? (shared ? refusalInShared(message, type) : undefined) ?? (message.params?.proxy && await refusalOfProxy(message.params.proxy));
      if (shared && dispatcher)
        confine(dispatcher, session);
      if (dispatcher)
        checkFields(dispatcher, message.method);
      if (why)
        answer(why);
      else if (type === 'Browser' && message.params?.clientCertificates?.length)
        await sandbox.openingServer(() => dispatch.call(this, message));
      else
        await dispatch.call(this, message);
    } catch (error) {
      answer('this message could not be handled: ' + brief(error));
    }
  };
}

// What a session calls over this connection, and what it is answered.
function timelineOf(session, connection) {
  if (session && !session.timeline) {
    const timeline = session.timeline = new timelines.Timeline(sandbox.messageLimits);
    const {onmessage} = connection;
    connection.onmessage = function(message) {
      timelines.endPlaywright(timeline, message);
      return onmessage.call(this, message);
    };
  }
  return session?.timeline;
}

// The fields of a call, as Playwright's own validators hand them to the object: without those that it does not know.
const checked = new WeakSet();    // functions
function checkFields(dispatcher, method) {
  const call = dispatcher[method];
  if (typeof call !== 'function' || method.startsWith('_') || checked.has(call))
    return;
  const type = dispatcher._type;
  dispatcher[method] = function(params, ...rest) {
    const why = refusals.ofFields(type, method, params);
    if (why)
      throw failure(why);
    return call.call(this, params, ...rest);
  };
  checked.add(dispatcher[method]);
}

function failure(message) {
  return Object.assign(new Error(message), {stack: ''});
}

// Why a message is refused where several sessions use the browser: Chromium records all pages in one trace, Playwright keeps
// one trace and one context for reuse per browser, and pages of the browser itself show what all do.
const ofWholeBrowser = new Map([
  ['startTracing', 'use tracing of a context'], ['stopTracing', 'use tracing of a context'], ['newContextForReuse', 'use newContext()'],
]);
function refusalInShared({method, params}, type) {
  if (type === 'Browser' && ofWholeBrowser.has(method))
    return `Browser.${method} is about the whole browser, which several sessions use on this grid (ISOLATION=shared); ${ofWholeBrowser.get(method)}`;
  return (type === 'Frame' && method === 'goto' && cdpScope.isInternal(params?.url)) || cdpScope.isInternal(params?.baseURL) ? cdpScope.internal : undefined;
}

// Of a browser that several sessions use, Chromium's own protocol shows a session what is its own. What it has left with
// that protocol ends with it.
const confined = new WeakSet();    // dispatchers
function confine(dispatcher, session) {
  if (dispatcher._type !== 'CDPSession' || confined.has(dispatcher))
    return;
  confined.add(dispatcher);
  let ofBrowser = dispatcher;
  while (ofBrowser._type !== 'Browser')
    ofBrowser = ofBrowser._parent;
  const contexts = contextsOf(ofBrowser);
  session.devTools ??= new cdpScope.Scope(
      () => new Set([...contexts].map(it => it._browserContextId)),
      targetId => ofBrowser._object._session.send('Target.getTargetInfo', {targetId: String(targetId)}).then(it => it.targetInfo.browserContextId, () => undefined));
  const scope = session.devTools.session(dispatcher._parent === ofBrowser ? 'browser' : 'page');
  const {send, _dispatchEvent} = dispatcher;
  dispatcher.send = async function({method, params: given}, ...rest) {
    const {error, params} = await scope.command(method, given);
    if (error)
      throw failure(`Protocol error (${method}): ${error.message}`);
    const {result} = await send.call(this, {method, params}, ...rest);
    return {result: scope.result(method, result)};
  };
  dispatcher._dispatchEvent = function(name, event) {
    if (name !== 'event' || scope.delivers(event.method, event.params))
      _dispatchEvent.call(this, name, event);
  };
  const connection = dispatcher._object._session ?? dispatcher._object;    // until 1.38
  dispatcher._onDispose = () => connection.detach().catch(() => {});
}

// The contexts that a client has made, which no other client sees.
function contextsOf(browserDispatcher) {
  const contexts = browserDispatcher._isolatedContexts ?? browserDispatcher._contexts;
  if (!(contexts instanceof Set))
    throw new Error('this version of Playwright does not say which contexts a client has made');
  return contexts;
}

/** Why a client may not use its proxy; undefined when it may. */
async function refusalOfProxy(proxy) {
  return sandbox.blocksPrivateNetworks && typeof proxy?.server === 'string'
      ? refusals.reasonOfProxy(proxy.server, sandbox.isPrivate, dns.promises.lookup) : undefined;
}

// Playwright records videos with an ffmpeg that it downloads. Without it, the worker's ffmpeg is used; without that, the
// client gets an error that says that the grid has none.
function offerVideoRecorder() {
  const recorder = part(['server', 'registry', 'index.js'], 'registry').registry.findExecutable('ffmpeg');
  recorder.executablePathOrDie = () => {
    const itsOwn = recorder.executablePath();
    if (itsOwn && fs.existsSync(itsOwn))
      return itsOwn;
    if (sandbox.videoRecorder)
      return sandbox.videoRecorder;
    throw new Error('This grid cannot record videos: its worker has no ffmpeg. Whoever runs the grid installs it on the'
        + ' worker (Debian and Ubuntu: apt-get install ffmpeg) and starts the worker again; installing it where this'
        + ' client runs changes nothing.');
  };
}

// Opens a page as a client does, without a client; a browser in which that fails is closed. The methods take the first
// argument of the launch: the metadata of a call, or since 1.54 its progress. Some versions close a context without it.
async function openPage(browser, call, timeout) {
  let timer;
  const late = new Promise((_, fail) => {
    timer = setTimeout(() => fail(new Error('the browser opened no page within ' + timeout + ' ms')), timeout);
  });
  try {
    await Promise.race([late, (async () => {
      const context = await browser.newContext(call, {});
      await context.newPage(call);
      await context.close(call, {reason: 'it was a test'});
    })()]);
  } catch (error) {
    const [refusal] = brief(error).split('\n');
    if (/^Protocol error \((?!.*(?:closed|crashed))/i.test(refusal))
      error.incompatible = 'this browser refuses to open a page for it: ' + refusal;
    browser.options.browserProcess.kill().catch(() => {});
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

const overridden = new Set();

// The files and response bodies of a context are those of the session that creates it.
function keepSessionsApart(browser) {
  const {budgets} = sandbox;
  for (const [name, get] of Object.entries({
    artifactsDir: () => budgets.folder(), tracesDir: () => budgets.folder(), downloadsPath: () => budgets.downloads(),
  }))
    Object.defineProperty(browser.options, name, {get, enumerable: true});
  const scopes = new WeakMap();    // context -> scope
  for (const name of ['newContext', 'newContextForReuse'].filter(name => browser[name])) {
    const create = browser[name];
    browser[name] = async function(...args) {
      const created = await create.apply(this, args);
      const context = created.context ?? created;
      if (!scopes.has(context)) {
        scopes.set(context, sandbox.scope());
        const session = sandbox.session();
        if (session)
          (session.contexts ??= new Set()).add(context._browserContextId);
        context.fetchRequest.fetchResponses = budgets.keptBodies() ?? context.fetchRequest.fetchResponses;
        if (context._options?.recordVideo)
          context._options.recordVideo.dir ??= budgets.folder();
      }
      return created;
    };
  }
  const download = browser._downloadCreated;
  browser._downloadCreated = function(page, ...rest) {
    const scope = scopes.get(page.browserContext ?? page._browserContext);
    return sandbox.runIn(scope, () => download.call(this, page, ...rest));
  };
}

// Launches use the options from the worker, and wait for a permit. Done once per browser type.
function overrideLaunch(browser) {
  if (overridden.has(browser))
    return;
  overridden.add(browser);
  const type = playwright[browser]._connection.toImpl(playwright[browser]);
  const launch = type.launch;
  Object.getPrototypeOf(type).launch = async function(context, options, ...rest) {
    const {options: ours, awaitPermit, launchEnded, launched} = sandbox.launch() || {};
    if (!ours) {
      const browser = await launch.call(this, context, options, ...rest);
      keepSessionsApart(browser);
      await launched?.(browser, context);
      return browser;
    }
    await awaitPermit();
    try {
      const browser = await launch.call(this, context, {...options, ...ours}, ...rest);
      keepSessionsApart(browser);
      launched?.(browser);
      launchEnded(true);
      return browser;
    } catch (error) {
      launchEnded(false);
      throw error;
    }
  };
}

async function empty(id) {
  const server = servers.get(id);
  const why = server?.empty ? await server.empty().catch(brief) : 'a browser of this kind serves one session';
  if (servers.has(id))
    send({id, emptied: why ?? ''});
}

function viewsOf(browser, launched) {
  return new Views(async () => {
    if (browser !== 'chromium')
      throw new Error('pictures of pages come from Chromium only, and this is ' + browser);
    return new BesidePlaywright(await launched);
  });
}

// Whether a target is a page of the session with this connection. A browser for CDP has one session, with several.
function pagesOf({launch, isCdp}, connection) {
  return target => isCdp || [...launch.sessions].some(it => it.number === connection && it.contexts?.has(target.browserContextId));
}

async function pages(id, {call, connection}) {
  const server = servers.get(id);
  const found = server?.launch.views ? server.launch.views.pages(pagesOf(server, connection)) : Promise.resolve([]);
  await found.then(all => send({id, pages: {call, pages: all}}), error => send({id, pages: {call, failed: brief(error)}}));
}

function timeline(id, {call, connection}) {
  const {launch, isCdp} = servers.get(id) ?? {};
  const session = isCdp ? launch : [...launch?.sessions ?? []].find(it => it.number === connection);
  send({id, timeline: {call, ...session?.timeline?.read()}});
}

async function view(id, {view: number, connection, ...options}) {
  const server = servers.get(id);
  if (!server?.launch.views) {
    send({id, viewFailed: {view: number, why: 'its browser does not run yet'}});
    return;
  }
  const show = (data, page) => send({id, picture: {view: number, page, data}});
  await server.launch.views.start(number, options, pagesOf(server, connection), show)
      .catch(error => send({id, viewFailed: {view: number, why: brief(error)}}));
}

async function close(id) {
  const server = servers.get(id);
  servers.delete(id);
  if (server)
    await server.kill();
  send({id, closed: true});
}

function brief(error) {
  return String(error && error.message || error).slice(0, MAX_MESSAGE_CHARS);
}

async function handle(line) {
  const message = JSON.parse(line);
  try {
    if (message.ping !== undefined)
      send({pong: message.ping});
    else if (message.blockPorts)
      sandbox.block(message.blockPorts, message.blockServers);
    else if (message.launch)
      await launch(message.id, message.launch);
    else if (message.launchCdp)
      await launchCdp(message.id, message.launchCdp);
    else if (message.launchOnConnect)
      await launchOnConnect(message.id, message.launchOnConnect);
    else if (message.permit !== undefined)
      servers.get(message.id)?.permit?.(message.permit);
    else if (message.pages)
      await pages(message.id, message.pages);
    else if (message.timeline)
      timeline(message.id, message.timeline);
    else if (message.view)
      await view(message.id, message.view);
    else if (message.unview !== undefined)
      servers.get(message.id)?.launch.views?.stop(message.unview);
    else if (message.empty)
      await empty(message.id);
    else
      await close(message.id);
  } catch (error) {
    if (error?.incompatible)
      send({id: message.id, incompatible: error.incompatible});
    else
      send({id: message.id, failed: brief(error)});
  }
}

// An error that escapes from playwright-core ends the session that caused it, or those of the browser that did; the others
// continue. Many of them while nobody is connected mean that the process is broken: clients cannot add to that count.
let escaped = 0;
for (const event of ['uncaughtException', 'unhandledRejection']) {
  process.on(event, error => {
    console.error(event + ': ' + (error && error.stack || error));
    if (!sandbox.endFailed(error) && sandbox.isIdle() && ++escaped > MAX_ESCAPED_ERRORS)
      process.exit(1);
  });
}
// Signals reach all processes of a terminal or service. The worker decides when this process ends, by closing stdin.
for (const signal of ['SIGINT', 'SIGHUP', 'SIGTERM'])
  process.on(signal, () => {});
process.stdout.on('error', exit);

// playwright-core kills its browsers on 'exit'; if it fails, the worker kills them.
function exit() {
  try {
    process.exit(0);
  } finally {
    process.reallyExit(1);
  }
}

const lines = readline.createInterface({input: process.stdin});
lines.on('line', line => void handle(line));
lines.on('close', exit);
send({ready: require(path.join(packageFolder, 'package.json')).version});
