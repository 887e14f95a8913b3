// The sandbox of a driver process, loaded with `node -r` before anything else runs.
//
// Outgoing TCP connections are checked at the socket handle, where the address is already resolved, so no spelling of an
// address, no redirect and no DNS rebinding bypasses it. Servers listen on Unix sockets that are permitted one by one; the
// servers that Playwright opens for a session listen on loopback and serve only that session. Only the browsers of
// permitted launches, and the video recorder, can be started. Temporary files of a session lie in its own folder.
'use strict';
const {AsyncLocalStorage} = require('node:async_hooks');
const childProcess = require('node:child_process');
const fs = require('node:fs');
const net = require('node:net');
const os = require('node:os');
const path = require('node:path');
const {Budgets} = require('./budgets.js');
const peers = require('./peers.js');
const recorder = require('./recorder.js');

const EACCES = -os.constants.errno.EACCES;
const POLICY_VARIABLE = 'GREENROOM_SANDBOX';

const policy = JSON.parse(process.env[POLICY_VARIABLE] || '{}');
delete process.env[POLICY_VARIABLE];    // browsers inherit the environment

const LOOPBACK = '127.0.0.1';
const CLOSED_PORT = 0;    // nothing can listen there, so the kernel refuses the connection
const HANG_UP_MILLIS = 1000;
const END_MILLIS = 1500;
const CONNECTION_NUMBER = 'x-greenroom-connection';
const MAX_SESSION_PORTS = 100;

// A BlockList compares numbers, not spellings, and recognizes IPv4 addresses that are written as IPv6.
const blockedSubnets = blockList(policy.blockedSubnets);
const privateSubnets = blockList(policy.privateSubnets);
const blockedEndpoints = byPort(policy.blockedEndpoints || []);
let blockedServers = new Map();    // likewise; of the grid, and they change while this runs
const ownPorts = new Set(policy.ownPorts || []);    // blocked at every address of this machine

let gridPorts = new Set();    // likewise; of the grid, and they change while this runs
const sessionPorts = new Map();    // number -> {serves: {session}}; only requests of that session may connect there

function blockList(subnets) {
  const list = new net.BlockList();
  for (const subnet of subnets || []) {
    const [address, bits] = subnet.split('/');
    list.addSubnet(address, Number(bits), family(address));
  }
  return list;
}

// port -> BlockList
function byPort(endpoints) {
  const lists = new Map();
  for (const {address, port} of endpoints) {
    if (!lists.has(port))
      lists.set(port, new net.BlockList());
    lists.get(port).addAddress(address, family(address));
  }
  return lists;
}

function family(address) {
  return net.isIPv6(address) ? 'ipv6' : 'ipv4';
}

function addressesOfThisMachine() {
  const list = new net.BlockList();
  list.addSubnet('127.0.0.0', 8, 'ipv4');
  list.addSubnet('0.0.0.0', 8, 'ipv4');
  list.addAddress('::', 'ipv6');
  list.addAddress('::1', 'ipv6');
  for (const {address} of Object.values(os.networkInterfaces()).flat())
    list.addAddress(address, family(address));
  return list;
}

// A port of another session looks like a port where nothing listens.
function isOfAnother(address, port) {
  const target = address.split('%')[0];
  return sessionPorts.has(port) && addressesOfThisMachine().check(target, family(target));
}

// The session in whose scope this runs, if it owns the port.
function sessionAt(address, port) {
  const session = address === LOOPBACK && sessionPorts.get(port)?.serves?.session;
  return session && session === scopes.getStore()?.session ? session : undefined;
}

function allowed(address, port) {
  const target = address.split('%')[0];    // without the zone of a link-local address
  const matches = list => list.check(target, family(target));
  if (matches(blockedSubnets))
    return false;
  if ([blockedEndpoints, blockedServers].some(lists => lists.has(port) && matches(lists.get(port))))
    return false;
  return !((ownPorts.has(port) || gridPorts.has(port)) && matches(addressesOfThisMachine()));
}

// The permission model closes process.binding, but a socket that is destroyed before it connects has a handle too.
const probe = new net.Socket();
probe.on('error', () => {});
probe.connect({host: '127.0.0.1', port: 1});
const tcp = Object.getPrototypeOf(probe._handle);
probe.destroy();
if (typeof tcp.connect !== 'function' || typeof tcp.connect6 !== 'function' || typeof tcp.listen !== 'function')
  throw new Error('this node has no socket handles that can be checked');

