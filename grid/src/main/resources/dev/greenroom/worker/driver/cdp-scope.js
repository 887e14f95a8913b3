// Which part of a browser a client may see and steer with the Chrome DevTools Protocol while others use the same browser:
// the browser contexts that were made for it, and the targets in them.
//
// What belongs to others looks as if it were not there: lists do not have it, events about it are not delivered, and
// commands that name it get the error that a browser has for an unknown id. Whether an id is another's or nobody's is not
// asked, and such a command does not reach the browser: some browsers crash on an id that they do not know. Commands
// that concern the whole browser are refused.
//
//     const scope = new Scope(contexts, contextOf);    // of one client
//     const session = scope.session(level);            // of each of its sessions, with the browser or with a target
//     const {error, params} = await session.command(method, params);    // error: {code, message}, the client's answer
//     session.result(method, result)       what the client gets of the browser's answer
//     session.delivers(method, params)     whether the client gets an event
//
// `level` is 'browser' for a session with the browser target, and 'page' for one with any other. Messages in messages
// (`Target.sendMessageToTarget`) are refused: the caller takes them out.
'use strict';

// What a session with the browser may send. Everything else there concerns the whole browser.
const ofBrowser = new Set([
  'Browser.cancelDownload', 'Browser.getBrowserCommandLine', 'Browser.getVersion', 'Browser.getWindowBounds', 'Browser.getWindowForTarget',
  'Browser.grantPermissions', 'Browser.resetPermissions', 'Browser.setContentsSize', 'Browser.setDownloadBehavior', 'Browser.setPermission',
  'Browser.setWindowBounds', 'Runtime.runIfWaitingForDebugger', 'Schema.getDomains',
  'Storage.clearCookies', 'Storage.getCookies', 'Storage.setCookies', 'SystemInfo.getFeatureState', 'SystemInfo.getInfo',
  'Target.activateTarget', 'Target.attachToBrowserTarget', 'Target.attachToTarget', 'Target.autoAttachRelated', 'Target.closeTarget',
  'Target.createBrowserContext', 'Target.createTarget', 'Target.detachFromTarget', 'Target.disposeBrowserContext', 'Target.getBrowserContexts',
  'Target.getDevToolsTarget', 'Target.getTargetInfo', 'Target.getTargets', 'Target.setDiscoverTargets',
]);

// A session with a page may send these too, and nothing else of their domains. Tracing, for example, records what all
// pages do, whichever session started it.
const ofPage = new Set(['Target.setAutoAttach']);
const sharedDomains = new Set(['BluetoothEmulation', 'Browser', 'SystemInfo', 'Target', 'Tethering', 'Tracing']);
const sharedCommands = new Set([
  'Emulation.addScreen', 'Emulation.removeScreen', 'Emulation.setPrimaryScreen', 'Emulation.updateScreen',
  'Memory.getBrowserSamplingProfile', 'Memory.setPressureNotificationsSuppressed', 'Memory.simulatePressureNotification',
]);

// Without a "browserContextId" these mean the browser's default context, which is nobody's. The others mean the same only
// in a session with the browser.
const ofDefaultContext = new Set([
  'Browser.cancelDownload', 'Browser.grantPermissions', 'Browser.resetPermissions', 'Browser.setDownloadBehavior', 'Browser.setPermission',
  'Target.createTarget',
]);
const ofDefaultContextInBrowser = new Set(['Storage.clearCookies', 'Storage.getCookies', 'Storage.setCookies']);

// Addresses of the browser's own pages. Some show what others do, for example chrome://webrtc-internals.
const internalSchemes = new Set(['chrome:', 'chrome-untrusted:', 'devtools:', 'edge:']);
const plainPages = /^about:(?:blank|srcdoc)\b/;    // other addresses of this kind are those of chrome:

const navigating = new Set(['Page.navigate', 'Target.createTarget']);

const INVALID_PARAMETERS = -32602;
const SERVER_ERROR = -32000;

/** Whether an address leads to a page of the browser's own. */
exports.isInternal = address => {
  let url;
  try {
    url = new URL(address);
  } catch {
    return false;
  }
  if (url.protocol === 'view-source:')
    return exports.isInternal(url.pathname);
  return internalSchemes.has(url.protocol) || (url.protocol === 'about:' && !plainPages.test(url.href));
};

exports.internal = 'pages of the browser itself (chrome:, devtools:, about:) are not for clients of a grid on which several'
    + ' sessions use one browser (ISOLATION=shared)';

