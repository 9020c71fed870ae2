#!/usr/bin/env node
// Serves the pinned `solc` package of npm (WebAssembly) to forge as its compiler, so that a build downloads nothing.
//
// forge calls a compiler in two ways only: `--version`, and `--standard-json` with the input on stdin.
// bin/mutate compiles a thousand times: it starts `solc_from_npm.js --serve SOCKET` once, sets SOLC_SOCKET, and each call
// by forge is handed to that process, whose compiler is loaded and warm.
const net = require('net');

/** Return what the compiler answers: its version when nothing is asked, in a form and with a platform that forge knows. */
function answer(input) {
  const solc = require('solc');
  if (input !== '') return solc.compile(input);
  const version = solc.version().replace('.Emscripten.clang', '.Linux.g++');
  return `solc, the solidity compiler commandline interface\nVersion: ${version}\n`;
}

/** Call `use` with all that a stream gives. */
function whole(stream, use) {
  const chunks = [];
  stream.on('data', (chunk) => chunks.push(chunk));
  stream.on('end', () => use(Buffer.concat(chunks).toString('utf8')));
}

function ask(input) {
  if (!process.env.SOLC_SOCKET) return process.stdout.write(answer(input));
  const socket = net.connect(process.env.SOLC_SOCKET, () => socket.end(input));
  return socket.pipe(process.stdout);
}

if (process.argv[2] === '--serve') {
  const server = net.createServer({ allowHalfOpen: true }, (socket) => whole(socket, (input) => socket.end(answer(input))));
  server.listen(process.argv[3]);
} else if (process.argv.includes('--version')) {
  ask('');
} else {
  whole(process.stdin, ask);
}
