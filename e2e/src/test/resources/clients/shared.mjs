// Two sessions of one tenant in one browser: what the one comes to that tries to see and steer the other with Chromium's
// own protocol. `alone` is another session, with a browser to itself, for comparison.
import { createServer } from 'node:http';
import { run } from './client.mjs';

const NOBODY = 'F'.repeat(32);

await run(async (chromium, { connectString, secret }) => {
  const connect = options => chromium.connect(connectString, { timeout: 30000, ...options });
  const victim = await sessionOf(await connect(), secret);
  const attacker = await sessionOf(await connect(), 'mine');
  const alone = await sessionOf(await connect({ headers: { 'x-playwright-launch-options': '{"slowMo": 1}' } }), 'alone');

  const answer = { foreign: {}, whole: {} };
  const ofTargets = ({ targetInfos }) => targetInfos.map(it => it.browserContextId);
  answer.lists = [
    ofTargets(await attacker.onBrowser.send('Target.getTargets', { filter: [{}] })),
    ofTargets(await attacker.onPage.send('Target.getTargets', { filter: [{}] })),
    (await attacker.onBrowser.send('Target.getBrowserContexts')).browserContextIds,
  ].map(it => [...new Set(it)]);
  answer.own = attacker.ids.context;
  answer.events = await events(attacker, victim);
  for (const [name, level, method, params] of naming(victim.ids))
    answer.foreign[name] = await said(attacker[level].send(method, params), victim.ids);
  answer.nobody = {};
  for (const [name, level, method, params] of naming({ target: NOBODY, context: NOBODY, window: 2 ** 30 })) {
    if (method !== 'Browser.getWindowForTarget')    // ends some browsers
      answer.nobody[name] = await said(alone[level].send(method, params), {});
  }
  for (const [level, method, params] of aboutTheBrowser())
    answer.whole[`${level} ${method} ${JSON.stringify(params)}`] = await said(attacker[level].send(method, params), {});
  answer.whole['startTracing'] = await said(attacker.browser.startTracing(attacker.page), {});
  answer.whole['stopTracing'] = await said(attacker.browser.stopTracing(), {});
  answer.whole.goto = await said(attacker.page.goto('chrome://version'), {});
  answer.whole.baseURL = await said(attacker.browser.newContext({ baseURL: 'chrome://version' }), {});
  answer.whole.newContextForReuse = await contextForReuse(attacker.browser);
  answer.usual = await usual(attacker);
  answer.leftBehind = await leftBehind(attacker);
  answer.victim = {
    title: await victim.page.title(),
    width: await victim.page.evaluate(() => innerWidth),
    cookies: (await victim.context.cookies()).map(cookie => cookie.value),
    open: victim.browser.isConnected(),
  };
  await victim.browser.close();
  await alone.browser.close();
  return answer;
});

async function sessionOf(browser, title) {
  const context = await browser.newContext({ viewport: { width: 640, height: 480 } });
  await context.addCookies([{ name: 'c', value: title, url: 'https://site.example' }]);
  const page = await context.newPage();
  await page.setContent(`<title>${title}</title>`);
  const onPage = await context.newCDPSession(page);
  const { targetInfo } = await onPage.send('Target.getTargetInfo');
  const { windowId } = await onPage.send('Browser.getWindowForTarget');
  return {
    browser, context, page, onPage, onBrowser: await browser.newBrowserCDPSession(),
    ids: { target: targetInfo.targetId, context: targetInfo.browserContextId, window: windowId },
  };
}