for (const name of ['connect', 'connect6']) {
  const connect = tcp[name];
  tcp[name] = function(request, address, port) {
    const session = sessionAt(address, port);
    if (!session && !allowed(address, port))
      return EACCES;
    const result = connect.call(this, request, address, !session && isOfAnother(address, port) ? CLOSED_PORT : port);
    const at = {};
    if (session && !result && !this.getsockname(at))
      session.calls.set(at.port, this);
    return result;
  };
}
const listenTcp = tcp.listen;
tcp.listen = function(backlog) {
  const scope = scopes.getStore();
  const at = {};
  if (!scope || !scope.port || this.getsockname(at) || at.address !== LOOPBACK)
    return EACCES;
  return listenTcp.call(this, backlog);
};

const connectSocket = net.Socket.prototype.connect;
net.Socket.prototype.connect = function(...args) {
  const [options] = net._normalizeArgs(Array.isArray(args[0]) ? args[0] : args);
  if (options && options.path)
    throw new Error('connecting to a Unix socket is not allowed');
  return connectSocket.apply(this, args);
};

// Code runs in a scope: {launch} from `within`, and {launch, session} once a client has connected.
const scopes = new AsyncLocalStorage();
const launches = new Set();
const temporary = os.tmpdir();    // of the process; from here on it depends on the scope
const budgets = new Budgets(policy.budgets, () => scopes.getStore() ?? {}, (...args) => exports.endSession(...args));
const listen = net.Server.prototype.listen;
net.Server.prototype.listen = function(...args) {
  const scope = scopes.getStore();
  const ready = args.findLast(argument => typeof argument === 'function');
  if (scope && scope.launch && scope.launch.socket) {
    const path = scope.launch.socket;
    scope.launch.socket = undefined;
    return listen.call(servingClients(this, scope.launch), {path}, ready);
  }
  if (scope && scope.session && scope.servers.left > 0 && Object.getPrototypeOf(this) === net.Server.prototype) {
    scope.servers.left--;
    return listenForSession(this, scope, ready);
  }
  throw new Error('listening is not allowed');
};

// Each connection is a session of its own, whose messages are handled in its scope: a new connection does not inherit the
// scope of its server.
function servingClients(server, launch) {
  const emit = server.emit;
  const sessions = new WeakMap();    // socket -> scope
  server.emit = (event, ...args) => {
    if (event === 'connection') {
      const session = {launch, connection: args[0], number: 0, used: false, ended: false, ports: new Set(), calls: new Map()};
      launch.sessions.add(session);
      args[0].once('close', () => launch.sessions.delete(session));
      budgets.begin(session);
      const scope = {launch, session, servers: {left: launch.exposesNetwork ? 1 : 0}};
      sessions.set(args[0], scope);
      handlingIn(scope, args[0]);
      if (launch.onConnect)
        launch.onConnect(args[0]);
    }
    const socket = event === 'connection' ? args[0] : args[0]?.socket;    // of a request
    const scope = sessions.get(socket);
    if (scope && args[0].headers)
      scope.session.number = Number(args[0].headers[CONNECTION_NUMBER]) || 0;
    return scopes.run(scope || {launch}, () => emit.call(server, event, ...args));
  };
  return server;
}

// What is handled here is that session's: also the errors that escape from it, and the time that it takes. A session that
// was ended reads nothing more.
function handlingIn(scope, emitter) {
  const emit = emitter.emit;
  emitter.emit = (...args) => {
    if (args[0] === 'data') {
      if (scope.session.ended)
        return true;
      scope.session.used = true;
      serving(scope);
    }
    return scopes.run(scope, () => emitted(emitter, emit, args));
  };
  return emitter;
}

function servedIn(scope, emitter) {
  const emit = emitter.emit;
  emitter.emit = (...args) => {
    if (args[0] === 'data')
      serving(scope);
    return emitted(emitter, emit, args);
  };
}

// An exception has left the scope that it belongs to when the process hears of it.
function emitted(emitter, emit, args) {
  try {
    return emit.apply(emitter, args);
  } catch (error) {
    if (!exports.endFailed(error))
      throw error;
    console.error(error);
    return true;
  }
}

// The worker cannot ask a process that hangs what it was doing, so the last session is in a file: the id of its launch
// and the number of its connection, 0 where only the launch is known.
const SERVING_BYTES = 40;
let servingFile;
let served;

function serving(scope) {
  if (served === scope || scope.launch.id === undefined)
    return;
  served = scope;
  servingFile ??= fs.openSync(path.join(temporary, 'serving'), 'w', 0o600);
  fs.writeSync(servingFile, `${scope.launch.id} ${scope.session?.number ?? 0}`.padEnd(SERVING_BYTES), 0);
}

