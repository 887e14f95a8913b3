// What a client may not ask of a driver, though Playwright's protocol has it: to read or write files of the worker by
// their path, to start programs, to open connections of its own, and to reach the same by the browser's own protocol.
// No stock client that is connected to a grid asks for any of it; one that does speaks by hand.
'use strict';

// Objects that are for a driver on the client's own machine.
const closedTypes = new Set(['LocalUtils', 'Android', 'AndroidDevice', 'Electron', 'ElectronApplication', 'DebugController', 'JsonPipe']);

const closedMethods = new Set([
  'BrowserType.launch', 'BrowserType.launchPersistentContext', 'BrowserType.connectOverCDP', 'BrowserType.connectToWorker',
]);

// Fields that are a path of this machine, whatever the method. A client sends the content of what it uploads.
const closedFields = ['localPaths', 'localDirectory', 'outputFile'];

// Fields that become a part of a path in the session's folder.
const namingMethods = new Set(['createTempFile', 'createTempFiles', 'tracingStart', 'tracingStartChunk']);

// Commands of Chromium's own protocol. The browser writes where it is told, as the worker's user; and of what carries
// other commands, nobody sees what they are.
const closedDomains = new Set(['Extensions', 'PWA', 'Tethering']);
const closedCommands = new Set([
  'Browser.setDownloadBehavior', 'Page.setDownloadBehavior', 'DOM.setFileInputFiles',
  'Target.exposeDevToolsProtocol', 'Target.sendMessageToTarget', 'Target.setRemoteLocations',
]);

/** Why a message of a client to an object of this type is refused; undefined when it may pass. */
exports.reason = ({method, params}, type) => {
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
  return undefined;
};

/** Whether a message is one of Chromium's own protocol: a command for nobody. Playwright's messages name an object. */
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
