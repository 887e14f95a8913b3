// The fence around a driver process, loaded with `node -r` before anything else runs.
//
// Outgoing TCP connections are checked at the socket handle, where the address is already resolved: no spelling of a
// name or a number, no redirect and no rebinding name gets past it. Servers may listen on Unix sockets that were
// permitted one by one, and on nothing else.
'use strict';
const {AsyncLocalStorage} = require('node:async_hooks');
const net = require('node:net');
const os = require('node:os');

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
  return !(ownPorts.has(port) && matches(addressesOfThisMachine()));
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
tcp.listen = () => EACCES;

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
  if (!permit || permit.used)
    throw new Error('listening is not allowed');
  permit.used = true;
  const ready = args.findLast(argument => typeof argument === 'function');
  return listen.call(this, {path: permit.path}, ready);
};

/** Runs `action`; the first server that listens within it listens on the Unix socket `path`, whatever it asked for. */
exports.withSocket = (path, action) => permits.run({path, used: false}, action);