// A server of one session: the SOCKS proxy of exposeNetwork, or that of a context with client certificates. It does not
// listen itself. Every process of this machine can connect to a loopback port, so the listener that owns the port checks
// the peer, and passes on only connections of the session's browser and of the session's own requests.
function listenForSession(server, scope, ready) {
  const {launch, session} = scope;
  if (session.ports.size >= MAX_SESSION_PORTS)
    throw new Error('a session may have ' + MAX_SESSION_PORTS + ' contexts with client certificates at once');
  const port = launch.reserved ? launch.reserved.find(it => !it.serves) : openPort(launch);
  if (!port)
    throw new Error('where BLOCK_PRIVATE_NETWORK is true, as on this grid, a session may have ' + launch.reserved.length
        + ' contexts with client certificates at once, exposeNetwork counting as one');
  port.serves = {session, accept: socket => scopes.run(scope, () => server.emit('connection', handlingIn(scope, socket)))};
  session.ports.add(port);
  server.address = () => port.listener.address();
  server.close = callback => {
    release(port);
    process.nextTick(() => { callback && callback(); server.emit('close'); });
    return server;
  };
  port.listener.once('error', error => server.emit('error', error));
  port.open.then(() => {
    scopes.run(scope, () => { ready && ready.call(server); server.emit('listening'); });
  });
  return server;
}

function openPort(launch) {
  const port = {listener: net.createServer(socket => accept(launch, port, socket))};
  port.open = new Promise(opened => {
    scopes.run({port}, () => listen.call(port.listener, {host: LOOPBACK, port: 0}, () => {
      const number = port.listener.address().port;
      sessionPorts.set(number, port);
      opened(number);
    }));
  });
  launch.ports.add(port);
  return port;
}

async function accept(launch, port, socket) {
  socket.on('error', () => {});    // it may fail before the server handles it
  const {serves} = port;
  const isKnown = serves && (isOwnCall(serves.session, socket) || await launch.callers.isOf(launch.pid, socket));
  if (isKnown && port.serves === serves && !socket.destroyed)
    serves.accept(socket);
  else
    socket.destroy();
}

// A reserved port keeps listening, and rejects all connections.
function release(port) {
  if (!port.serves)
    return;
  const {session} = port.serves;
  port.serves = undefined;
  session.ports.delete(port);
  if (!session.launch.reserved)
    closePort(session.launch, port);
}

function closePort(launch, port) {
  launch.ports.delete(port);
  port.open.then(number => {
    port.listener.close();
    sessionPorts.delete(number);
  });
}

// Requests of the session are made by this process, which has the handle of the other end. A port number that the kernel
// has reassigned since then does not match.
function isOwnCall(session, socket) {
  const handle = session.calls.get(socket.remotePort);
  session.calls.delete(socket.remotePort);
  const at = {};
  return Boolean(handle) && !handle.getsockname(at) && at.port === socket.remotePort && socket.remoteAddress === LOOPBACK;
}

// A launch may start its program, once. Otherwise only the video recorder can be started.
const start = childProcess.ChildProcess.prototype.spawn;
childProcess.ChildProcess.prototype.spawn = function(options) {
  const launch = scopes.getStore()?.launch;
  const mine = launch && launch.program && launch.program === options.file;
  if (!mine && !(isVideoRecorder(options.file) && budgets.owns(recorder.outputOf(options.args.slice(1)) ?? '')))
    throw new Error('starting a program is not allowed');
  if (mine) {
    launch.program = undefined;
    options.envPairs = budgets.environment(launch, options.envPairs);
    options.args = enabling(options.args, launch.features);
  }
  const result = start.call(this, options);
  if (mine && this.pid) {
    launch.pid = this.pid;
    (this.stdio || []).forEach(stream => stream && servedIn(scopes.getStore(), stream));    // the browser's messages
    budgets.readBrowser(launch, this);
    if (launch.spawned)
      launch.spawned(this);
  }
  return result;
};

// Of several arguments with Chromium's features the last one counts, so more of them are added to that one.
function enabling(args, features) {
  const name = '--enable-features=';
  const others = args.filter(it => it.startsWith(name)).at(-1)?.slice(name.length).split(',') ?? [];
  return features.length
      ? [args[0], name + [...others, ...features].join(','), ...args.slice(1).filter(it => !it.startsWith(name))] : args;
}

if (process.platform !== 'win32') {    // there, Playwright kills process trees with a program
  const refusal = () => new Error('starting a program is not allowed');
  childProcess.spawnSync = () => ({error: refusal(), status: null, signal: null, pid: 0, output: [], stdout: '', stderr: ''});
  childProcess.execSync = childProcess.execFileSync = () => { throw refusal(); };
}

