// Who is at the other end of a connection on loopback: asked of the kernel, where it tells (Linux).
'use strict';
const fs = require('node:fs');
const os = require('node:os');

const ESTABLISHED = '01';

/**
 * Whether the peer of a TCP `socket` is the process `pid` or one that it started. True where nobody can tell. A browser
 * connects from one process of its family, which `seen` remembers from one call to the next.
 */
exports.isOf = async (pid, socket, seen = {}) => {
  if (process.platform !== 'linux')
    return true;
  if (!pid)
    return false;
  try {
    const inode = await inodeOf(socket);
    if (inode === undefined)
      return false;
    if (seen.pid && descendsFrom(pid, seen.pid) && holds(seen.pid, inode))
      return true;
    seen.pid = familyOf(pid).find(member => holds(member, inode));
    return seen.pid !== undefined;
  } catch {
    return false;
  }
};

// All four parts of a connection are compared: a browser may have another one, to elsewhere, with the same two ports. The
// table is long on a busy machine, and takes the kernel a while, during which others are served.
async function inodeOf(socket) {
  const peer = end(socket.remoteAddress, socket.remotePort), own = end(socket.localAddress, socket.localPort);
  const row = new RegExp(` ${peer} ${own} ${ESTABLISHED} .*`);
  const [line] = row.exec(await fs.promises.readFile('/proc/net/tcp', 'latin1')) || [];
  return line && line.trim().split(/\s+/)[8];
}

// An end of a connection as the table has it: the address as one number of the machine's, then the port.
function end(address, port) {
  const bytes = address.split('.').map(Number);
  if (bytes.length !== 4)
    throw new Error('an address of version 4 was expected: ' + address);
  const hex = (numbers, digits) => numbers.map(number => number.toString(16).toUpperCase().padStart(digits, '0')).join('');
  return hex(os.endianness() === 'LE' ? bytes.reverse() : bytes, 2) + ':' + hex([port], 4);
}

function descendsFrom(pid, member) {
  for (let at = member; at > 1; at = parentOf(at) || 0) {
    if (at === pid)
      return true;
  }
  return false;
}

// A process and all that descend from it.
function familyOf(pid) {
  const children = childrenByKernel(pid) ? childrenByKernel : childrenByLooking();
  const family = [pid];
  for (const member of family)
    family.push(...(children(member) || []));
  return family;
}

// Cheap, where the kernel was built with it: a browser has many connections, and a machine many processes.
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
    return undefined;    // gone meanwhile
  }
}

function holds(pid, inode) {
  const wanted = 'socket:[' + inode + ']';
  try {
    const folder = '/proc/' + pid + '/fd/';
    return fs.readdirSync(folder).some(name => linkOf(folder + name) === wanted);
  } catch {
    return false;
  }
}

function linkOf(file) {
  try {
    return fs.readlinkSync(file);
  } catch {
    return '';
  }
}