exports.Scope = class {
  /**
   * @param contexts returns the Set of the ids of the browser contexts that were made for this client; those that it
   *     creates itself come on top
   * @param contextOf a promise of the id of the browser context in which a target is, undefined when there is none
   */
  constructor(contexts, contextOf) {
    this._contexts = contexts;
    this.contextOf = contextOf;
    this.created = new Set();    // ids of contexts
    this.windows = new Set();    // numbers of windows of its pages
  }

  has(context) {
    return this.created.has(context) || this._contexts().has(context);
  }

  session(level) {
    return new Session(this, level);
  }
};

class Session {
  constructor(scope, level) {
    this._scope = scope;
    this._level = level;
    this._targets = new Set();    // ids of those that the client has heard of by an event
    this._attached = new Set();    // ids of sessions, likewise
  }

  /** What happens with a command: an error for the client, or the parameters with which the browser gets it. */
  async command(method, params) {
    if (!passes(method, this._level))
      return refused(method + ' is about the whole browser, which several sessions use on this grid (ISOLATION=shared)');
    const {browserContextId, targetId, windowId, url} = params ?? {};
    if (navigating.has(method) && exports.isInternal(url))
      return refused(exports.internal);
    if (isGiven(browserContextId) && !this._scope.has(browserContextId))
      return unknownContext(method, browserContextId);
    if (!isGiven(browserContextId) && meansDefaultContext(method, this._level))
      return refused(method + ' needs the "browserContextId" of a context of this session: several sessions use one browser on'
          + ' this grid (ISOLATION=shared), and its default context is nobody\'s');
    if (isGiven(windowId) && !this._scope.windows.has(windowId))
      return {error: {code: SERVER_ERROR, message: 'Browser window not found'}};
    if (isGiven(targetId) && !this._scope.has(await this._scope.contextOf(targetId)))
      return unknownTarget(method);
    if (method === 'Target.disposeBrowserContext' && this._level === 'browser')    // others may not
      this._scope.created.delete(browserContextId);
    return {params: method === 'Target.createBrowserContext' ? {...params, disposeOnDetach: true} : params};
  }

  result(method, result) {
    switch (method) {
      case 'Target.createBrowserContext':
        this._scope.created.add(result.browserContextId);
        return result;
      case 'Target.getBrowserContexts':
        return {browserContextIds: result.browserContextIds.filter(id => this._scope.has(id))};
      case 'Target.getTargets':
        return {...result, targetInfos: result.targetInfos.filter(it => this._scope.has(it.browserContextId))};
      case 'Browser.getWindowForTarget':
        this._scope.windows.add(result.windowId);
        return result;
      default:
        return result;
    }
  }

  delivers(method, params) {
    const {targetInfo, targetId, sessionId} = params ?? {};
    switch (method) {
      case 'Target.attachedToTarget':    // to the browser when the client wanted that
        return (this._scope.has(targetInfo.browserContextId) || targetInfo.type === 'browser') && Boolean(this._attached.add(sessionId));
      case 'Target.detachedFromTarget':
        return this._attached.delete(sessionId);
      case 'Target.receivedMessageFromTarget':
        return this._attached.has(sessionId);
      case 'Target.targetDestroyed':
        return this._targets.delete(targetId);
      default:
        return targetInfo ? this._scope.has(targetInfo.browserContextId) && Boolean(this._targets.add(targetInfo.targetId))
            : !method.startsWith('Target.') || this._targets.has(targetId);
    }
  }
}

function passes(method, level) {
  if (ofBrowser.has(method))
    return true;
  return level === 'page' && (ofPage.has(method) || !(sharedCommands.has(method) || sharedDomains.has(method.split('.')[0])));
}

function meansDefaultContext(method, level) {
  return ofDefaultContext.has(method) || (level === 'browser' && ofDefaultContextInBrowser.has(method));
}

function isGiven(value) {
  return value !== undefined && value !== null;
}

function refused(message) {
  return {error: {code: SERVER_ERROR, message}};
}

function unknownContext(method, id) {
  switch (method) {
    case 'Target.createTarget':
      return {error: {code: INVALID_PARAMETERS, message: 'browserContextId'}};
    case 'Target.disposeBrowserContext':
      return {error: {code: SERVER_ERROR, message: 'Failed to find context with id ' + id}};
    default:
      return {error: {code: INVALID_PARAMETERS, message: 'Failed to find browser context for id ' + id}};
  }
}

function unknownTarget(method) {
  switch (method) {
    case 'Target.closeTarget':
      return {error: {code: INVALID_PARAMETERS, message: 'No target found for targetId'}};
    case 'Target.detachFromTarget':
      return {error: {code: INVALID_PARAMETERS, message: 'No session for given target id'}};
    case 'Browser.getWindowForTarget':
      return {error: {code: SERVER_ERROR, message: 'No web contents for the given target id'}};
    default:
      return {error: {code: INVALID_PARAMETERS, message: 'No target with given id found'}};
  }
}
