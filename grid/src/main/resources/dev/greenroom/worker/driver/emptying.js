// Empties a Chromium that has served a session, so that it may serve the next one of the same tenant.
//
// Playwright closes the contexts of a client that has left, and nearly all that a session leaves goes with them. This
// watches what else a session does to its browser, removes the rest, and then looks whether the browser is empty: in its
// own words, and in the process table.
'use strict';
const fs = require('node:fs');
const peers = require('./peers.js');

const FIRST_PAUSE_MILLIS = 5;    // between two looks; each one is twice as long
const LONGEST_PAUSE_MILLIS = 200;
const MAX_MEMORY_KB = 256 << 10;    // private memory of all processes of an empty browser; a fresh one has about 40 MB
const MAX_PROCESSES = 12;    // a fresh one has 5

// Commands to the browser itself that change nothing beyond contexts and pages. Others have to name a context.
const harmlessCommands = new Set(['Target.createBrowserContext', 'Target.closeTarget', 'Target.detachFromTarget', 'Target.activateTarget', 'Browser.getVersion']);

// Of pages, what reaches further than the page.
const farCommands = new Set(['Tracing.start', 'Browser.setDownloadBehavior', 'Page.setDownloadBehavior']);

// The browser's own pages (`chrome:` and the like) change the browser.
const OPEN_ADDRESS = /^(?:(?:https?|file|data|blob):|about:blank\b)/i;

// The clipboard is the browser's, and is the one thing that outlives contexts. A page writes to it after an input of its
// user, which Playwright simulates with every script too, or with a permission.
const CLEAR_CLIPBOARD = `(() => {
  document.addEventListener('copy', event => { event.clipboardData.setData('text/plain', ''); event.preventDefault(); }, {once: true});
  return document.execCommand('copy');
})()`;

/**
 * Watches what the sessions of a browser do to it.
 *
 * @param launch has `pid` and `sessions`, as in `sandbox.js`
 * @param browser of Playwright's server
 * @param call first argument of its methods
 */
exports.watch = (launch, browser, call) => {
  const use = launch.use = {browser, call, changed: undefined, mayHaveCopied: false};
  const connection = browser._connection;
  const send = connection?._rawSend;
  if (!send || !browser._session) {
    use.changed = 'this version of Playwright does not show its commands';
    return;
  }
  connection._rawSend = function(sessionId, method, params) {
    if (!use.isEmptying)
      observe(use, sessionId, method, params);
    return send.apply(this, arguments);
  };
};

function observe(use, sessionId, method, params) {
  if (sessionId ? farCommands.has(method) : !params?.browserContextId && !harmlessCommands.has(method))
    use.changed ??= 'the browser itself got ' + method;
  if (method === 'Page.navigate' && !OPEN_ADDRESS.test(params.url))
    use.changed ??= 'it opened a page of the browser itself';
  use.mayHaveCopied ||= params?.userGesture || method.startsWith('Input.')
      || method === 'Browser.grantPermissions' && params.permissions.some(it => /clipboard/i.test(it));
}

/**
 * Empties the browser of a launch, whose client has left. Repeats until it is empty or `isWanted()` is false.
 *
 * @returns why it cannot be used again; undefined when it can
 */
exports.empty = async (launch, isWanted) => {
  const {use} = launch;
  if (!use)
    return 'it cannot be emptied';
  for (const session of launch.sessions)
    await new Promise(left => session.connection.destroyed ? left() : session.connection.once('close', left));
  if (use.changed)
    return use.changed;
  use.isEmptying = true;
  try {
    await closeContexts(use);
    if (use.mayHaveCopied)
      await clearClipboard(use);
    let left;
    for (let pause = FIRST_PAUSE_MILLIS; isWanted() && (left = await leftIn(launch)); pause = Math.min(2 * pause, LONGEST_PAUSE_MILLIS))
      await new Promise(over => setTimeout(over, pause));
    use.mayHaveCopied = false;
    return left ?? use.changed;
  } finally {
    use.isEmptying = false;
  }
};

async function closeContexts({browser, call}) {
  await Promise.all(browser.contexts().map(context => context.close(call, {reason: 'the session has ended'})));
}

async function clearClipboard({browser, call}) {
  const context = await browser.newContext(call, {});
  const made = await context.newPage(call);
  const page = made._page ?? made;
  const {_client: client} = (page.delegate ?? page._delegate)._mainFrameSession;
  const {result} = await client.send('Runtime.evaluate', {expression: CLEAR_CLIPBOARD, userGesture: true, returnByValue: true});
  await context.close(call, {reason: 'the session has ended'});
  if (result.value !== true)
    throw new Error('the clipboard could not be cleared');
}

// What is still there; undefined for nothing.
async function leftIn(launch) {
  const {browser} = launch.use;
  const root = browser._session;
  const {targetInfos} = await root.send('Target.getTargets', {filter: [{}]});
  const {browserContextIds} = await root.send('Target.getBrowserContexts');
  if (browser.contexts().length > 0 || browserContextIds.length > 0)
    return 'contexts';
  if (targetInfos.length > 0)
    return 'a ' + targetInfos[0].type + ' target';
  if (browser._downloads.size > 0)
    return 'downloads';
  return leftInProcesses(launch.pid);
}

function leftInProcesses(pid) {
  const family = peers.familyOf(pid).map(processOf).filter(Boolean);
  const stopped = family.find(it => 'Tt'.includes(it.state));
  if (family[0]?.pid !== pid)
    return 'its processes are not known';
  if (stopped)
    return 'a stopped process';
  if (family.some(it => it.isRenderer))
    return 'a renderer process';
  if (family.length > MAX_PROCESSES)
    return family.length + ' processes';
  const memory = family.reduce((sum, it) => sum + it.memory, 0);
  return memory > MAX_MEMORY_KB ? Math.round(memory / 1024) + ' MiB of memory' : undefined;
}

// Undefined for a process that has ended.
function processOf(pid) {
  const read = file => fs.readFileSync('/proc/' + pid + '/' + file, 'latin1');
  try {
    const status = read('status');
    const state = /^State:\s*(\w)/m.exec(status)[1];
    const memory = Number(/^RssAnon:\s*(\d+) kB/m.exec(status)?.[1] ?? 0);
    return state === 'Z' ? undefined : {pid, state, memory, isRenderer: read('cmdline').includes('--type=renderer')};
  } catch {
    return undefined;
  }
}
