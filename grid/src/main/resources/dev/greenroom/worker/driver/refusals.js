// Well-formed messages of Playwright's protocol that a driver refuses to clients: those that read or write files of the
// worker by path, start programs, or open connections, also with the browser's own protocol; and those whose small text
// costs a driver its memory or its time. No stock client of a grid sends them.
//
// What a version of Playwright does not know, its own validators refuse or drop. What they let through reaches `ofFields`,
// which refuses fields by their names: those of versions that did not exist when this was written, too.
'use strict';
const net = require('node:net');

const LOOKUP_MILLIS = 2000;
const MAX_NAME_CHARS = 200;
const PLAIN_HOST = /^(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]+)?$/;

const MAX_METHOD_CHARS = 200;
const MAX_SELECTOR_CHARS = 200_000;
const MAX_REGEX_CHARS = 65_536;
const MAX_GLOB_CHARS = 8192;
const MAX_GLOB_STARS = 32;
const MAX_GLOB_STARS_BETWEEN_SLASHES = 8;    // each one multiplies the time that an address may take
const MAX_PICTURE_PIXELS = 50_000_000;    // of an expected screenshot; a page of the largest height at scale 2 has 42 million
const MAX_VIDEO_PIXELS = 4096 * 4096;
const MAX_FRAMES_PER_SECOND = 240;
const MAX_CLICKS = 1000;
const MAX_UPLOADED_FILES = 2000;    // each is an open file of the driver until it is complete

/** What a message of Playwright's protocol consists of. Those that are only a notice may have no id. */
exports.shape = {
  id: ['number', 'string', 'missing'],
  guid: ['string'],
  method: ['string'],
  params: ['object', 'missing'],
  metadata: ['object', 'missing'],
};

// Objects that only make sense when the driver runs on the client's machine.
const closedTypes = new Set(['LocalUtils', 'Android', 'AndroidDevice', 'Electron', 'ElectronApplication', 'DebugController', 'JsonPipe']);

const closedMethods = new Set([
  'BrowserType.launch', 'BrowserType.launchPersistentContext', 'BrowserType.connectOverCDP', 'BrowserType.connectToWorker',
  'Browser.startServer',
]);

// A field that is called like this, or whose last word is, names a file, a program, a port or a host. Clients of a grid
// upload content, not paths.
const WORDS = ['path', 'paths', 'dir', 'directory', 'folder', 'file', 'files', 'program', 'executable', 'command', 'host', 'hosts', 'port', 'server', 'socket', 'endpoint'];
const NAMES_PLACE = new RegExp(`(?:^(?:${WORDS.join('|')})|(?:${WORDS.map(it => it[0].toUpperCase() + it.slice(1)).join('|')}))(?:URL)?$`);

// All such fields that clients may use, each with the field, or else the method, in which it is.
const openFields = new Set([
  'cookies.path', 'clearCookies.path', 'stores.keyPath', 'indexes.keyPath', 'opfs.path',    // within sites
  'urlPattern.port',    // of addresses that are compared with it
  'location.file',    // where a call is in the client's source
  'recordVideo.dir', 'recordHar.path', 'recordHar.harPath', 'recordHar.resourcesDir', 'options.path', 'options.harPath',
  'options.resourcesDir', 'startTracing.path',    // of the client's machine; Playwright takes a folder of its own
  'socksConnected.host', 'socksConnected.port',    // of the client's machine, for exposeNetwork
  'proxy.server',    // see reasonOfProxy
]);

// Names that become part of a path in the session's folder.
const namesInFolder = new Set(['createTempFile.name', 'createTempFiles.rootDirName', 'items.name', 'tracingStart.name', 'tracingStartChunk.name']);

// What pages keep, in fields that they named themselves.
const opaqueFields = new Set(['records']);

// Commands of Chromium's own protocol that write files as the worker's user, or that carry other commands, which cannot
// be checked.
const closedDomains = new Set(['Extensions', 'PWA', 'Tethering']);
const closedCommands = new Set([
  'Browser.setDownloadBehavior', 'Page.setDownloadBehavior', 'DOM.setFileInputFiles',
  'Target.exposeDevToolsProtocol', 'Target.sendMessageToTarget', 'Target.setRemoteLocations',
]);

/**
 * Why a client's message to an object of this type is refused, whatever its fields; undefined when it is allowed.
 * `privateIsClosed` says whether private networks are blocked.
 */
exports.reason = ({method, params}, type, privateIsClosed) => {
  const given = params || {};
  if (method.length > MAX_METHOD_CHARS)
    return 'a method has at most ' + MAX_METHOD_CHARS + ' characters';
  if (closedMethods.has(type + '.' + method))
    return type + '.' + method + ' is not for clients of a grid; for each browser, call connect() with the address of the grid';
  if (closedTypes.has(type))
    return type + '.' + method + ' is not for clients of a grid';
  if (type === 'CDPSession' && method === 'send' && isClosedCommand(given))
    return given.method + ' is not for clients of a grid';
  if (type === 'CDPSession' && method === 'send' && privateIsClosed && given.params?.proxyServer)
    return given.method + ' with proxyServer is not for clients of this grid, which closes private networks'
        + ' (BLOCK_PRIVATE_NETWORK=true); use newContext({proxy}) with a proxy that has a public address';
  return undefined;
};

/**
 * Why a call is refused for its fields, as Playwright's validators let them through; undefined when it is allowed.
 */
exports.ofFields = (type, method, params) => {
  if (type === 'CDPSession')
    return undefined;    // its fields are those of another protocol
  if (type === 'Browser' && method === 'newContextForReuse' && params?.recordVideo)
    return '"recordVideo" of newContextForReuse is not for clients of a grid; use newContext()';
  return ofValue(params, method);
};

