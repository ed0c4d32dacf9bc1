import { type ModuleDeclaration, type Program, parse, type Statement, tokTypes } from 'acorn'
import { blank, type Cut } from './marks.ts'
import { boundIn } from './traced.ts'

/**
 * The opened build of a module in its direct form: private names become ordinary ones (`#x` is `$x`), and the `$scope()` of each
 * class and function resolves the names of its module. Objects placed with it can be compiled: see threads/wasm/compile.ts.
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
  const scope = `const $scope = () => ({ ${names.join(', ')} });${callable.map((name) => ` ${name}.$scope = $scope;`).join('')}`
  const text = blank(direct, cuts)
  const end = text.lastIndexOf('\n//# sourceMappingURL')
  return callable.length === 0
    ? text
    : `${text.slice(0, end < 0 ? text.length : end)}\n${scope}${end < 0 ? '' : text.slice(end)}`
}

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
