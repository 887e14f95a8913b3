// Launches browser servers of one playwright-core for a worker: `node … -r fence.js host.js <package>`.
//
// In, one JSON object a line:   {id, launch: {browser, socket, options, opensPage}}   {id, close: true}
//                               {id, await: {browser, socket, options, exposesNetwork}}   {id, go: '' or why not}
//                               {closePorts: [port], closeServers: [{address, port}]}
// Out, one JSON object a line:  {ready}   {id, launched: {wsPath, pid}}   {id, failed}   {id, died}   {id, closed}
//                               {id, wants: true}   {id, spawned: pid}   {id, up: whether}   {id, refused: {option, why}}
//
//                               {id, incompatible: why}
//
// `refused` answers `await` where an option is not allowed on this grid. `incompatible` answers `launch` with `opensPage`:
// the browser runs, but refuses what this version of Playwright sends it to open a page.
//
// `launch` launches a browser now. `await` only listens, and launches the browser when the one client that it is for
// comes: what it is launched with is decided here, whatever the client says. It asks before it does (`wants`), waits for
// the answer (`go`), and says what came of it (`up`).
//
// It ends when stdin does, and its browsers end with it: nothing outlives the worker.
'use strict';
const crypto = require('node:crypto');
const dns = require('node:dns');
const fs = require('node:fs');
const path = require('node:path');
const readline = require('node:readline');
const fence = require('./fence.js');
const refusals = require('./refusals.js');

const MAX_MESSAGE_CHARS = 4000;
const MAX_ESCAPED_ERRORS = 20;
const CLEANUP_MILLIS = 2000;

// Where private networks are closed to pages, Chromium is told at its launch which ports of loopback stay open to it: for
// exposeNetwork, and for contexts with client certificates, of which a session may have as many at once.
const RESERVED_PORTS = 8;
const RULES = '--host-resolver-rules=';

const write = process.stdout.write.bind(process.stdout);
process.stdout.write = process.stderr.write.bind(process.stderr);    // stdout carries the protocol and nothing else
const tell = message => write(JSON.stringify(message) + '\n');

const packageFolder = path.resolve(process.argv[2]);
const playwright = require(packageFolder);
handleMessages();
offerVideoRecorder();
const servers = new Map();    // id -> {kill()}

async function launch(id, {browser, socket, options, opensPage}) {
  const wsPath = newPath();
  if (opensPage)
    obeyLaunches(browser);
  const mine = {socket, program: options.executablePath, openPage: opensPage && ((browser, call) => openPage(browser, call, options.timeout))};
  const server = await fence.within(mine, async () => playwright[browser].launchServer({
    ...await knowingItsPorts(mine, browser, options),
    host: '127.0.0.1', port: 0, wsPath,
    handleSIGINT: false, handleSIGTERM: false, handleSIGHUP: false,
  })).catch(error => {
    fence.end(mine);
    throw error;
  });
  if (server.wsEndpoint() !== socket + wsPath) {
    await server.kill();
    throw new Error('the browser server does not listen where it should: ' + server.wsEndpoint());
  }
  servers.set(id, server);
  const pid = server.process().pid;
  const gone = (code, signal) => {
    fence.end(mine);
    if (servers.delete(id))
      tell({id, died: 'exit code ' + code + ', signal ' + signal});
  };
  server.process().once('exit', gone);    // 'close' of the server comes later, after it cleaned up
  server.once('close', gone);
  tell({id, launched: {wsPath, pid}});
}

// A browser whose pages may not open private addresses may open these of loopback, which serve its sessions only.
async function knowingItsPorts(launch, browser, options) {
  if (!fence.blocksPrivateNetworks || browser !== 'chromium')
    return options;
  const ports = await fence.reservePorts(launch, RESERVED_PORTS);
  const open = ports.map(port => `MAP 127.0.0.1:${port} 127.0.0.1:${port},`).join('');    // the first rule that matches counts
  return {...options, args: options.args.map(it => it.startsWith(RULES) ? RULES + open + it.slice(RULES.length) : it)};
}