function ofValue(value, within) {
  if (Array.isArray(value)) {
    for (const element of value) {
      const why = ofValue(element, within);
      if (why)
        return why;
    }
    return undefined;
  }
  if (!isRecord(value))
    return undefined;
  for (const field of Object.keys(value)) {
    const why = ofField(value[field], field, within) ?? (opaqueFields.has(field) ? undefined : ofValue(value[field], field));
    if (why)
      return why;
  }
  return undefined;
}

// Not the objects of Playwright that stand for a guid, and no content.
function isRecord(value) {
  const type = typeof value === 'object' && value !== null && Object.getPrototypeOf(value);
  return type === Object.prototype || (type === null && value !== null);
}

function ofField(value, field, within) {
  const place = within + '.' + field;
  switch (typeof value) {
    case 'string':
      return ofText(value, field, place) ?? ofPlace(field, place);
    case 'number':
      return ofNumber(value, field) ?? ofPlace(field, place);
    case 'object':
      if (Array.isArray(value))
        return ofList(value, field, place);
      if (field === 'expected' && Buffer.isBuffer(value))
        return ofPicture(value);
      if (field === 'size' && value?.width * value?.height > MAX_VIDEO_PIXELS)
        return 'a video has at most ' + MAX_VIDEO_PIXELS + ' pixels';
  }
  return undefined;
}

function ofPlace(field, place) {
  return NAMES_PLACE.test(field) && !openFields.has(place)
      ? '"' + field + '" names a file, a program or an address of the worker, which are not for clients of a grid' : undefined;
}

function ofText(text, field, place) {
  if (namesInFolder.has(place) && text.split(/[\\/]/).includes('..'))
    return 'a name may not lead out of its folder';
  if (/selector$/i.test(field) && text.length > MAX_SELECTOR_CHARS)
    return 'a selector has at most ' + MAX_SELECTOR_CHARS + ' characters';
  if (/regexSource$/i.test(field) && text.length > MAX_REGEX_CHARS)
    return 'a regular expression has at most ' + MAX_REGEX_CHARS + ' characters';
  return /glob$/i.test(field) ? ofGlob(text) : undefined;
}

function ofGlob(glob) {
  if (glob.length > MAX_GLOB_CHARS)
    return 'a glob has at most ' + MAX_GLOB_CHARS + ' characters';
  const runs = glob.split('/').map(part => part.match(/\*+/g)?.length ?? 0);
  if (Math.max(...runs) > MAX_GLOB_STARS_BETWEEN_SLASHES)
    return 'a glob has at most ' + MAX_GLOB_STARS_BETWEEN_SLASHES + ' stars between two slashes; use a function or a regular expression instead';
  return runs.reduce((sum, n) => sum + n, 0) > MAX_GLOB_STARS ? 'a glob has at most ' + MAX_GLOB_STARS + ' stars' : undefined;
}

function ofNumber(number, field) {
  if (field === 'clickCount' && number > MAX_CLICKS)
    return 'at most ' + MAX_CLICKS + ' clicks in one call';
  if (field === 'fps' && number > MAX_FRAMES_PER_SECOND)
    return 'a video has at most ' + MAX_FRAMES_PER_SECOND + ' frames per second';
  return undefined;
}

function ofList(list, field, place) {
  if (place === 'createTempFiles.items' && list.length > MAX_UPLOADED_FILES)
    return 'at most ' + MAX_UPLOADED_FILES + ' files in one upload';
  return list.some(it => typeof it === 'string') ? ofPlace(field, place) : undefined;
}

// A small file may claim a size that takes all memory to decode.
function ofPicture(file) {
  for (const {width, height} of sizes(file)) {
    if (width * height > MAX_PICTURE_PIXELS)
      return `an expected screenshot has at most ${MAX_PICTURE_PIXELS} pixels, and this one has ${width} x ${height}`;
  }
  return undefined;
}

// The sizes that a PNG claims, which may be several, or the one of a WebP. Playwright reports what is neither.
function sizes(file) {
  if (!file.toString('latin1', 0, 8).startsWith('\x89PNG'))
    return [sizeOfWebp(file)];
  const found = [];
  for (let at = 8; at + 16 <= file.length; at += 12 + file.readUInt32BE(at)) {
    if (file.toString('latin1', at + 4, at + 8) === 'IHDR')
      found.push({width: file.readUInt32BE(at + 8), height: file.readUInt32BE(at + 12)});
  }
  return found;
}

function sizeOfWebp(file) {
  const kind = file.toString('latin1', 0, 16);
  if (!/^RIFF[^]{4}WEBPVP8/.test(kind) || file.length < 30)
    return {width: 0, height: 0};
  switch (kind[15]) {
    case 'X':
      return {width: file.readUIntLE(24, 3) + 1, height: file.readUIntLE(27, 3) + 1};
    case 'L': {
      const bits = file.readUInt32LE(21);
      return {width: (bits & 0x3fff) + 1, height: (bits >>> 14 & 0x3fff) + 1};
    }
    default:
      return {width: file.readUInt16LE(26) & 0x3fff, height: file.readUInt16LE(28) & 0x3fff};
  }
}

/** Whether a message belongs to Chromium's own protocol: it names no object, as Playwright's messages do. */
exports.isDevTools = message => message?.guid === undefined && typeof message?.method === 'string'
    && /^[A-Z][A-Za-z]{0,99}\.[a-z]\w{0,99}$/.test(message.method);

exports.devTools = 'This address speaks Playwright\'s own protocol, not the Chrome DevTools Protocol:'
    + ' use connect() of Playwright with the same address, instead of connectOverCDP() or Puppeteer.';

/** Whether a command of Chromium's own protocol is not for clients of a grid. */
exports.isClosedCommand = isClosedCommand;

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
