// A client that speaks Playwright's protocol by hand: what each of its messages came to.
import { run } from './client.mjs';

let lastId = 1_000_000;

// Sends one message past the client's own checks. Answers "done", "refused: …", or the driver's own complaint.
function ask(connection, guid, method, params) {
  const id = ++lastId;
  return new Promise(answered => {
    const dispatch = connection.dispatch;
    const over = outcome => { connection.dispatch = dispatch; answered(outcome); };
    setTimeout(over, 8000, 'no answer').unref();
    connection.dispatch = function(message) {
      if (message.id !== id)
        return dispatch.call(this, message);
      const error = message.error && message.error.error;
      over(error ? error.message : { done: message.result ?? {} });
    };
    connection.onmessage({ id, guid, method, params, metadata: { wallTime: 0, apiName: 'raw', internal: false, stack: [] } });
  });
}

await run(async (chromium, { connectString, outside, secret, port }) => {
  const browser = await chromium.connect(connectString, { timeout: 30000 });
  const connection = browser._connection;
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.setContent('<input type=file><a download=x href="data:text/plain,hello">x</a>');
  const guids = type => [...connection._objects.values()].filter(it => it._type === type).map(it => it._guid);
  const seen = {};
  const attack = async (name, guid, method, params) => {
    if (guid)
      seen[name] = await ask(connection, guid, method, { timeout: 3000, ...params });
  };

  const [utils] = guids('LocalUtils');
  await attack('harOpen', utils, 'harOpen', { file: `${secret}.har` });
  await attack('harUnzip', utils, 'harUnzip', { zipFile: secret, harFile: `${outside}/har` });
  await attack('zip', utils, 'zip', {
    zipFile: `${outside}/zip`, entries: [{ name: 'x', value: secret }], mode: 'write', includeSources: false,
  });
  await attack('tracingStarted', utils, 'tracingStarted', { tracesDir: outside, traceName: 'x' });
  await attack('connect', utils, 'connect', { wsEndpoint: `ws://127.0.0.1:${port}/`, headers: {} });

  const [type] = guids('BrowserType');
  await attack('launchPersistentContext', type, 'launchPersistentContext', { userDataDir: `${outside}/profile` });
  await attack('connectOverCDP', type, 'connectOverCDP', { endpointURL: `http://127.0.0.1:${port}/`, sdkLanguage: 'javascript' });
  await attack('devices', guids('Android')[0], 'devices', { host: '127.0.0.1', port });
  await attack('electron', guids('Electron')[0], 'launch', { executablePath: '/usr/bin/touch', args: [`${outside}/electron`] });

  const contextGuid = context._guid;
  const tracing = context.tracing._guid;
  await attack('createTempFile', contextGuid, 'createTempFile', { name: '../../out-of-the-way' });
  await attack('createTempFiles', contextGuid, 'createTempFiles', { items: [{ name: '../../out-of-the-way' }] });
  await attack('tracingStart', tracing, 'tracingStart', { name: '../../out-of-the-way' });
  await attack('tracingStartChunk', tracing, 'tracingStartChunk', { name: '../../out-of-the-way' });
  for (const method of ['recorderSupplementEnable', 'enableRecorder', 'showRecorder', 'startRecording'])
    await attack(method, contextGuid, method, { outputFile: `${outside}/recorded` });
  await attack('drop', page.mainFrame()._guid, 'drop', { selector: 'input', strict: true, localPaths: [secret] });

  const session = (await context.newCDPSession(page))._guid;
  const command = async (name, params) => attack(name, session, 'send', { method: name, params });
  await command('Browser.setDownloadBehavior', { behavior: 'allow', downloadPath: outside });
  await command('Page.setDownloadBehavior', { behavior: 'allow', downloadPath: outside });
  await command('DOM.setFileInputFiles', { files: [secret], nodeId: 3 });
  await command('Target.exposeDevToolsProtocol', { targetId: 'x' });
  await command('Target.sendMessageToTarget', { message: '{}', targetId: 'x' });
  await command('Target.setRemoteLocations', { locations: [{ host: '127.0.0.1', port }] });
  await command('Extensions.loadUnpacked', { path: outside });
  await command('Tethering.bind', { port });
  await command('Input.dispatchDragEvent', { type: 'drop', x: 1, y: 1, data: { items: [], files: [secret], dragOperationsMask: 1 } });
  await page.click('a').catch(() => {});

  // What is heard, and not obeyed: the driver takes folders of its own instead.
  const own = await ask(connection, browser._guid, 'newContext', { recordVideo: { dir: outside } });
  const request = await ask(connection, guids('Playwright')[0], 'newRequest', { tracesDir: outside, timeout: 1000 });
  const har = await ask(connection, tracing, 'harStart', {
    options: { content: 'attach', mode: 'full', harPath: `${outside}/har`, resourcesDir: `${outside}/resources`, path: `${outside}/har` },
  });
  if (own.done)
    await ask(connection, own.done.context.guid, 'newPage', {});
  if (har.done)
    await ask(connection, tracing, 'harExport', { harId: har.done.harId, mode: 'archive' });
  if (request.done) {
    const inner = connection._objects.get(request.done.request.guid);
    await ask(connection, inner._tracing._guid, 'tracingStart', { name: 'traced' });
    await ask(connection, inner._tracing._guid, 'tracingStartChunk', {});
  }
  const harmless = await ask(connection, session, 'send', { method: 'Browser.getVersion' });
  const files = await page.evaluate(() => document.querySelector('input').files.length);
  await page.waitForTimeout(200);
  await browser.close();
  return { seen, harmless: Boolean(harmless.done), files, utils: Boolean(utils) };
});