// Commands that name what may be another's.
function naming({ target, context, window }) {
  const cookies = [{ name: 'c', value: 'stolen', url: 'https://site.example' }];
  const commands = [
    ['Target.attachToTarget', { targetId: target, flatten: true }],
    ['Target.attachToTarget', { targetId: target }],
    ['Target.activateTarget', { targetId: target }],
    ['Target.getTargetInfo', { targetId: target }],
    ['Target.closeTarget', { targetId: target }],
    ['Target.detachFromTarget', { targetId: target }],
    ['Target.createTarget', { url: 'about:blank', browserContextId: context }],
    ['Browser.grantPermissions', { permissions: ['geolocation'], browserContextId: context }],
    ['Browser.setPermission', { permission: { name: 'geolocation' }, setting: 'denied', browserContextId: context }],
    ['Browser.resetPermissions', { browserContextId: context }],
    ['Browser.cancelDownload', { guid: 'x', browserContextId: context }],
    ['Browser.getWindowForTarget', { targetId: target }],
    ['Browser.getWindowBounds', { windowId: window }],
    ['Browser.setWindowBounds', { windowId: window, bounds: { width: 100, height: 100 } }],
    ['Browser.setContentsSize', { windowId: window, width: 100, height: 100 }],
  ].flatMap(([method, params]) => [['onBrowser', method, params], ['onPage', method, params]]);
  for (const one of [
    ['Target.autoAttachRelated', { targetId: target, waitForDebuggerOnStart: true }],
    ['Target.getDevToolsTarget', { targetId: target }],
    ['Target.disposeBrowserContext', { browserContextId: context }],
    ['Storage.getCookies', { browserContextId: context }],
    ['Storage.setCookies', { browserContextId: context, cookies }],
    ['Storage.clearCookies', { browserContextId: context }],
  ])
    commands.push(['onBrowser', ...one]);
  return commands.map((it, n) => [`${n} ${it[0]} ${it[1]}`, ...it]);
}

// Commands that concern all who use the browser.
function aboutTheBrowser() {
  return [
    ['Browser.close'], ['Browser.crash'], ['Browser.crashGpuProcess'], ['Browser.getHistograms'],
    ['Browser.setDownloadBehavior', { behavior: 'deny' }], ['Browser.grantPermissions', { permissions: ['geolocation'] }],
    ['Browser.resetPermissions'], ['Target.createTarget', { url: 'about:blank' }],
    ['Target.exposeDevToolsProtocol', { targetId: NOBODY }], ['Target.setRemoteLocations', { locations: [] }],
    ['Target.sendMessageToTarget', { message: '{}' }], ['SystemInfo.getProcessInfo'],
    ['Tracing.start', { categories: 'navigation' }], ['Tracing.requestMemoryDump'], ['Tracing.end'],
    ['Memory.simulatePressureNotification', { level: 'critical' }], ['Memory.setPressureNotificationsSuppressed', { suppressed: true }],
    ['Memory.getBrowserSamplingProfile'], ['Emulation.addScreen', { left: 900, top: 0, width: 9, height: 9 }],
  ].flatMap(it => [['onBrowser', ...it], ['onPage', ...it]]).concat([
    ['onBrowser', 'Target.setAutoAttach', { autoAttach: true, waitForDebuggerOnStart: true, flatten: true }],
    ['onBrowser', 'Fetch.enable'], ['onBrowser', 'Security.setIgnoreCertificateErrors', { ignore: true }],
    ['onPage', 'Page.navigate', { url: 'view-source:chrome://version' }], ['onPage', 'Page.navigate', { url: 'about:version' }],
    ['onBrowser', 'Storage.getCookies'], ['onBrowser', 'Storage.clearCookies'], ['onBrowser', 'IO.read', { handle: '1' }],
  ]);
}

function said(promise, ids) {
  return promise.then(result => `done: ${JSON.stringify(result)}`, error => {
    const text = error.message.split('\n')[0].replace(/^.*?Protocol error \([^)]*\): /, '');
    return text.replaceAll(ids.target ?? NOBODY, NOBODY).replaceAll(ids.context ?? NOBODY, NOBODY);
  });
}

