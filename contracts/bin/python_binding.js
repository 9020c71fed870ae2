// Writes a contract's ABI as a Python module: typed calls, structs, events and errors over apps/chain/abi.py.

const PYTHON_KEYWORDS = new Set(['from', 'in', 'is', 'not', 'or', 'and', 'pass', 'class', 'def', 'import', 'global', 'lambda']);

function snake(name) {
  return name.replace(/([a-z0-9])([A-Z])/g, '$1_$2').replace(/([A-Z])([A-Z][a-z])/g, '$1_$2').toLowerCase();
}

/** Return the names of parameters as Python has them; nameless ones are numbered. */
function parameterNames(items) {
  return items.map((item, at) => {
    const name = snake(item.name.replace(/^_+|_+$/g, '')) || `value_${at}`;
    return PYTHON_KEYWORDS.has(name) ? `${name}_` : name;
  });
}

/** Return the ABI type with its components written out, as selectors and eth_abi want it. */
function canonical(item) {
  if (!item.type.startsWith('tuple')) return item.type;
  return `(${item.components.map(canonical).join(',')})${item.type.slice('tuple'.length)}`;
}

function structName(item) {
  return item.internalType.replace(/^struct /, '').replace(/\[\]$/, '').split('.').pop();
}

const element = (item) => ({ ...item, type: item.type.slice(0, -2), internalType: item.internalType?.replace(/\[\]$/, '') });

/** Return the Python type of a value. */
function annotation(item) {
  if (item.type.endsWith('[]')) return `tuple[${annotation(element(item))}, ...]`;
  if (item.type === 'tuple') return structName(item);
  if (/^u?int/.test(item.type)) return 'int';
  if (item.type.startsWith('bytes')) return 'bytes';
  return { bool: 'bool', address: 'str', string: 'str' }[item.type];
}

/** Return the Python type of an argument: any sequence will do. */
const argumentType = (item) => annotation(item).replace(/^tuple\[(.*), \.\.\.\]$/, 'Sequence[$1]');

/** Return the expression that makes eth_abi's value of a typed one. */
function toAbi(item, value) {
  if (item.type.endsWith('[]')) {
    const inner = toAbi(element(item), 'one');
    return inner === 'one' ? `tuple(${value})` : `tuple(${inner} for one in ${value})`;
  }
  return item.type === 'tuple' ? `${value}.to_abi()` : value;
}

/** Return the expression that makes the typed value of eth_abi's. */
function fromAbi(item, value) {
  if (item.type.endsWith('[]')) {
    const inner = fromAbi(element(item), 'one');
    return inner === 'one' ? `tuple(${value})` : `tuple(${inner} for one in ${value})`;
  }
  if (item.type === 'tuple') return `${structName(item)}.of(${value})`;
  return item.type === 'address' ? `checksummed(${value})` : value;
}

const tuple = (parts) => (parts.length === 1 ? `(${parts[0]},)` : `(${parts.join(', ')})`);
const types = (items) => tuple(items.map((item) => `"${canonical(item)}"`));
const signature = (entry) => `${entry.name}(${entry.inputs.map(canonical).join(',')})`;

function fields(items) {
  const names = parameterNames(items);
  return items.map((item, at) => `    ${names[at]}: ${annotation(item)}`).join('\n');
}

function struct(name, items) {
  const names = parameterNames(items);
  const width = items.length;
  return `@dataclass(frozen=True, slots=True)
class ${name}:
    """The struct ${name}."""

${fields(items)}

    @classmethod
    def of(cls, row: Sequence[Any]) -> Self:
        """Return the struct of eth_abi's tuple of ${width}."""
        return cls(${items.map((item, at) => fromAbi(item, `row[${at}]`)).join(', ')})

    def to_abi(self) -> tuple[object, ...]:
        """Return the tuple that eth_abi encodes."""
        return ${tuple(items.map((item, at) => toAbi(item, `self.${names[at]}`)))}
`;
}

/** Return every struct of an ABI, those that others are made of first. */
function structs(abi) {
  const found = new Map();
  const visit = (item) => {
    for (const component of item.components ?? []) visit(component);
    if (item.components) found.set(structName(item), item.components);
  };
  abi.forEach((entry) => [...(entry.inputs ?? []), ...(entry.outputs ?? [])].forEach(visit));
  return [...found].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, items]) => struct(name, items));
}

