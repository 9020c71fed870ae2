// Lists the mutants of the contracts: small changes, one at a time, that a test should notice.
//
// They are made on the compiler's own syntax tree, inline assembly included, so every one changes exactly one operator,
// constant, condition, argument or statement. Some do not compile (a swapped argument of another type); bin/mutate
// counts them apart.
const fs = require('fs');
const path = require('path');
const { ROOT } = require('./native_forge.js');

const BINARY = {
  '<': ['<='], '<=': ['<'], '>': ['>='], '>=': ['>'], '==': ['!='], '!=': ['=='],
  '+': ['-'], '-': ['+'], '*': ['/'], '/': ['*'], '%': ['*'], '&': ['|'], '|': ['&'], '^': ['&'],
  '<<': ['>>'], '>>': ['<<'], '&&': ['||'], '||': ['&&'],
};
const ASSIGNED = { '|=': ['&=', '='], '&=': ['|=', '='], '+=': ['-='], '-=': ['+='] };
const YUL = { and: 'or', or: 'and', add: 'sub', sub: 'add', mul: 'add', lt: 'gt', gt: 'lt', shl: 'shr', shr: 'shl' };
const STATEMENTS = ['ExpressionStatement', 'EmitStatement', 'RevertStatement', 'Return', 'Break', 'Continue'];

/** Return the sources that `files` need, as the compiler's standard JSON wants them. */
function withImports(files) {
  const found = {};
  const visit = (name) => {
    if (found[name]) return;
    found[name] = { content: fs.readFileSync(path.join(ROOT, name), 'latin1') };
    for (const [, target] of found[name].content.matchAll(/^import .*?"([^"]+)";/gms)) {
      const isLocal = target.startsWith('.');
      visit(isLocal ? path.posix.join(path.posix.dirname(name), target) : `node_modules/${target}`);
    }
  };
  files.forEach(visit);
  return found;
}

/** Return the syntax tree of every file. */
function trees(files) {
  const input = {
    language: 'Solidity',
    sources: withImports(files),
    settings: { remappings: ['@openzeppelin/=node_modules/@openzeppelin/'], outputSelection: { '*': { '': ['ast'] } } },
  };
  const output = JSON.parse(require('solc').compile(JSON.stringify(input)));
  return Object.fromEntries(files.map((name) => [name, output.sources[name].ast]));
}

const span = (node) => {
  const [start, length] = node.src.split(':').map(Number);
  return { start, end: start + length };
};