// What the attacker hears of targets while both open and close pages.
async function events(attacker, victim) {
  const heard = [];
  for (const session of [attacker.onBrowser, attacker.onPage]) {
    for (const event of ['targetCreated', 'targetInfoChanged', 'targetDestroyed', 'targetCrashed', 'attachedToTarget'])
      session.on(`Target.${event}`, params => heard.push([event, params]));
    await session.send('Target.setDiscoverTargets', { discover: true, filter: [{}] });
  }
  for (const { context } of [victim, attacker]) {
    const page = await context.newPage();
    await page.goto('data:text/html,<title>another</title>');
    await page.close();
  }
  for (let n = 0; n < 100 && heard.filter(([event]) => event === 'targetDestroyed').length < 2; n++)
    await new Promise(over => setTimeout(over, 50));
  for (const session of [attacker.onBrowser, attacker.onPage])
    await session.send('Target.setDiscoverTargets', { discover: false });
  const contexts = heard.map(([, { targetInfo }]) => targetInfo?.browserContextId).filter(Boolean);
  return {
    contexts: [...new Set(contexts)], kinds: [...new Set(heard.map(([event]) => event))],
    ofNobody: heard.filter(([event, { targetInfo }]) => targetInfo && !targetInfo.browserContextId).length,
    foreign: heard.filter(([, { targetId }]) => targetId === victim.ids.target).length,
  };
}

// What the test runner asks for that keeps a context for all tests; Playwright has one per browser.
function contextForReuse(browser) {
  const connection = browser._connection;
  const id = 1_000_000;
  return new Promise(answered => {
    const dispatch = connection.dispatch;
    connection.dispatch = function(message) {
      if (message.id !== id)
        return dispatch.call(this, message);
      connection.dispatch = dispatch;
      answered(message.error?.error.message ?? 'done');
    };
    connection.onmessage({ id, guid: browser._guid, method: 'newContextForReuse', params: {}, metadata: { wallTime: 0, apiName: 'raw', internal: false, stack: [] } });
  });
}

// What suites do with such a session.
async function usual({ page, context, onPage, onBrowser, ids }) {
  const attached = new Promise(heard => onPage.once('Target.attachedToTarget', it => heard(it.targetInfo.type)));
  const requested = new Promise(heard => onPage.once('Network.requestWillBeSent', it => heard(it.request.url)));
  await onPage.send('Network.enable');
  await onPage.send('Emulation.setCPUThrottlingRate', { rate: 1 });
  await onPage.send('Performance.enable');
  await onPage.send('Target.setAutoAttach', { autoAttach: true, waitForDebuggerOnStart: false, flatten: true });
  await page.evaluate(() => { fetch('data:text/plain,x'); globalThis.worker = new Worker('data:text/javascript,1'); });
  await onPage.send('Browser.setWindowBounds', { windowId: ids.window, bounds: { width: 700, height: 500 } });
  await onBrowser.send('Browser.grantPermissions', { permissions: ['geolocation'], browserContextId: ids.context });
  return {
    attached: await attached, requested: await requested,
    metrics: (await onPage.send('Performance.getMetrics')).metrics.length > 0,
    document: (await onPage.send('DOM.getDocument')).root.nodeName,
    picture: (await onPage.send('Page.captureScreenshot')).data.length > 0,
    nodes: (await onPage.send('Memory.getDOMCounters')).nodes > 0,
    product: (await onBrowser.send('Browser.getVersion')).product,
    cookies: (await onBrowser.send('Storage.getCookies', { browserContextId: ids.context })).cookies.map(it => it.value),
  };
}

// A context and a page of its own that the attacker opens with the protocol, and does not close.
async function leftBehind({ browser, onBrowser }) {
  const server = createServer();
  await new Promise(listening => server.listen(0, '127.0.0.1', listening));
  const asked = new Promise(heard => server.once('request', request => heard(request.socket)));
  const { browserContextId } = await onBrowser.send('Target.createBrowserContext', { disposeOnDetach: false });
  const { targetId } = await onBrowser.send('Target.createTarget', { url: `http://127.0.0.1:${server.address().port}/`, browserContextId });
  const socket = await asked;
  const gone = new Promise(closed => socket.once('close', () => closed('closed')));
  const { targetInfos } = await onBrowser.send('Target.getTargets');
  const listed = targetInfos.some(it => it.targetId === targetId);
  await browser.close();
  const late = new Promise(over => setTimeout(over, 10000, 'still open').unref());
  const end = await Promise.race([gone, late]);
  server.close();
  server.closeAllConnections();
  return { listed, end };
}
