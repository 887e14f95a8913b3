// Launches browser servers of one playwright-core for a worker: `node … -r fence.js host.js <package>`.
//
// In, one JSON object a line:   {id, launch: {browser, socket, options}}   {id, close: true}
//                               {id, await: {browser, socket, options, exposesNetwork}}   {id, go: '' or why not}
//                               {closePorts: [port]}
// Out, one JSON object a line:  {ready}   {id, launched: {wsPath, pid}}   {id, failed}   {id, died}   {id, closed}
//                               {id, wants: true}   {id, spawned: pid}   {id, up: whether}
//
// `launch` launches a browser now. `await` only listens, and launches the browser when the one client that it is for
// comes: what it is launched with is decided here, whatever the client says. It asks before it does (`wants`), waits for
// the answer (`go`), and says what came of it (`up`).
//
// It ends when stdin does, and its browsers end with it: nothing outlives the worker.
'use strict';
const crypto = require('node:crypto');
const path = require('node:path');
const readline = require('node:readline');
const fence = require('./fence.js');
const refusals = require('./refusals.js');

const MAX_MESSAGE_CHARS = 4000;
const MAX_ESCAPED_ERRORS = 20;
const CLEANUP_MILLIS = 2000;

const write = process.stdout.write.bind(process.stdout);
process.stdout.write = process.stderr.write.bind(process.stderr);    // stdout carries the protocol and nothing else
const tell = message => write(JSON.stringify(message) + '\n');

const packageFolder = path.resolve(process.argv[2]);
const playwright = require(packageFolder);
refuseWhatIsNotForClients();
const servers = new Map();    // id -> {kill()}

async function launch(id, {browser, socket, options}) {
  const wsPath = newPath();
  const permit = {socket, program: options.executablePath};
  const server = await fence.within(permit, () => playwright[browser].launchServer({
    ...options,
    host: '127.0.0.1', port: 0, wsPath,
    handleSIGINT: false, handleSIGTERM: false, handleSIGHUP: false,
  }));
  if (server.wsEndpoint() !== socket + wsPath) {
    await server.kill();
    throw new Error('the browser server does not listen where it should: ' + server.wsEndpoint());
  }
  servers.set(id, server);
  const pid = server.process().pid;
  const gone = (code, signal) => {
    if (servers.delete(id))
      tell({id, died: 'exit code ' + code + ', signal ' + signal});
  };
  server.process().once('exit', gone);    // 'close' of the server comes later, after it cleaned up
  server.once('close', gone);
  tell({id, launched: {wsPath, pid}});
}

async function launchOnConnect(id, {browser, socket, options, exposesNetwork}) {
  obeyPermits(browser);
  const wsPath = newPath();
  const session = {left: false, exited: Promise.resolve()};
  session.leave = new Promise(decided => { session.decide = decided; });
  const permit = {
    socket, leave: () => leaveToLaunch(id, session), cameUp: up => tell({id, up}), loopback: exposesNetwork, program: options.executablePath,
    options: {...options, handleSIGINT: false, handleSIGTERM: false, handleSIGHUP: false},
    onConnect: connection => connection.once('close', () => { session.left = true; }),
    spawned: child => {
      session.child = child;
      session.exited = new Promise(exited => child.once('exit', exited));
      child.once('exit', (code, signal) => {
        if (!session.left && servers.delete(id))
          tell({id, died: 'exit code ' + code + ', signal ' + signal});
      });
      tell({id, spawned: child.pid});
    },
  };
  const server = new (serverClass())({mode: 'default', path: wsPath, maxConnections: 1, browserProxyMode: 'client'});
  const endpoint = await fence.within(permit, () => server.listen(0, '127.0.0.1'));
  if (endpoint !== socket + wsPath) {
    await server.close();
    throw new Error('the browser server does not listen where it should: ' + endpoint);
  }
  servers.set(id, {kill: () => end(server, session), go: session.decide});
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

// A message that is refused does not reach the object that it is for.
function refuseWhatIsNotForClients() {
  const connection = part(['server', 'dispatchers', 'dispatcher.js'], 'server').DispatcherConnection.prototype;
  const dispatch = connection.dispatch;
  connection.dispatch = function(message) {
    const receiver = (this._dispatcherByGuid || this._dispatchers).get(message.guid);
    const why = refusals.reason(message, receiver && receiver._type);
    if (why === undefined)
      return dispatch.call(this, message);
    this.onmessage({id: message.id, error: {error: {name: 'Error', message: why, stack: ''}}});
  };
}

const obedient = new Set();

// Launches take their options from the permit under which they happen, and ask for leave there, once.
function obeyPermits(browser) {
  if (obedient.has(browser))
    return;
  obedient.add(browser);
  const type = playwright[browser]._connection.toImpl(playwright[browser]);
  const launch = type.launch;
  Object.getPrototypeOf(type).launch = async function(context, options, ...rest) {
    const {options: ours, leave, cameUp} = fence.permit() || {};
    if (!ours)
      return launch.call(this, context, options, ...rest);
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
      fence.closePorts(message.closePorts);
    else if (message.launch)
      await launch(message.id, message.launch);
    else if (message.await)
      await launchOnConnect(message.id, message.await);
    else if (message.go !== undefined)
      servers.get(message.id)?.go?.(message.go);
    else
      await close(message.id);
  } catch (error) {
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