async function launchOnConnect(id, {browser, socket, options, exposesNetwork}) {
  const why = await refusalOfProxy(options.proxy);
  if (why) {
    tell({id, refused: {option: 'proxy', why}});
    return;
  }
  obeyLaunches(browser);
  const wsPath = newPath();
  const session = {left: false, exited: Promise.resolve()};
  session.leave = new Promise(decided => { session.decide = decided; });
  const mine = {
    socket, leave: () => leaveToLaunch(id, session), cameUp: up => tell({id, up}), exposesNetwork, program: options.executablePath,
    onConnect: connection => connection.once('close', () => { session.left = true; }),
    spawned: child => {
      session.child = child;
      session.exited = new Promise(exited => child.once('exit', exited));
      child.once('exit', (code, signal) => {
        if (!session.left && servers.delete(id)) {
          fence.end(mine);
          tell({id, died: 'exit code ' + code + ', signal ' + signal});
        }
      });
      tell({id, spawned: child.pid});
    },
  };
  const server = new (serverClass())({mode: 'default', path: wsPath, maxConnections: 1, browserProxyMode: 'client'});
  const endpoint = await fence.within(mine, async () => {
    const known = await knowingItsPorts(mine, browser, options);
    mine.options = {...known, handleSIGINT: false, handleSIGTERM: false, handleSIGHUP: false};
    return server.listen(0, '127.0.0.1');
  }).catch(error => {
    fence.end(mine);
    throw error;
  });
  if (endpoint !== socket + wsPath) {
    await server.close();
    throw new Error('the browser server does not listen where it should: ' + endpoint);
  }
  servers.set(id, {kill: () => end(server, session).finally(() => fence.end(mine)), go: session.decide});
  tell({id, launched: {wsPath, pid: 0}});
}

// Others launch, too. Throws when it is not to be, which the client is told.
async function leaveToLaunch(id, session) {
  tell({id, wants: true});
  const why = await session.leave;
  if (why)
    throw new Error(why);
}

// The server closes its browser when the client has gone; one that does not end by itself is killed.
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
      session.child.kill('SIGKILL');    // it leads no group
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

// A message that is refused does not reach the object that it is for. Of the others, one that makes a context with client
// certificates may open the server that Playwright puts between that context and the world.
function handleMessages() {
  const connection = part(['server', 'dispatchers', 'dispatcher.js'], 'server').DispatcherConnection.prototype;
  const dispatch = connection.dispatch;
  connection.dispatch = async function(message) {
    if (refusals.isDevTools(message)) {
      this.onmessage({id: message.id, error: {code: -32601, message: refusals.devTools}});
      fence.hangUp();    // such clients may leave their connection open when they failed
      return;
    }
    const type = (this._dispatcherByGuid || this._dispatchers).get(message.guid)?._type;
    const why = refusals.reason(message, type, fence.blocksPrivateNetworks) ?? (message.params?.proxy && await refusalOfProxy(message.params.proxy));
    if (why)
      this.onmessage({id: message.id, error: {error: {name: 'Error', message: why, stack: ''}}});
    else if (type === 'Browser' && message.params?.clientCertificates?.length)
      await fence.openingServer(() => dispatch.call(this, message));
    else
      await dispatch.call(this, message);
  };
}

/** Why a proxy of a client's own may not be used; undefined when it may. */
async function refusalOfProxy(proxy) {
  return fence.blocksPrivateNetworks && typeof proxy?.server === 'string'
      ? refusals.reasonOfProxy(proxy.server, fence.isPrivate, dns.promises.lookup) : undefined;
}

