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

// A PNG of a few bytes that says that it is large.
function hugePicture(width, height) {
  const file = Buffer.from('89504e470d0a1a0a0000000d494844520000000000000000080600000000000000', 'hex');
  file.writeUInt32BE(width, 16);
  file.writeUInt32BE(height, 20);
  return file.toString('base64');
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
  for (const method of ['recorderSupplementEnable', 'enableRecorder', 'showRecorder'])
    await attack(method, contextGuid, method, { outputFile: `${outside}/recorded` });
  await attack('drop', page.mainFrame()._guid, 'drop', { selector: 'input', strict: true, localPaths: [secret] });

  const frame = page.mainFrame()._guid;
  const [download] = await Promise.all([page.waitForEvent('download'), page.click('a')]);
  await attack('saveAs', download._artifact._guid, 'saveAs', { path: `${outside}/saved` });
  await attack('newContextForReuse', browser._guid, 'newContextForReuse', { recordVideo: { dir: outside, size: { width: 10, height: 10 } } });
  await attack('newRequest', guids('Playwright')[0], 'newRequest', { tracesDir: outside });
  await attack('startServer', browser._guid, 'startServer', { title: 'x', host: '0.0.0.0', port });

  // What costs the driver its memory or its time, were it handled.
  await attack('glob', page._guid, 'setNetworkInterceptionPatterns', { patterns: [{ glob: '**/' + '*a*'.repeat(12) + '.png' }] });
  await attack('regex', page._guid, 'setNetworkInterceptionPatterns', { patterns: [{ regexSource: 'a'.repeat(1e6), regexFlags: '' }] });
  await attack('selector', frame, 'textContent', { selector: 'a >> '.repeat(8e5) + 'a', strict: true });
  await attack('clicks', frame, 'click', { selector: 'a', strict: true, clickCount: 1e9 });
  await attack('screenshot', page._guid, 'expectScreenshot', { isNot: false, expected: hugePicture(30000, 30000), screenshotOptions: {}, comparatorOptions: {} });
  await attack('video', browser._guid, 'newContext', { recordVideo: { dir: outside, size: { width: 1e5, height: 1e5 } } });

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
  await ask(connection, contextGuid, 'startRecording', { outputFile: `${outside}/recorded` });
  const har = await ask(connection, tracing, 'harStart', {
    options: { content: 'attach', mode: 'full', harPath: `${outside}/har`, resourcesDir: `${outside}/resources`, path: `${outside}/har` },
  });
  if (own.done)
    await ask(connection, own.done.context.guid, 'newPage', {});
  if (har.done)
    await ask(connection, tracing, 'harExport', { harId: har.done.harId, mode: 'archive' });
  const harmless = await ask(connection, session, 'send', { method: 'Browser.getVersion' });
  const files = await page.evaluate(() => document.querySelector('input').files.length);
  await page.waitForTimeout(200);
  await browser.close();
  return { seen, harmless: Boolean(harmless.done), files, utils: Boolean(utils) };
});
