import {
  type AnyNode,
  type MemberExpression,
  type ModuleDeclaration,
  type ObjectExpression,
  type Pattern,
  type Program,
  parse,
  type Statement,
  tokTypes,
} from 'acorn'
import { full } from 'acorn-walk'
import { blank, type Cut } from './marks.ts'
import { boundIn } from './traced.ts'

/**
 * The opened build of a module in its direct form: private names become ordinary ones (`#x` is `$x`), and the `$scope()` of each
 * class and function resolves the names of its module. Objects placed with it can be compiled: see threads/wasm/compile.ts.
 *
 * `$scope.changes`: the fields that the module assigns to, except those of `this`, which the text of the class shows.
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
  if (callable.length + tables.length === 0) return text
  const scope = [
    `const $scope = () => ({ ${names.join(', ')} });`,
    `$scope.changes = ${JSON.stringify(changesIn(tree))};`,
    `$scope.replace = { ${tree.body.flatMap(functionsIn).map(replacing).join(', ')} };`,
    ...(makers.length === 0 ? [] : [OPENED]),
    ...callable.map((name) => `${name}.$scope = $scope;`),
    ...tables.map(
      (name) => `for (const $f of Object.values(${name})) if (typeof $f === 'function') $f.$scope ??= $scope;`,
    ),
  ].join(' ')
  return `${text.slice(0, end < 0 ? text.length : end)}\n${scope}${end < 0 ? '' : text.slice(end)}`
}

/** The functions of a table that a function makes see what that was given as well. */
const OPENED =
  "function $opened($table, $names) { const $inner = Object.assign(() => ({ ...$scope(), ...$names() }), $scope); for (const $f of Object.values($table)) if (typeof $f === 'function') $f.$scope ??= $inner; return $table; }"

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

/** Objects with methods. */
function tablesIn(node: TopLevel): string[] {
  const inner = declarationIn(node)
  if (inner.type !== 'VariableDeclaration') return []
  return inner.declarations.flatMap(({ id, init }) =>
    id.type === 'Identifier' && init?.type === 'ObjectExpression' ? [id.name] : [],
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

/** The names of fields that are assigned to, and of arrays of which an element is: `x` of `a.x = b`, `a.x[i] = b` and `x[i] = b`. */
function changesIn(tree: Program): string[] {
  const changed = new Set<string>()
  const note = (target: AnyNode): void => {
    if (target.type !== 'MemberExpression') return
    if (!target.computed && target.object.type !== 'ThisExpression') changed.add(nameOf(target.property))
    if (target.computed) changed.add(arrayOf(target.object))
  }
  full(tree, (node) => {
    if (node.type === 'AssignmentExpression') for (const target of targetsIn(node.left)) note(target)
    if (node.type === 'UpdateExpression') note(node.argument)
    if (node.type === 'CallExpression' && isMutator(node.callee)) note({ ...node.callee, computed: true })
  })
  return [...changed].sort()
}

/** The name of an array, or of the array of arrays that it is in. */
function arrayOf(node: AnyNode): string {
  if (node.type === 'Identifier') return node.name
  if (node.type !== 'MemberExpression') return ''
  return node.computed ? arrayOf(node.object) : nameOf(node.property)
}

/** A method that changes an array, or may. */
const isMutator = (callee: AnyNode): callee is MemberExpression =>
  callee.type === 'MemberExpression' && MUTATORS.has(nameOf(callee.property))
const MUTATORS = new Set(['push', 'pop', 'shift', 'unshift', 'splice', 'sort', 'reverse', 'copyWithin'])

/** What an assignment assigns to: several places, if it takes something apart. */
function targetsIn(left: AnyNode): AnyNode[] {
  const found: AnyNode[] = []
  full(left, (node) => void found.push(node))
  return left.type === 'ObjectPattern' || left.type === 'ArrayPattern' ? found : [left]
}

const nameOf = (property: AnyNode): string =>
  property.type === 'PrivateIdentifier' ? `$${property.name}` : property.type === 'Identifier' ? property.name : ''