function result(outputs) {
  const values = outputs.map((item, at) => fromAbi(item, `out[${at}]`));
  if (outputs.length === 0) return ['None', 'None'];
  if (outputs.length === 1) return [annotation(outputs[0]), values[0]];
  return [`tuple[${outputs.map(annotation).join(', ')}]`, tuple(values)];
}

function callable(entry, selectorOf) {
  const names = parameterNames(entry.inputs);
  const list = entry.inputs.map((item, at) => `${names[at]}: ${argumentType(item)}`).join(', ');
  const [type, value] = result(entry.outputs);
  const given = tuple(entry.inputs.map((item, at) => toAbi(item, names[at])));
  return `def ${snake(entry.name)}(${list}) -> Call[${type}]:
    """${signature(entry)}, ${entry.stateMutability}."""
    data = encoded("${selectorOf(signature(entry))}", ${types(entry.inputs)}, ${given})
    return Call(data, ${types(entry.outputs)}, lambda out: ${value})
`;
}

function event(entry, topicOf) {
  const indexed = entry.inputs.filter((item) => item.indexed);
  const plain = entry.inputs.filter((item) => !item.indexed);
  const value = (item) =>
    item.indexed ? fromAbi(item, `topics[${indexed.indexOf(item)}]`) : fromAbi(item, `rest[${plain.indexOf(item)}]`);
  return `@dataclass(frozen=True, slots=True)
class ${entry.name}:
    """The event ${signature(entry)}."""

    TOPIC: ClassVar[bytes] = bytes.fromhex("${topicOf(signature(entry))}")
${fields(entry.inputs)}

    @classmethod
    def of(cls, log: Log) -> Self:
        """Return the event of a log. Raises AbiMismatch for the log of another event."""
        topics, rest = decoded_log(log, cls.TOPIC, indexed=${types(indexed)}, plain=${types(plain)})
        return cls(${entry.inputs.map(value).join(', ')})
`;
}

function errors(entries, selectorOf) {
  const lines = entries.map((entry) => `    bytes.fromhex("${selectorOf(signature(entry))}"): ("${entry.name}", ${types(entry.inputs)}),`);
  return `ERRORS: dict[bytes, tuple[str, tuple[str, ...]]] = {\n${lines.join('\n')}\n}\n`;
}

function creation(contractName, entry) {
  const inputs = entry?.inputs ?? [];
  const names = parameterNames(inputs);
  const list = inputs.map((item, at) => `${names[at]}: ${argumentType(item)}`).join(', ');
  const given = tuple(inputs.map((item, at) => toAbi(item, names[at])));
  return `def creation_code(${list}) -> bytes:
    """Return what deploys a ${contractName}: the artifact's code and the constructor's arguments."""
    return bytes.fromhex(artifact("${contractName}").bytecode[2:]) + encoded("", ${types(inputs)}, ${given})
`;
}

const IMPORTS = [
  ['collections.abc', ['Sequence']],
  ['dataclasses', ['dataclass']],
  ['typing', ['Any', 'ClassVar', 'Self']],
  null,
  ['apps.chain.abi', ['Call', 'Log', 'checksummed', 'decoded_log', 'encoded']],
  ['apps.chain.artifacts', ['artifact']],
];

/** Return the beginning of the module, with the imports that its body needs. */
function head(contractName, body) {
  const lines = IMPORTS.map((group) => {
    if (group === null) return '';
    const used = group[1].filter((name) => new RegExp(`\\b${name}\\b`).test(body));
    return used.length ? `from ${group[0]} import ${used.join(', ')}` : null;
  });
  return `"""${contractName}, typed. Written by contracts/bin/build from its ABI; do not edit."""

from __future__ import annotations

${lines.filter((line) => line !== null).join('\n')}
`;
}

/** Return the module. selectorOf, topicOf: hex of the hash of a signature, 4 bytes and whole. */
function pythonBinding(contractName, abi, { selectorOf, topicOf }) {
  const of = (type) => abi.filter((entry) => entry.type === type);
  const parts = [
    ...structs(abi),
    creation(contractName, of('constructor')[0]),
    ...of('function').map((entry) => callable(entry, selectorOf)),
    ...of('event').map((entry) => event(entry, topicOf)),
    errors(of('error'), selectorOf),
  ];
  const body = parts.join('\n\n');
  return [head(contractName, body), body].join('\n\n');
}

module.exports = { pythonBinding, snake };
