// Messages of Playwright's protocol that a driver refuses to clients: those that read or write files of the worker by
// path, start programs, or open connections, also with the browser's own protocol. No stock client of a grid sends them.
'use strict';
const net = require('node:net');

const LOOKUP_MILLIS = 2000;
const MAX_NAME_CHARS = 200;
const PLAIN_HOST = /^(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]+)?$/;

// Objects that only make sense when the driver runs on the client's machine.
const closedTypes = new Set(['LocalUtils', 'Android', 'AndroidDevice', 'Electron', 'ElectronApplication', 'DebugController', 'JsonPipe']);

const closedMethods = new Set([
  'BrowserType.launch', 'BrowserType.launchPersistentContext', 'BrowserType.connectOverCDP', 'BrowserType.connectToWorker',
]);

// Fields that are paths of this machine, whatever the method. Clients of a grid upload content, not paths.
const closedFields = ['localPaths', 'localDirectory', 'outputFile'];

// Methods with names that become part of a path in the session's folder.
const namingMethods = new Set(['createTempFile', 'createTempFiles', 'tracingStart', 'tracingStartChunk']);

// Commands of Chromium's own protocol that write files as the worker's user, or that carry other commands, which cannot
// be checked.
const closedDomains = new Set(['Extensions', 'PWA', 'Tethering']);
const closedCommands = new Set([
  'Browser.setDownloadBehavior', 'Page.setDownloadBehavior', 'DOM.setFileInputFiles',
  'Target.exposeDevToolsProtocol', 'Target.sendMessageToTarget', 'Target.setRemoteLocations',
]);

/**
 * Why a client's message to an object of this type is refused; undefined when it is allowed. `privateIsClosed` says
 * whether private networks are blocked.
 */
exports.reason = ({method, params}, type, privateIsClosed) => {
  const given = params || {};
  if (closedMethods.has(type + '.' + method))
    return type + '.' + method + ' is not for clients of a grid; for each browser, call connect() with the address of the grid';
  if (closedTypes.has(type))
    return type + '.' + method + ' is not for clients of a grid';
  if (closedFields.some(field => given[field] !== undefined))
    return 'files of the worker are not for clients';
  if (namingMethods.has(method) && names(given).some(leavesItsFolder))
    return 'a name may not lead out of its folder';
  if (type === 'CDPSession' && method === 'send' && isClosedCommand(given))
    return given.method + ' is not for clients of a grid';
  if (type === 'CDPSession' && method === 'send' && privateIsClosed && given.params?.proxyServer)
    return given.method + ' with proxyServer is not for clients of this grid, which closes private networks'
        + ' (BLOCK_PRIVATE_NETWORK=true); use newContext({proxy}) with a proxy that has a public address';
  return undefined;
};

/** Whether a message belongs to Chromium's own protocol: it names no object, as Playwright's messages do. */
exports.isDevTools = ({guid, method}) => guid === undefined && /^[A-Z][A-Za-z]*\.[a-z]\w*$/.test(method);

exports.devTools = 'This address speaks Playwright\'s own protocol, not the Chrome DevTools Protocol:'
    + ' use connect() of Playwright with the same address, instead of connectOverCDP() or Puppeteer.';

function names({name, rootDirName, items}) {
  return [name, rootDirName, ...(Array.isArray(items) ? items.map(item => item && item.name) : [])];
}

function leavesItsFolder(name) {
  return typeof name === 'string' && name.split(/[\\/]/).includes('..');
}

function isClosedCommand({method, params}) {
  const command = String(method);
  const dropped = command === 'Input.dispatchDragEvent' && params && params.data && params.data.files;
  return closedCommands.has(command) || closedDomains.has(command.split('.')[0])
      || (Array.isArray(dropped) && dropped.length > 0);
}

/**
 * Why a client may not use this server as its proxy where private networks are blocked; undefined when it may. Names are
 * resolved, and a server that cannot be checked is refused. The browser resolves the name again, so a name server that
 * changes its answer gets through.
 *
 * `isPrivate(address)` says whether an IP address is private, `lookup` is that of `dns.promises`.
 */
exports.reasonOfProxy = async (server, isPrivate, lookup) => {
  const given = hostOf(server);
  if (given === undefined)
    return undefined;    // Playwright reports the error
  const {hostname, words} = readAsBrowser(given);
  if (words)
    return ofProxy(given, words);
  const name = hostname.replace(/\.$/, '');
  const found = isLocalName(name) ? 'private' : net.isIP(name) ? isPrivate(name) && 'private' : await lookedUp(name, isPrivate, lookup);
  switch (found) {
    case 'private':
      return ofProxy(name, 'has a private address, and this grid closes private networks (BLOCK_PRIVATE_NETWORK=true).'
          + ' Use a proxy with a public address, exposeNetwork for a proxy on your own machine, or a grid without that setting.');
    case 'late':
      return ofProxy(name, `could not be looked up: the DNS gave no answer within ${LOOKUP_MILLIS} ms. This grid closes private`
          + ' networks (BLOCK_PRIVATE_NETWORK=true), so it has to know whether the proxy is in one.'
          + ' Try again, or write the proxy with its IP address.');
    default:
      return undefined;
  }
};

function ofProxy(host, words) {
  return 'the proxy ' + host.slice(0, MAX_NAME_CHARS) + ' ' + words;
}

// The host that Playwright passes to the browser; a server may have a scheme or not.
function hostOf(server) {
  for (const text of [server, 'http://' + server]) {
    try {
      const {host} = new URL(text);
      if (host)
        return host;
    } catch {
      // try the other form
    }
  }
  return undefined;
}

// The browser decodes the host of a SOCKS server, and takes some characters for the start of the next server, so only
// plain hosts are accepted.
function readAsBrowser(host) {
  try {
    if (PLAIN_HOST.test(host))
      return {hostname: new URL('http://' + host).hostname.replace(/^\[|\]$/g, '')};
  } catch {
    // not a host
  }
  return {words: 'is not a plain host and port. This grid closes private networks (BLOCK_PRIVATE_NETWORK=true), so it takes'
      + ' proxies as <scheme>://<host>:<port> only, the host in ASCII letters, digits, ".", "-" and "_" (xn--… for other'
      + ' letters), or as an IP address.'};
}

// As in Chromium.
function isLocalName(name) {
  return name === 'localhost' || /\.(localhost|local|internal)$/.test(name);
}

async function lookedUp(name, isPrivate, lookup) {
  const late = [];
  const timeout = new Promise(over => setTimeout(over, LOOKUP_MILLIS, late).unref());
  const found = lookup(name, {all: true}).catch(error => error.code === 'EAI_AGAIN' ? late : []);    // an unknown name fails in the browser
  const addresses = await Promise.race([found, timeout]);
  return addresses === late ? 'late' : addresses.some(({address}) => isPrivate(address)) && 'private';
}
