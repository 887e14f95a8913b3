// A server that notes who came: every path that was asked for, on every address of its network; and beside it, ports
// on which it only notes that somebody spoke, over UDP or TCP. Behind its own port
// it speaks TLS.
import { createSocket } from 'node:dgram';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { createServer as createTcpServer } from 'node:net';

const [port, first, last] = process.argv.slice(2, 5).map(Number);
const [cert, key] = process.argv.slice(5).map(file => readFileSync(file));
const hits = new Set();
// Asks for whatever its page names.
const SERVICE_WORKER = `
  self.addEventListener('install', () => self.skipWaiting());
  self.addEventListener('message', event => event.waitUntil(
    Promise.all(event.data.map(url => fetch(url, { mode: 'no-cors' }).catch(() => {})))
      .then(() => event.source.postMessage('done'))));
`;
const answer = (request, response) => {
  const { pathname, searchParams } = new URL(request.url, 'http://canary');
  response.setHeader('access-control-allow-origin', '*');
  if (pathname === '/hits') {
    return response.end(JSON.stringify([...hits]));
  }
  if (pathname === '/worker.js') {
    return response.writeHead(200, { 'content-type': 'text/javascript' }).end(SERVICE_WORKER);
  }
  if (pathname === '/redirect') {
    // As bytes: a location may hold letters that a header may not.
    return response.writeHead(302, { location: Buffer.from(searchParams.get('to')).toString('latin1') }).end();
  }
  hits.add(pathname);
  response.setHeader('content-type', 'text/html');
  response.end('<title>canary</title>');
};
const server = createServer(answer);
server.on('upgrade', (request, socket) => {
  hits.add(request.url);
  socket.destroy();
});
for (let silent = first; silent <= last; silent++) {
  createSocket({ type: 'udp6' }).on('message', () => hits.add(`/udp-${silent}`)).bind(silent, '::');
  createTcpServer(socket => { hits.add(`/tcp-${silent}`); socket.destroy(); }).listen(silent, '::');
}
createSecureServer({ cert, key }, answer).listen(port + 1, '::', () => server.listen(port, '::', () => console.log('listening')));
