// A session that may be recorded, and what becomes of its recording. The video is looked at by the browser of another one.
import { createRequire } from 'node:module';

const { modules, connectString, client, ending, api, tokens } = JSON.parse(process.argv[2]);
const require = createRequire(`${modules}/`);

async function opened(address) {
  if (client === 'playwright')
    return require('playwright-core').chromium.connect(address);
  const loaded = await import(require.resolve('puppeteer-core'));
  const puppeteer = loaded.default?.connect ? loaded.default : loaded;
  return puppeteer.connect({ browserWSEndpoint: address });
}

const ask = (path, token, method = 'GET') => fetch(api + path, { method, headers: { Authorization: `Bearer ${token}` } });

try {
  const browser = await opened(connectString);
  const { sessions } = await (await ask('/v1/sessions?name=recorded', tokens.own)).json();
  const result = { id: sessions[0].id };
  const session = '/v1/sessions/' + result.id;
  const page = client === 'playwright' ? await browser.newPage() : (await browser.pages())[0];
  await page.setContent('<body style="background:#0f0">');
  // The video has to be longer than a second.
  await page.evaluate(() => new Promise(over => setTimeout(over, 1500)));
  result.running = (await ask(session + '/recording', tokens.own)).status;
  const gone = new Promise(over => browser.on('disconnected', over));
  if (ending === 'end')
    await ask(session, tokens.own, 'DELETE');
  else
    await browser.close();
  await gone;
  let answer;
  do
    answer = await ask(session + '/recording', tokens.own);
  while (answer.status === 409);
  result.status = answer.status;
  result.type = answer.headers.get('content-type');
  result.stranger = (await ask(session + '/recording', tokens.stranger)).status;
  if (answer.status === 200) {
    const video = Buffer.from(await answer.arrayBuffer()).toString('base64');
    const other = await opened(connectString.replace(/name=.*?&/, 'name=looking&').replace('record=video&', ''));
    const screen = client === 'playwright' ? await other.newPage() : (await other.pages())[0];
    Object.assign(result, await screen.evaluate(async base64 => {
      const video = document.createElement('video');
      video.muted = true;
      video.src = 'data:video/webm;base64,' + base64;
      await new Promise((ready, failed) => { video.oncanplaythrough = ready; video.onerror = () => failed(new Error('no video')); });
      const canvas = new OffscreenCanvas(video.videoWidth, video.videoHeight).getContext('2d');
      video.currentTime = video.duration / 2;
      await new Promise(shown => video.requestVideoFrameCallback(shown));
      canvas.drawImage(video, 0, 0);
      const [red, green, blue] = canvas.getImageData(600, 300, 1, 1).data.map(it => Math.round(it / 128));
      return { width: video.videoWidth, seconds: video.duration, colour: `${red} ${green} ${blue}` };
    }, video));
    await other.close();
  }
  console.log(JSON.stringify({ result }));
} catch (e) {
  process.stdout.write(`${JSON.stringify({ error: e.stack })}\n`, () => process.exit(1));
}
