// Runs the native forge of the npm package and returns how it ended.
//
// The package's own command (node_modules/.bin/forge, so also `npx forge`) ends with 0 whatever forge ended with
// (seen in 1.7.1), so with it failing tests and failing builds pass.
const { spawnSync } = require('child_process');
const fs = require('fs');
const path = require('path');

const ROOT = path.resolve(__dirname, '..');

/** Return the path of forge's executable for this platform, or null when it is not installed. */
function binary() {
  const scope = path.join(ROOT, 'node_modules', '@foundry-rs');
  if (!fs.existsSync(scope)) return null;
  const platform = { x64: 'amd64', arm64: 'arm64' }[process.arch];
  const name = process.platform === 'win32' ? 'forge.exe' : 'forge';
  const file = path.join(scope, `forge-${process.platform}-${platform}`, 'bin', name);
  return fs.existsSync(file) ? file : null;
}

/** Run forge in contracts/ with this node first on PATH, so that the compiler script runs under it too. */
function runForge(args, options = {}, extra = {}) {
  const file = binary();
  if (file === null) {
    console.error('forge is not installed; run `npm ci` in contracts/ first');
    process.exit(1);
  }
  const env = { ...process.env, ...extra, PATH: `${path.dirname(process.execPath)}${path.delimiter}${process.env.PATH}` };
  return spawnSync(file, args, { cwd: ROOT, env, ...options });
}

module.exports = { ROOT, runForge };
