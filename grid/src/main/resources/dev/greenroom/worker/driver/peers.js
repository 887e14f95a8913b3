// Finds the process at the other end of a loopback connection, with the help of the kernel (Linux only).
'use strict';
const fs = require('node:fs');
const os = require('node:os');

const LOOPBACK = '127.0.0.1';
const ADDRESS = os.endianness() === 'LE' ? '0100007F' : '7F000001';    // as in /proc/net/tcp: one number
const ESTABLISHED = '01';

// Connections of one browser that wait for the check at the same time; more are rejected unchecked.
const MAX_WAITING = 128;

/**
 * Distinguishes the connections of one browser from those of other processes. Connections are checked in batches, one
 * batch at a time: the connection table is long on a busy machine, and a browser has many open files.
 */
exports.Callers = class {
  #waiting = [];    // {socket, answer}
  #isLooking = false;
  #usual;    // the process that connected last; a browser makes its connections in one process

  /** Whether the peer of a TCP `socket` is the process `pid` or a descendant. True where the kernel does not tell. */
  async isOf(pid, socket) {
    if (process.platform !== 'linux')
      return true;
    if (!pid || this.#waiting.length >= MAX_WAITING)
      return false;
    return new Promise(answer => {
      this.#waiting.push({socket, answer});
      if (!this.#isLooking)
        this.#look(pid);
    });
  }

  async #look(pid) {
    this.#isLooking = true;
    while (this.#waiting.length > 0) {
      const callers = this.#waiting;
      this.#waiting = [];
      const known = await this.#known(pid, callers).catch(() => new Set());
      callers.forEach(caller => caller.answer(known.has(caller)));
    }
    this.#isLooking = false;
  }

  // The callers that belong to the browser. Cheap checks first: sockets of other users do not.
  async #known(pid, callers) {
    const inodes = inodesOf(callers, await fs.promises.readFile('/proc/net/tcp', 'latin1'));
    const asked = new Set(inodes.values());
    const held = new Set();
    const look = member => {
      for (const inode of heldBy(member, asked)) {
        held.add(inode);
        this.#usual = member;
      }
      return held.size === asked.size;
    };
    const isDone = asked.size === 0 || this.#usual && descendsFrom(pid, this.#usual) && look(this.#usual);
    if (!isDone)
      familyOf(pid).some(look);
    return new Set(callers.filter(caller => held.has(inodes.get(caller))));
  }
};

// caller -> inode of its socket, for sockets of this user. All four parts of a connection are compared: a browser may have
// another connection with the same two ports.
function inodesOf(callers, table) {
  const here = callers.filter(({socket}) => socket.remoteAddress === LOOPBACK && socket.localAddress === LOOPBACK);
  const byPorts = new Map(here.map(caller => [hex(caller.socket.remotePort) + ' ' + hex(caller.socket.localPort), caller]));
  const own = [...new Set(here.map(({socket}) => hex(socket.localPort)))].join('|');
  const rows = table.matchAll(new RegExp(` ${ADDRESS}:(....) ${ADDRESS}:(${own}) ${ESTABLISHED} (.*)`, 'g'));
  const inodes = new Map();
  for (const [, remotePort, localPort, rest] of own ? rows : []) {
    const caller = byPorts.get(remotePort + ' ' + localPort);
    const [, , , user, , inode] = rest.trim().split(/\s+/);
    if (caller && Number(user) === process.getuid())
      inodes.set(caller, inode);
  }
  return inodes;
}

function hex(port) {
  return port.toString(16).toUpperCase().padStart(4, '0');
}

function descendsFrom(pid, member) {
  for (let at = member; at > 1; at = parentOf(at) || 0) {
    if (at === pid)
      return true;
  }
  return false;
}

/** A process and all its descendants. */
exports.familyOf = familyOf;

function familyOf(pid) {
  const children = childrenByKernel(pid) ? childrenByKernel : childrenByLooking();
  const family = [pid];
  for (const member of family)
    family.push(...(children(member) || []));
  return family;
}

// Fast, but only some kernels have it.
function childrenByKernel(pid) {
  try {
    return fs.readdirSync('/proc/' + pid + '/task')
        .flatMap(thread => fs.readFileSync('/proc/' + pid + '/task/' + thread + '/children', 'latin1').split(' '))
        .filter(child => child).map(Number);
  } catch {
    return undefined;
  }
}

function childrenByLooking() {
  const children = new Map();
  for (const name of fs.readdirSync('/proc')) {
    const parent = /^\d+$/.test(name) ? parentOf(name) : undefined;
    if (parent !== undefined)
      children.set(parent, [...(children.get(parent) || []), Number(name)]);
  }
  return pid => children.get(pid);
}

function parentOf(pid) {
  try {
    const stat = fs.readFileSync('/proc/' + pid + '/stat', 'latin1');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
  } catch {
    return undefined;    // it has ended
  }
}

// Those of these sockets that a process has open.
function heldBy(pid, asked) {
  try {
    const folder = '/proc/' + pid + '/fd/';
    return fs.readdirSync(folder).map(name => linkOf(folder + name).slice('socket:['.length, -1)).filter(it => asked.has(it));
  } catch {
    return [];
  }
}

function linkOf(file) {
  try {
    return fs.readlinkSync(file);
  } catch {
    return '';
  }
}
