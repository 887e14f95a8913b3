// A client whose contexts show certificates to a server that tells who came; the server is the client's own, on localhost.
// `contexts`: for each context, whose certificates it has. Answers what each saw in a page, by page.request and by
// route.fetch, and what one without certificates saw.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { X509Certificate } from 'node:crypto';
import { run } from './client.mjs';

await run(async (chromium, { connectString, options, files, contexts }) => {
  const read = Object.entries(files).map(([name, { certificate, key }]) => ({ name, cert: readFileSync(certificate), key: readFileSync(key) }));
  const nameOf = Object.fromEntries(read.map(({ name, cert }) => [new X509Certificate(cert).fingerprint256, name]));
  const { key, cert } = read[0];
  const servers = await Promise.all(read.map(async () => {
    const server = createServer({ key, cert, ca: read.map(it => it.cert), requestCert: true, rejectUnauthorized: false }, (request, response) => {
      response.setHeader('content-type', 'text/html');
      response.end(nameOf[request.socket.getPeerCertificate().fingerprint256] ?? 'nobody');
    });
    await new Promise(listening => server.listen(0, 'localhost', listening));
    return server;
  }));
  const origins = Object.fromEntries(read.map(({ name }, n) => [name, `https://localhost:${servers[n].address().port}`]));
  const browser = await chromium.connect(connectString, { timeout: 30000, ...options });

  // Each name has an origin of its own, which it is shown to.
  const open = async names => {
    const clientCertificates = names.map(name => ({ origin: origins[name], certPath: files[name].certificate, keyPath: files[name].key }));
    return { names, context: await browser.newContext({ ignoreHTTPSErrors: true, ...(names.length ? { clientCertificates } : {}) }) };
  };
  const seen = async (context, url) => {
    const page = await context.newPage();
    await page.goto(url);
    const inPage = await page.textContent('body');
    const byRequest = await (await page.request.get(url)).text();
    await page.route('**/routed', async route => route.fulfill({ response: await route.fetch({ url }) }));
    await page.goto(`${url}/routed`);
    return [inPage, byRequest, await page.textContent('body')].join(' ');
  };
  const answers = [];
  for (const { names, context } of await Promise.all([...contexts, []].map(open)))
    answers.push(await Promise.all((names.length ? names : Object.keys(files)).map(name => seen(context, origins[name]))));
  await browser.close();
  servers.forEach(server => server.closeAllConnections());
  servers.forEach(server => server.close());
  return answers;
});
