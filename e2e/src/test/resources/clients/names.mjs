// A DNS server that knows the names it is given, as {name: IPv4 address}, and answers with nothing else.
import { createSocket } from 'node:dgram';

const [address, names] = process.argv.slice(2);
const known = JSON.parse(names);
const A = 1;
const POINTER_TO_QUESTION = 0xc00c;

const server = createSocket('udp4');
server.on('message', (query, from) => {
  const labels = [];
  let at = 12;
  for (; query[at] > 0; at += query[at] + 1)
    labels.push(query.toString('latin1', at + 1, at + 1 + query[at]));
  const type = query.readUInt16BE(at + 1);
  const host = known[labels.join('.').toLowerCase()];
  const found = host && type === A;
  const head = Buffer.alloc(12);
  query.copy(head, 0, 0, 2);
  head.writeUInt16BE(host ? 0x8180 : 0x8183, 2);
  head.writeUInt16BE(1, 4);
  head.writeUInt16BE(found ? 1 : 0, 6);
  const answer = Buffer.alloc(found ? 16 : 0);
  if (found) {
    answer.writeUInt16BE(POINTER_TO_QUESTION, 0);
    answer.writeUInt16BE(A, 2);
    answer.writeUInt16BE(1, 4);
    answer.writeUInt32BE(60, 6);
    answer.writeUInt16BE(4, 10);
    Buffer.from(host.split('.').map(Number)).copy(answer, 12);
  }
  server.send(Buffer.concat([head, query.subarray(12, at + 5), answer]), from.port, from.address);
});
server.bind(53, address, () => console.log('listening'));
