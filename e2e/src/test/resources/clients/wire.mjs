// Playwright's protocol by hand, over the WebSocket of the client's own Playwright.
import { createRequire } from 'node:module';

export function open({ connectString, modules, version }) {
  const { ws: WebSocket } = createRequire(import.meta.url)(`${modules}/node_modules/playwright-core/lib/utilsBundle.js`);
  const socket = new WebSocket(connectString, {
    headers: { 'User-Agent': `Playwright/${version} (x64; by hand) node/20`, 'x-playwright-browser': 'chromium' },
  });
  const waiting = new Map();    // id -> answered
  const connection = {
    socket,
    extensions: () => socket.extensions,
    objects: new Map(),    // guid -> type
    opened: new Promise((opened, failed) => socket.once('open', opened).once('error', failed)),
    closed: new Promise(closed => socket.once('close', (code, reason) => closed({ code, reason: String(reason) }))),
    send: message => socket.readyState === 1 && socket.send(typeof message === 'string' ? message : JSON.stringify(message)),
    // Undefined when the connection ends first.
    ask: message => Promise.race([
      new Promise(answered => { waiting.set(message.id, answered); connection.send(message); }),
      connection.closed.then(() => undefined),
    ]),
    initialize: id => connection.ask(
        { id, guid: '', method: 'initialize', params: { sdkLanguage: 'javascript' }, metadata: { wallTime: 0, internal: false } }),
  };
  socket.on('error', () => {});    // the close says it
  socket.on('message', data => {
    const { id, guid, method, params, ...answer } = JSON.parse(String(data));
    if (method === '__create__')
      connection.objects.set(params.guid, params.type);
    else if (method === '__dispose__')
      connection.objects.delete(guid);
    waiting.get(id)?.(answer);
    waiting.delete(id);
  });
  return connection;
}