function isVideoRecorder(file) {
  const folder = process.env.PLAYWRIGHT_BROWSERS_PATH;
  return file === policy.videoRecorder || Boolean(folder)
      && path.resolve(file).startsWith(path.resolve(folder) + path.sep) && path.basename(file).startsWith('ffmpeg');
}

/**
 * Runs `action`. Within it, and everything that it causes, `launch`, known by its `id`, says what is allowed, each once: the
 * first server listens on the Unix socket `socket`, whatever address it requested, and `program` may be started, after which
 * `spawned(child)` is called. Each connection to that server is a session, for which `onConnect(socket)` is called, and
 * `sessionEnded(connection, cause, detail)` when it is ended by `endSession`. `kill()` ends the browser. With `exposesNetwork` a session may open one
 * server on loopback.
 */
exports.within = (launch, action) => {
  launches.add(launch);
  launch.ports = new Set();
  launch.sessions = new Set();
  launch.callers = new peers.Callers();
  budgets.beginLaunch(launch);
  return scopes.run({launch}, action);
};

/** Runs `action`, which may open one server on loopback for its session. */
exports.openingServer = action => scopes.run({...scopes.getStore(), servers: {left: 1}}, action);

/**
 * Opens ports for the sessions of a launch, which get no others: for browsers that have to know them at their launch. A
 * port rejects connections until a session uses it. Returns the port numbers.
 */
exports.reservePorts = (launch, count) => {
  launch.reserved = Array.from({length: count}, () => openPort(launch));
  return Promise.all(launch.reserved.map(port => port.open));
};

/** Closes all ports of a launch, and removes its files; no more can be opened. */
exports.end = launch => {
  launches.delete(launch);
  budgets.endLaunch(launch);
  for (const port of launch.ports) {
    release(port);
    closePort(launch, port);
  }
  launch.reserved = [];
};

/** Blocks these ports at every address of this machine, and these servers, instead of the ones before. */
exports.block = (ports, servers) => {
  gridPorts = new Set(ports);
  blockedServers = byPort(servers);
};

/**
 * Closes the connection of the session in whose scope this runs, with code 1008 (policy violation). A moment later,
 * because some clients handle the close before the messages ahead of it.
 */
exports.hangUp = () => {
  const connection = scopes.getStore()?.session?.connection;
  setTimeout(() => connection?.end(Buffer.from([0x88, 2, 0x03, 0xf0])), HANG_UP_MILLIS).unref();
};

/**
 * Ends a session, and no other: the worker closes its connection with a close frame that says why. `cause` is one of the
 * words of SessionEnding.Cause; `detail` is for the client, except that of a `driver error`. The first call counts.
 */
exports.endSession = (session, cause, detail = '') => {
  if (session.ended)
    return;
  session.ended = true;
  if (session.launch.use)
    session.launch.use.changed ??= cause;
  if (session.connection.destroyed)    // its client has left, which may be what has failed here
    return;
  session.connection.pause();
  session.launch.sessionEnded?.(session.number, cause, detail);
  setTimeout(() => session.connection.destroy(), END_MILLIS).unref();    // the last frame may still be on its way
};

/** Whether no client is connected to any browser of this process. A connection that waits for its client does not count. */
exports.isIdle = () => ![...launches].some(launch => [...launch.sessions].some(session => session.used));

/**
 * Ends the sessions that an error belongs to which escaped from the code of this scope. Returns whether there are any.
 */
exports.endFailed = error => {
  const {session, launch} = scopes.getStore() ?? {};
  const failed = session ? [session] : [...launch?.sessions ?? []];
  failed.forEach(it => exports.endSession(it, 'driver error', String(error?.stack ?? error)));
  return failed.length > 0;
};

/** The session in whose scope this runs. */
exports.session = () => scopes.getStore()?.session;

/** The sessions of a launch that are connected. */
exports.sessionsOf = launch => [...launch.sessions];

/** The budgets of the sessions. */
exports.budgets = budgets;

/** Runs `action` in the scope that was current elsewhere. */
exports.runIn = (scope, action) => scope ? scopes.run(scope, action) : action();

/** The scope in which this runs. */
exports.scope = () => scopes.getStore();

/** The launch in whose scope this runs. */
exports.launch = () => scopes.getStore()?.launch;

/** Whether private networks are blocked, also for the proxies of clients. */
exports.blocksPrivateNetworks = (policy.privateSubnets || []).length > 0;

/** Whether an address is in a blocked network. */
exports.isPrivate = address => {
  const target = address.split('%')[0];
  return privateSubnets.check(target, family(target)) || blockedSubnets.check(target, family(target));
};

/** What the messages of a client may be. */
exports.messageLimits = policy.budgets || {};

/** Records videos where Playwright has no program of its own; undefined when there is none. */
exports.videoRecorder = policy.videoRecorder;
