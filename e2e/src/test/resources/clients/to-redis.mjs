// Everything that a page can send to a Redis on its machine: forms, fetches, WebSockets, and a request of the driver.
import { run } from './client.mjs';

const COMMAND = '\r\nSET planted 1\r\n*3\r\n$3\r\nSET\r\n$7\r\nplanted\r\n$1\r\n1\r\n';

await run(async (chromium, { connectString, port }) => {
  const url = `http://127.0.0.1:${port}/`;
  const browser = await chromium.connect(connectString, { timeout: 30000 });
  const page = await browser.newPage();
  // From an address of the machine itself, which a browser lets ask for others there.
  await page.route('http://127.0.0.1:1/', route => route.fulfill({ contentType: 'text/html', body: '<p>' }));
  await page.goto('http://127.0.0.1:1/');
  await page.evaluate(async ({ url, command }) => {
    for (const type of ['text/plain', 'application/x-www-form-urlencoded']) {
      await fetch(url, { method: 'POST', mode: 'no-cors', headers: { 'content-type': type }, body: command })
        .catch(() => {});
    }
    await fetch(url + encodeURIComponent(command), { mode: 'no-cors' }).catch(() => {});
    await new Promise(done => {
      const socket = new WebSocket(url.replace('http', 'ws'));
      socket.onclose = socket.onopen = done;
    });
  }, { url, command: COMMAND });
  await page.setContent(`<form method=post enctype=text/plain action=${url}><textarea name=a></textarea></form>`);
  await page.evaluate(command => {
    document.querySelector('textarea').value = command;
    document.querySelector('form').submit();
  }, COMMAND);
  await page.waitForEvent('requestfailed', { timeout: 5000 }).catch(() => {});
  await page.context().request.post(url, { data: COMMAND, timeout: 5000 }).catch(() => {});
  await browser.close();
});
