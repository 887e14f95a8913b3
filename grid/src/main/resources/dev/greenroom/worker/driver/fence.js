// The fence around a driver process, loaded with `node -r` before anything else runs.
//
// Outgoing TCP connections are checked at the socket handle, where the address is already resolved: no spelling of a
// name or a number, no redirect and no rebinding name gets past it. Servers may listen on Unix sockets that were
// permitted one by one, and on nothing else. Programs other than the browsers of permitted launches do not start.
'use strict';
const {AsyncLocalStorage} = require('node:async_hooks');
const childProcess = require('node:child_process');
const net = require('node:net');
const os = require('node:os');
const path = require('node:path');
const peers = require('./peers.js');

const EACCES = -os.constants.errno.EACCES;
const POLICY_VARIABLE = 'GREENROOM_FENCE';

const policy = JSON.parse(process.env[POLICY_VARIABLE] || '{}');
delete process.env[POLICY_VARIABLE];    // browsers inherit the environment

// A BlockList compares numbers, not spellings, and takes an IPv4 address that is written as IPv6 for what it is.
const forbiddenSubnets = new net.BlockList();
for (const subnet of policy.blockedSubnets || []) {
  const [address, bits] = subnet.split('/');
  forbiddenSubnets.addSubnet(address, Number(bits), family(address));
}
const forbiddenEndpoints = new Map();    // port -> BlockList
for (const {address, port} of policy.blockedEndpoints || []) {
  if (!forbiddenEndpoints.has(port))
    forbiddenEndpoints.set(port, new net.BlockList());
  forbiddenEndpoints.get(port).addAddress(address, family(address));
}
const ownPorts = new Set(policy.ownPorts || []);    // closed at every address of this machine

let gridPorts = new Set();    // the grid's own, likewise

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

function allowed(address, port) {
  const target = address.split('%')[0];    // without the zone of a link-local address
  const matches = list => list.check(target, family(target));
  if (matches(forbiddenSubnets))
    return false;
  if (forbiddenEndpoints.has(port) && matches(forbiddenEndpoints.get(port)))
    return false;
  return !((ownPorts.has(port) || gridPorts.has(port)) && matches(addressesOfThisMachine()));
}

// process.binding is closed by the permission model; a socket that is destroyed before it connects has a handle, too.
const probe = new net.Socket();
probe.on('error', () => {});
probe.connect({host: '127.0.0.1', port: 1});
const tcp = Object.getPrototypeOf(probe._handle);
probe.destroy();
if (typeof tcp.connect !== 'function' || typeof tcp.connect6 !== 'function' || typeof tcp.listen !== 'function')
  throw new Error('this node has no socket handles that can be fenced');

for (const name of ['connect', 'connect6']) {
  const connect = tcp[name];
  tcp[name] = function(request, address, port) {
    return allowed(address, port) ? connect.call(this, request, address, port) : EACCES;
  };
}
// Of TCP servers there is one kind: on loopback, permitted one by one.
const listenTcp = tcp.listen;
tcp.listen = function(backlog) {
  const permit = permits.getStore();
  const at = {};
  if (!permit || !permit.opening || this.getsockname(at) || at.address !== '127.0.0.1')
    return EACCES;
  permit.opening = false;
  ownPorts.add(at.port);    // for the pages of one session, not for requests that anybody's driver makes
  return listenTcp.call(this, backlog);
};

const connectSocket = net.Socket.prototype.connect;
net.Socket.prototype.connect = function(...args) {
  const [options] = net._normalizeArgs(Array.isArray(args[0]) ? args[0] : args);
  if (options && options.path)
    throw new Error('connecting to a Unix socket is not allowed');
  return connectSocket.apply(this, args);
};

const permits = new AsyncLocalStorage();
const listen = net.Server.prototype.listen;
net.Server.prototype.listen = function(...args) {
  const permit = permits.getStore();
  const ready = args.findLast(argument => typeof argument === 'function');
  if (permit && permit.socket) {
    const path = permit.socket;
    permit.socket = undefined;
    if (permit.onConnect)
      carry(this, permit).prependListener('connection', socket => permit.onConnect(carry(socket, permit)));
    return listen.call(this, {path}, ready);
  }
  if (permit && permit.loopback) {
    permit.loopback = false;
    permit.opening = true;
    return listen.call(admitting(this, permit), {host: '127.0.0.1', port: 0}, ready);
  }
  throw new Error('listening is not allowed');
};

// What a client sends is handled under the permit of the server that it came to: a new connection does not inherit it.
function carry(emitter, permit) {
  const emit = emitter.emit;
  emitter.emit = (...args) => permits.run(permit, () => emit.apply(emitter, args));
  return emitter;
}

// A server on loopback is in everybody's reach, so it asks the kernel who calls: the browser that was started under the
// same permit, or one of its children.
function admitting(server, permit) {
  const emit = server.emit;
  server.emit = function(event, ...args) {
    if (event === 'connection' && !peers.isOf(permit.pid, args[0])) {
      args[0].destroy();
      return true;
    }
    return emit.call(this, event, ...args);
  };
  server.once('listening', () => {
    const {port} = server.address();
    server.once('close', () => ownPorts.delete(port));
  });
  return server;
}

// Programs are started under a permit that names them, once; else only the one that records videos.
const start = childProcess.ChildProcess.prototype.spawn;
childProcess.ChildProcess.prototype.spawn = function(options) {
  const permit = permits.getStore();
  const mine = permit && permit.program && permit.program === options.file;
  if (!mine && !isVideoRecorder(options.file))
    throw new Error('starting a program is not allowed');
  if (mine)
    permit.program = undefined;
  const result = start.call(this, options);
  if (mine && this.pid) {
    permit.pid = this.pid;
    if (permit.spawned)
      permit.spawned(this);
  }
  return result;
};
if (process.platform !== 'win32') {    // there, a tree of processes is killed with the help of a program
  const refusal = () => new Error('starting a program is not allowed');
  childProcess.spawnSync = () => ({error: refusal(), status: null, signal: null, pid: 0, output: [], stdout: '', stderr: ''});
  childProcess.execSync = childProcess.execFileSync = () => { throw refusal(); };
}

function isVideoRecorder(file) {
  const folder = process.env.PLAYWRIGHT_BROWSERS_PATH;
  return Boolean(folder) && path.resolve(file).startsWith(path.resolve(folder) + path.sep)
      && path.basename(file).startsWith('ffmpeg');
}

/**
 * Runs `action`. Within it, and within whatever it causes, `permit` says what is allowed, each once: the first server
 * listens on the Unix socket `socket`, whatever it asked for; if `loopback`, a second one listens on loopback, for the
 * browser only; `program` may be started. Calls `onConnect(socket)`, where it is there, under which then everything that
 * comes from such a socket runs; and `spawned(child)`.
 */
exports.within = (permit, action) => permits.run(permit, action);

/** Closes these ports at every address of this machine, instead of those that were closed so before. */
exports.closePorts = ports => { gridPorts = new Set(ports); };

/** The permit under which this runs. */
exports.permit = () => permits.getStore();