/** The changes of one node: [start, end, replacement, operator] over the bytes of its file. */
function changesOf(node, text) {
  const { start, end } = span(node);
  const of = (child) => text.slice(span(child).start, span(child).end);
  const between = (left, right, from, to, kind) => {
    const at = text.indexOf(from, span(left).end);
    return at < 0 || at >= span(right).start ? [] : [[at, at + from.length, to, kind]];
  };
  const swapped = (list, same) => list.slice(1).flatMap((second, i) => {
    const first = list[i];
    if (!same(first, second) || of(first) === of(second)) return [];
    const [a, b] = [span(first), span(second)];
    return [[a.start, b.end, of(second) + text.slice(a.end, b.start) + of(first), 'swapped arguments']];
  });
  const stepped = (digits) => {
    if (!/^(0x[0-9a-fA-F]+|[0-9][0-9_]*)$/.test(digits)) return [];
    const value = BigInt(digits.replaceAll('_', ''));
    const written = (n) => (digits.startsWith('0x') ? `0x${n.toString(16).padStart(digits.length - 2, '0')}` : String(n));
    const near = value > 2n || value === 0n ? [value + 1n] : [value + 1n, value - 1n];
    return near.map((n) => [start, end, written(n), 'constant']);
  };
  const statementEnd = () => (text[end] === ';' ? end + 1 : end);

  switch (node.nodeType) {
    case 'BinaryOperation':
      return (BINARY[node.operator] ?? []).flatMap((to) =>
        between(node.leftExpression, node.rightExpression, node.operator, to, 'operator'));
    case 'Assignment':
      return (ASSIGNED[node.operator] ?? []).flatMap((to) =>
        between(node.leftHandSide, node.rightHandSide, node.operator, to, 'operator'));
    case 'UnaryOperation':
      if (['!', '~', '-'].includes(node.operator)) return [[start, start + 1, '', 'negation']];
      if (node.operator === '++' || node.operator === '--') {
        const other = node.operator === '++' ? '--' : '++';
        return [[start, end, text.slice(start, end).replace(node.operator, other), 'operator']];
      }
      return [];
    case 'Conditional':
      return [[span(node.trueExpression).start, span(node.falseExpression).end,
        `${of(node.falseExpression)} : ${of(node.trueExpression)}`, 'branches']];
    case 'IfStatement':
      return ['true', 'false'].map((to) => [span(node.condition).start, span(node.condition).end, to, 'condition']);
    case 'Literal':
      if (node.kind === 'bool') return [[start, end, node.value === 'true' ? 'false' : 'true', 'constant']];
      return node.kind === 'number' ? stepped(text.slice(start, end)) : [];
    case 'FunctionCall': {
      const sameType = (a, b) => a.typeDescriptions.typeString === b.typeDescriptions.typeString;
      return swapped(node.arguments, sameType);
    }
    case 'FunctionDefinition':
      return node.modifiers
        .filter((modifier) => modifier.kind === 'modifierInvocation')
        .map((modifier) => [span(modifier).start, span(modifier).end, '', 'modifier']);
    case 'YulFunctionCall': {
      const name = node.functionName.name;
      const changes = YUL[name] ? [[start, start + name.length, YUL[name], 'operator']] : [];
      if (name === 'iszero' || name === 'not') changes.push([start, end, of(node.arguments[0]), 'negation']);
      if (['sub', 'shl', 'shr', 'lt', 'gt'].includes(name)) changes.push(...swapped(node.arguments, () => true));
      return changes;
    }
    case 'YulLiteral':
      return node.kind === 'number' ? stepped(node.value) : [];
    case 'YulIf':
      return ['1', '0'].map((to) => [span(node.condition).start, span(node.condition).end, to, 'condition']);
    case 'YulExpressionStatement':
    case 'YulAssignment':
      return [[start, end, '', 'statement']];
    default:
      return STATEMENTS.includes(node.nodeType) ? [[start, statementEnd(), '{}', 'statement']] : [];
  }
}

/** Call `see(node, name of the function around it)` for every node of a tree. */
function walk(node, see, around = '') {
  if (Array.isArray(node)) return node.forEach((child) => walk(child, see, around));
  if (node === null || typeof node !== 'object') return undefined;
  const here = node.nodeType === 'FunctionDefinition' ? node.name || node.kind : around;
  if (node.nodeType) see(node, here);
  return Object.values(node).forEach((child) => walk(child, see, here));
}

/** Return the mutants of some sources, by place: {id, file, line, kind, before, after, text}; `id` names no line number. */
function mutantsOf(files) {
  const seen = {};
  return Object.entries(trees(files)).flatMap(([file, tree]) => {
    const text = fs.readFileSync(path.join(ROOT, file), 'latin1');
    const changes = [];
    walk(tree, (node, around) => {
      for (const change of changesOf(node, text)) changes.push([...change, around]);
    });
    changes.sort((a, b) => a[0] - b[0]);
    return changes.map(([start, end, replacement, kind, around]) => {
      const changed = text.slice(0, start) + replacement + text.slice(end);
      const from = text.lastIndexOf('\n', start - 1) + 1;
      const lineOf = (whole, last) => whole.slice(from, (whole.indexOf('\n', last) + 1 || whole.length + 1) - 1).trim();
      const before = lineOf(text, end);
      const after = lineOf(changed, start + replacement.length);
      const plain = `${path.basename(file, '.sol')}.${around || 'constant'}: ${before} => ${after}`.replace(/\s+/g, ' ');
      seen[plain] = (seen[plain] ?? 0) + 1;
      const id = seen[plain] === 1 ? plain : `${plain} (${seen[plain]})`;
      return { id, file, line: text.slice(0, start).split('\n').length, kind, before, after, text: changed };
    });
  });
}

module.exports = { mutantsOf };