// Playwright records with a program of its own download. Where that is not there, the worker's does it; where there is
// none either, the client hears that it is the grid that lacks one.
function offerVideoRecorder() {
  const recorder = part(['server', 'registry', 'index.js'], 'registry').registry.findExecutable('ffmpeg');
  recorder.executablePathOrDie = () => {
    const itsOwn = recorder.executablePath();
    if (itsOwn && fs.existsSync(itsOwn))
      return itsOwn;
    if (fence.videoRecorder)
      return fence.videoRecorder;
    throw new Error('This grid cannot record videos: its worker has no ffmpeg. Whoever runs the grid installs it on the'
        + ' worker (Debian and Ubuntu: apt-get install ffmpeg) and starts the worker again; installing it where this'
        + ' client runs changes nothing.');
  };
}

// As a client does at first, without a client; a browser in which that fails is closed again. The methods take what the
// launch took first: the metadata of a call, or since 1.54 its progress. Some versions close a context without it, and
// read nothing of it then.
async function openPage(browser, call, timeout) {
  let timer;
  const late = new Promise((_, fail) => {
    timer = setTimeout(() => fail(new Error('the browser opened no page within ' + timeout + ' ms')), timeout);
  });
  try {
    await Promise.race([late, (async () => {
      const context = await browser.newContext(call, {});
      await context.newPage(call);
      await context.close(call, {reason: 'it was opened to see whether that can be done'});
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

const obedient = new Set();

// Launches take their options from what was ordered, and ask for leave, once.
function obeyLaunches(browser) {
  if (obedient.has(browser))
    return;
  obedient.add(browser);
  const type = playwright[browser]._connection.toImpl(playwright[browser]);
  const launch = type.launch;
  Object.getPrototypeOf(type).launch = async function(context, options, ...rest) {
    const {options: ours, leave, cameUp, openPage} = fence.launch() || {};
    if (!ours) {
      const browser = await launch.call(this, context, options, ...rest);
      if (openPage)
        await openPage(browser, context);
      return browser;
    }
    await leave();
    try {
      const browser = await launch.call(this, context, {...options, ...ours}, ...rest);
      cameUp(true);
      return browser;
    } catch (error) {
      cameUp(false);
      throw error;
    }
  };
}

async function close(id) {
  const server = servers.get(id);
  servers.delete(id);
  if (server)
    await server.kill();
  tell({id, closed: true});
}

function brief(error) {
  return String(error && error.message || error).slice(0, MAX_MESSAGE_CHARS);
}

async function obey(line) {
  const message = JSON.parse(line);
  try {
    if (message.closePorts)
      fence.close(message.closePorts, message.closeServers);
    else if (message.launch)
      await launch(message.id, message.launch);
    else if (message.await)
      await launchOnConnect(message.id, message.await);
    else if (message.go !== undefined)
      servers.get(message.id)?.go?.(message.go);
    else
      await close(message.id);
  } catch (error) {
    if (error?.incompatible)
      tell({id: message.id, incompatible: error.incompatible});
    else
      tell({id: message.id, failed: brief(error)});
  }
}

// What escapes playwright-core belongs to one session; the others go on. Many of them mean that the process is sick.
let escaped = 0;
for (const event of ['uncaughtException', 'unhandledRejection']) {
  process.on(event, error => {
    console.error(event + ': ' + (error && error.stack || error));
    if (++escaped > MAX_ESCAPED_ERRORS)
      process.exit(1);
  });
}
// Signals reach a whole terminal or service; the worker decides when this ends, and closes stdin then.
for (const signal of ['SIGINT', 'SIGHUP', 'SIGTERM'])
  process.on(signal, () => {});
process.stdout.on('error', leave);

// playwright-core kills its browsers on 'exit'; should it fail at that, the worker kills them.
function leave() {
  try {
    process.exit(0);
  } finally {
    process.reallyExit(1);
  }
}

const lines = readline.createInterface({input: process.stdin});
lines.on('line', line => void obey(line));
lines.on('close', leave);
tell({ready: require(path.join(packageFolder, 'package.json')).version});
