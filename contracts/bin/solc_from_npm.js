#!/usr/bin/env node
// Serves the pinned `solc` package of npm (WebAssembly) to forge as its compiler, so that a build downloads nothing.
//
// forge calls a compiler in two ways only: `--version`, and `--standard-json` with the input on stdin.
const solc = require('solc');

if (process.argv.includes('--version')) {
  // forge reads the version by pattern and expects a platform it knows.
  console.log('solc, the solidity compiler commandline interface');
  console.log('Version: ' + solc.version().replace('.Emscripten.clang', '.Linux.g++'));
} else {
  const chunks = [];
  process.stdin.on('data', (chunk) => chunks.push(chunk));
  process.stdin.on('end', () => process.stdout.write(solc.compile(Buffer.concat(chunks).toString('utf8'))));
}
