import {
  type Literal,
  type ModuleDeclaration,
  type ObjectExpression,
  type Pattern,
  type Program,
  parse,
  type Statement,
  tokTypes,
} from 'acorn'
import { changedMembers } from './changed-members.ts'
import { blank, type Cut } from './marks.ts'
import { boundIn } from './traced.ts'

/**
 * The opened build of a module in its direct form: private names become ordinary ones (`#x` is `$x`), and the `$scope()` of each
 * class and function resolves the names of its module. Objects placed with it can be compiled: see threads/wasm/compile.ts.
 *
 * `$scope.changes`: the fields that the module changes, except those of `this`, which the text of the class shows.
 * `$scope.replace`: puts another function into the place of one that the module declares.
 */
export function toOpened(direct: string): string {
  const cuts: Cut[] = []
  const tree = parse(direct, {
    ecmaVersion: 'latest',
    sourceType: 'module',
    onToken: ({ type, start }) => {
      if (type === tokTypes.privateId) cuts.push([start, start + 1, '$'])
    },
  })
  const names = tree.body.flatMap((node) => namesOf(node))
  const callable = tree.body.flatMap(callableIn)
  const tables = tree.body.flatMap(tablesIn)
  const makers = tree.body.flatMap(makersIn)
  for (const { params, body } of makers) {
    const given = params.flatMap(boundIn).join(', ')
    cuts.push([body.start, body.start + 1, '$opened({'], [body.end - 1, body.end, `}, () => ({ ${given} }))`])
  }
  cuts.sort(([a], [b]) => a - b)
  const text = blank(direct, cuts)
  const end = text.lastIndexOf('\n//# sourceMappingURL')
  const literals = tree.body.flatMap(literalsIn)
  if (callable.length + literals.length === 0) return text
  const scope = [
    `const $scope = () => ({ ${names.join(', ')} });`,
    `$scope.changes = ${JSON.stringify(changesIn(tree))};`,
    `$scope.replace = { ${tree.body.flatMap(functionsIn).map(replacing).join(', ')} };`,
    ...(makers.length === 0 ? [] : [OPENED]),
    ...callable.map((name) => `${name}.$scope = $scope;`),
    ...tables.flatMap(({ name, functions }) => functions.map((key) => `${name}[${key}].$scope ??= $scope;`)),
    ...(literals.length === 0 ? [] : [FREEZE, ...literals.map((name) => `$freeze(${name});`)]),
  ].join(' ')
  return `${text.slice(0, end < 0 ? text.length : end)}\n${scope}${end < 0 ? '' : text.slice(end)}`
}

/** The functions of a table that a function makes see what that was given as well. */
const OPENED =
  "function $opened($table, $names) { const $inner = Object.assign(() => ({ ...$scope(), ...$names() }), $scope); for (const $f of Object.values($table)) if (typeof $f === 'function') $f.$scope ??= $inner; return $table; }"

/** A module keeps no state. What it writes as a literal is a constant of compiled code, and a change of it throws. */
const FREEZE =
  'function $freeze($o) { if (typeof $o !== "object" || $o === null || Object.isFrozen($o)) return; if (!Array.isArray($o) && Object.getPrototypeOf($o) !== Object.prototype) return; Object.freeze($o); for (const $v of Object.values($o)) $freeze($v); }'

const replacing = (name: string) => `${name}: ($f) => { ${name} = $f; }`

type TopLevel = Program['body'][number]

const declarationIn = (node: TopLevel): Statement | ModuleDeclaration =>
  node.type === 'ExportNamedDeclaration' && node.declaration ? (node.declaration as Statement) : node

/** The names that a statement of the module declares. */
function namesOf(node: TopLevel): string[] {
  const inner = declarationIn(node)
  if (inner.type === 'ImportDeclaration') return inner.specifiers.map(({ local }) => local.name)
  if (inner.type === 'VariableDeclaration') return inner.declarations.flatMap(({ id }) => boundIn(id))
  return callableIn(node)
}

/** Classes and functions among them. */
function callableIn(node: TopLevel): string[] {
  const inner = declarationIn(node)
  if (inner.type === 'ClassDeclaration' || inner.type === 'FunctionDeclaration') return [inner.id.name]
  if (inner.type !== 'VariableDeclaration') return []
  return inner.declarations.flatMap(({ id, init }) =>
    id.type === 'Identifier' && init?.type === 'ArrowFunctionExpression' ? [id.name] : [],
  )
}

/** Functions that can be replaced. */
const functionsIn = (node: TopLevel): string[] => {
  const inner = declarationIn(node)
  return inner.type === 'FunctionDeclaration' ? [inner.id.name] : []
}

type Table = { readonly name: string; readonly functions: readonly string[] }

/** Objects, with the keys of the functions that are written in them: one that is made elsewhere knows other names. */
function tablesIn(node: TopLevel): Table[] {
  const inner = declarationIn(node)
  if (inner.type !== 'VariableDeclaration') return []
  return inner.declarations.flatMap(({ id, init }) =>
    id.type === 'Identifier' && init?.type === 'ObjectExpression'
      ? [{ name: id.name, functions: functionsOf(init) }]
      : [],
  )
}

const functionsOf = ({ properties }: ObjectExpression): string[] =>
  properties.flatMap((each) => {
    if (each.type !== 'Property' || each.computed || each.kind !== 'init') return []
    if (!/^(Arrow)?FunctionExpression$/.test(each.value.type)) return []
    return [JSON.stringify(each.key.type === 'Identifier' ? each.key.name : String((each.key as Literal).value))]
  })

/** Constants that are written as an object or an array. */
function literalsIn(node: TopLevel): string[] {
  const inner = declarationIn(node)
  if (inner.type !== 'VariableDeclaration') return []
  return inner.declarations.flatMap(({ id, init }) =>
    id.type === 'Identifier' && /^(Object|Array)Expression$/.test(init?.type ?? '') ? [id.name] : [],
  )
}

/** Functions that make a table of functions: `(kvm) => ({ ... })`. */
function makersIn(node: TopLevel): { readonly params: readonly Pattern[]; readonly body: ObjectExpression }[] {
  const inner = declarationIn(node)
  if (inner.type !== 'VariableDeclaration') return []
  return inner.declarations.flatMap(({ init }) => {
    if (init?.type !== 'ArrowFunctionExpression' || init.body.type !== 'ObjectExpression') return []
    const hasMethods = init.body.properties.some((each) => each.type === 'Property' && each.method)
    return hasMethods ? [{ params: init.params, body: init.body }] : []
  })
}

/** The names of what the module changes; what a class of the module changes of `this` outside of its constructor, its text shows. */
function changesIn(tree: Program): string[] {
  const classes = tree.body.map(declarationIn).filter(({ type }) => type === 'ClassDeclaration')
  const isShown = (at: number) => classes.some(({ start, end }) => start <= at && at < end)
  const changed = changedMembers(tree).filter(({ isOfThis, at }) => !(isOfThis && isShown(at)))
  return [...new Set(changed.map(({ name }) => name))].sort()
}
