import type { AnyNode, Identifier, ImportDeclaration, Program } from 'acorn'
import { full, type SimpleVisitors, simple } from 'acorn-walk'
import { boundIn } from '../../builds/names.ts'
import { nearest } from '../../errors/nearest.ts'
import type { Refuse } from './problem.ts'

export const DOOR = 'faultline/kvm'

/** JavaScript globals that behave the same on every machine, at any time. */
const PURE = new Set(
  `undefined NaN Infinity isNaN isFinite parseInt parseFloat arguments
  Object Array Map Set WeakMap WeakSet Number Boolean String Symbol BigInt Math JSON
  Int8Array Uint8Array Uint8ClampedArray Int16Array Uint16Array Int32Array Uint32Array Float32Array Float64Array
  Error RangeError TypeError`.split(/\s+/),
)

const COMMON_JS = `this is CommonJS, but a patch is a module: \`import { patch } from '${DOOR}'\`, and \`export default patch({ ... })\``

const INSTEAD: Readonly<Record<string, string>> = {
  Atomics: 'shared memory is touched through `cpu` only: `yield* cpu.load(word)`',
  SharedArrayBuffer: 'words are placed at construction: `place: (place) => ({ own: place.line("own") })`',
  Date: 'a protocol knows no clock; a trial measures it',
  performance: 'a protocol knows no clock; a trial measures it',
  require: COMMON_JS,
  module: COMMON_JS,
  exports: COMMON_JS,
  console: 'it would be part of the measurement; count with `cpu.count()` instead',
}

/** The exports of `faultline/kvm`: values, and types. */
export type Doors = { readonly names: ReadonlySet<string>; readonly types: ReadonlySet<string> }

/** A protocol accesses the outside only through its `cpu`: no clock, no randomness, no other module, no module state. */
export function checkWorld(tree: Program, doors: Doors, refuse: Refuse): void {
  const known = declaredIn(tree)
  for (const statement of tree.body) {
    if (statement.type === 'ImportDeclaration') checkImport(statement, doors, refuse)
    if (/^Export(Named|All)/.test(statement.type) && (statement as { readonly source?: unknown }).source) {
      refuse(statement, 'a patch re-exports nothing: leave the line out')
    }
    if (statement.type === 'VariableDeclaration' && statement.kind !== 'const') {
      refuse(statement, 'a module keeps no state, for each thread would have its own: place a word, or write `const`')
    }
  }
  full(tree, (node) => {
    if (node.type === 'ImportExpression' || node.type === 'MetaProperty') {
      refuse(node, `a patch imports \`${DOOR}\` and nothing else`)
    }
    if (node.type === 'AwaitExpression' || ('async' in node && node.async === true)) {
      refuse(node, 'a step is taken, not awaited: `function*` and `yield*`')
    }
    if (node.type === 'MemberExpression' && isMathRandom(node)) {
      refuse(node, 'a protocol is deterministic: no `Math.random`')
    }
  })
  const checkName = (node: Identifier) => {
    if (known.has(node.name) || PURE.has(node.name)) return
    refuse(node, INSTEAD[node.name] ?? unknownName(node.name, [...known, ...doors.names]))
  }
  // An assignment target is a pattern, which the types of acorn-walk do not cover.
  const visitors: Readonly<Record<string, (node: Identifier) => void>> = {
    Identifier: checkName,
    VariablePattern: checkName,
  }
  simple(tree, visitors as SimpleVisitors<unknown>)
}

function unknownName(name: string, known: readonly string[]): string {
  const [near] = nearest(name, known)
  const meant = near === undefined ? `import it from \`${DOOR}\` if it is there` : `did you mean \`${near}\`?`
  return `a patch has no \`${name}\`: ${meant}`
}

/** An imported type must be marked as one, or the module would import a value that does not exist. */
function checkImport(
  { source, specifiers, ...node }: ImportDeclaration,
  { names, types }: Doors,
  refuse: Refuse,
): void {
  if (source.value !== DOOR) {
    refuse(source, `\`${source.value}\` is not part of a protocol: a patch imports \`${DOOR}\` and nothing else`)
    return
  }
  for (const specifier of specifiers) {
    if (specifier.type === 'ImportDefaultSpecifier') {
      refuse({ ...node, ...specifier }, `\`${DOOR}\` has no default export: name the imports in braces`)
    }
    if (specifier.type !== 'ImportSpecifier') continue
    const { imported } = specifier
    const name = imported.type === 'Identifier' ? imported.name : String(imported.value)
    if (names.has(name)) continue
    const [near] = nearest(name, [...names])
    const says = types.has(name) ? `is a type: import \`type ${name}\`` : `is not in \`${DOOR}\``
    const meant = types.has(name) || near === undefined ? '' : `, but \`${near}\` is`
    refuse(specifier, `\`${name}\` ${says}${meant}`)
  }
}

const isMathRandom = ({ object, property }: AnyNode & { readonly type: 'MemberExpression' }) =>
  object.type === 'Identifier' &&
  object.name === 'Math' &&
  ((property.type === 'Identifier' && property.name === 'random') ||
    (property.type === 'Literal' && property.value === 'random'))

/** Every name that is bound somewhere in the file, in any scope. */
function declaredIn(tree: Program): Set<string> {
  const names = new Set<string>()
  full(tree, (node) => {
    if (node.type === 'VariableDeclarator') for (const name of boundIn(node.id)) names.add(name)
    if (node.type === 'CatchClause' && node.param) for (const name of boundIn(node.param)) names.add(name)
    if (/^Import\w*Specifier$/.test(node.type)) names.add((node as { readonly local: Identifier } & AnyNode).local.name)
    if (/Function/.test(node.type)) {
      const { id, params } = node as AnyNode & { readonly type: 'FunctionDeclaration' }
      if (id) names.add(id.name)
      for (const name of params.flatMap(boundIn)) names.add(name)
    }
    if ((node.type === 'ClassDeclaration' || node.type === 'ClassExpression') && node.id) names.add(node.id.name)
  })
  return names
}
