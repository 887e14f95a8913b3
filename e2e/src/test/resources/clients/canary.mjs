// A server that notes who came: every path that was asked for, on every address of its network; and beside it, ports
// on which it only notes that somebody spoke, over UDP or TCP.
import { createSocket } from 'node:dgram';
import { createServer } from 'node:http';
import { createServer as createTcpServer } from 'node:net';

const [port, first, last] = process.argv.slice(2).map(Number);
const hits = new Set();
const server = createServer((request, response) => {
  const { pathname, searchParams } = new URL(request.url, 'http://canary');
  response.setHeader('access-control-allow-origin', '*');
  if (pathname === '/hits') {
    return response.end(JSON.stringify([...hits]));
  }
  if (pathname === '/redirect') {
    // As bytes: a location may hold letters that a header may not.
    return response.writeHead(302, { location: Buffer.from(searchParams.get('to')).toString('latin1') }).end();
  }
  hits.add(pathname);
  response.setHeader('content-type', 'text/html');
  response.end('<title>canary</title>');
});
server.on('upgrade', (request, socket) => {
  hits.add(request.url);
  socket.destroy();
});
for (let silent = first; silent <= last; silent++) {
  createSocket({ type: 'udp6' }).on('message', () => hits.add(`/udp-${silent}`)).bind(silent, '::');
  createTcpServer(socket => { hits.add(`/tcp-${silent}`); socket.destroy(); }).listen(silent, '::');
}
server.listen(port, '::', () => console.log('listening'));
