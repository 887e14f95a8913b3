// Who is at the other end of a connection on loopback: asked of the kernel, where it tells (Linux).
'use strict';
const fs = require('node:fs');

const ESTABLISHED = '01';

/** Whether the peer of a TCP `socket` is the process `pid` or one that it started. True where nobody can tell. */
exports.isOf = (pid, socket) => {
  if (process.platform !== 'linux')
    return true;
  if (!pid)
    return false;
  try {
    const inode = inodeOf(socket.remotePort, socket.localPort);
    return inode !== undefined && familyOf(pid).some(member => holds(member, inode));
  } catch {
    return false;
  }
};

function inodeOf(localPort, remotePort) {
  const hex = port => ':' + port.toString(16).toUpperCase().padStart(4, '0');
  for (const line of fs.readFileSync('/proc/net/tcp', 'latin1').split('\n')) {
    const [, local, remote, state, , , , , , inode] = line.trim().split(/\s+/);
    if (state === ESTABLISHED && local.endsWith(hex(localPort)) && remote.endsWith(hex(remotePort)))
      return inode;
  }
  return undefined;
}

// A process and all that descend from it.
function familyOf(pid) {
  const children = new Map();
  for (const name of fs.readdirSync('/proc')) {
    const parent = /^\d+$/.test(name) ? parentOf(name) : undefined;
    if (parent !== undefined)
      children.set(parent, [...(children.get(parent) || []), Number(name)]);
  }
  const family = [pid];
  for (const member of family)
    family.push(...(children.get(member) || []));
  return family;
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
