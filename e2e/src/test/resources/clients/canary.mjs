// A server that notes who came: every path that was asked for, on every address of its network.
import { createServer } from 'node:http';

const port = Number(process.argv[2]);
const hits = new Set();
const server = createServer((request, response) => {
  const { pathname, searchParams } = new URL(request.url, 'http://canary');
  response.setHeader('access-control-allow-origin', '*');
  if (pathname === '/hits') {
    response.end(JSON.stringify([...hits]));
    return hits.clear();
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
server.listen(port, '::', () => console.log('listening'));
