// A client whose session is looked at while it works, and what people see of it by HTTP.
import { createRequire } from 'node:module';

const { modules, connectString, client, api, tokens, ask } = JSON.parse(process.argv[2]);
const require = createRequire(`${modules}/`);
const BOUNDARY = '--greenroom-frame';

async function opened() {
  if (client === 'playwright')
    return require('playwright-core').chromium.connect(connectString);
  const loaded = await import(require.resolve('puppeteer-core'));
  const puppeteer = loaded.default?.connect ? loaded.default : loaded;
  return puppeteer.connect({ browserWSEndpoint: connectString });
}

const get = (path, token, more) => fetch(api + path, { headers: { Authorization: `Bearer ${token}` }, ...more });

// Size and colour of a picture, by the page itself.
const look = (page, jpeg) => page.evaluate(async base64 => {
  const image = await createImageBitmap(await (await fetch('data:image/jpeg;base64,' + base64)).blob());
  const canvas = new OffscreenCanvas(image.width, image.height).getContext('2d');
  canvas.drawImage(image, 0, 0);
  const [red, green, blue] = canvas.getImageData(image.width / 2, image.height / 2, 1, 1).data.map(it => Math.round(it / 128));
  return { width: image.width, height: image.height, colour: `${red} ${green} ${blue}` };
}, jpeg.toString('base64'));

// The parts of a stream, as an <img> gets them.
async function* parts(response) {
  let bytes = Buffer.alloc(0);
  for await (const chunk of response.body) {
    bytes = Buffer.concat([bytes, chunk]);
    for (let end; (end = bytes.indexOf('\r\n' + BOUNDARY)) >= 0;) {
      const [head] = bytes.toString('latin1').split('\r\n\r\n', 1);
      yield { type: /Content-Type: (.*)/.exec(head)[1], content: bytes.subarray(head.length + 4, end), isLast: bytes.indexOf(BOUNDARY + '--') === end + 2 };
      bytes = bytes.subarray(end + 2);
    }
  }
}

try {
  const browser = await opened();
  const { sessions } = await (await get('/v1/sessions?name=watched', tokens.own)).json();
  const session = '/v1/sessions/' + sessions[0].id;
  const result = {};
  if (client === 'playwright')
    result.before = await (await get(session + '/screenshot', tokens.own)).json();
  const page = client === 'playwright' ? await browser.newPage({ viewport: { width: 400, height: 300 }, deviceScaleFactor: 2 }) : await browser.newPage();
  if (client !== 'playwright')
    await page.setViewport({ width: 400, height: 300, deviceScaleFactor: 2 });
  await page.setContent('<title>Green</title><body style="background:#0f0">');

  do    // the browser knows a title a little later than the page does
    result.pages = await (await get(session + '/pages', tokens.own)).json();
  while (result.pages.pages.at(-1)?.title !== 'Green');
  const shot = await get(session + '/screenshot', tokens.own);
  result.type = shot.headers.get('content-type');
  result.screenshot = await look(page, Buffer.from(await shot.arrayBuffer()));

  const stream = parts(await get(session + '/view', tokens.own));
  let seen;
  do
    seen = (await stream.next()).value;
  while (seen.type !== 'image/jpeg');
  result.first = (await look(page, seen.content)).colour;
  // The last of many changes is seen, though the browser sends fewer pictures.
  await page.evaluate(() => {
    for (let at = 0; at < 40; at++)
      setTimeout(() => { document.body.style.background = at === 39 ? '#f00' : `rgb(0 0 ${at})`; }, at * 10);
  });
  do
    seen = (await stream.next()).value;
  while ((await look(page, seen.content)).colour !== '2 0 0');
  result.emulation = await page.evaluate(() => `${innerWidth} ${innerHeight} ${devicePixelRatio}`);
  result.own = await look(page, Buffer.from(await page.screenshot({ type: 'jpeg' })));
  result.answers = {};
  for (const [who, token] of Object.entries(ask ?? {}))
    result.answers[who] = (await get(session + '/pages', token)).status;
  await browser.close();
  do
    seen = (await stream.next()).value;
  while (!seen.isLast);
  result.last = seen.type;
  result.after = (await get(session + '/screenshot', tokens.own)).status;
  console.log(JSON.stringify({ result }));
} catch (e) {
  process.stdout.write(`${JSON.stringify({ error: e.stack })}\n`, () => process.exit(1));
}
