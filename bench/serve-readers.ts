/** Readers of a stream in a process of their own: `serve-readers.js URL COUNT`, the last one stalled. */

import { WebSocket } from 'ws';

const [url = '', count = '1'] = process.argv.slice(2);
for (let i = 0; i < Number(count); i++) {
  const socket = new WebSocket(url, { perMessageDeflate: false });
  socket.on('message', () => {});
  socket.on('error', (error) => process.stderr.write(`${error.message}\n`));
  if (Number(count) > 1 && i === Number(count) - 1) socket.on('open', () => socket.pause());
}
