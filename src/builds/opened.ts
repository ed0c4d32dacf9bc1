import {
  type Class,
  type Literal,
  type ModuleDeclaration,
  type ObjectExpression,
  type Pattern,
  type Program,
  parse,
  type Statement,
  tokTypes,
} from 'acorn'
import { full } from 'acorn-walk'
import { changedByClass, changedMembers } from './changed-members.ts'
import { blank, type Cut } from './marks.ts'
import { boundIn } from './names.ts'

/**
 * The opened build of a module in its direct form: private names become ordinary ones (`#x` is `$x`), and the `$scope()` of each
 * class and function resolves the names of its module. Objects placed with it can be compiled: see threads/wasm/compile.ts.
 *
 * `$scope.changes`: the fields that the module changes, except those of `this` in a class; those are the `$assigns` of each class.
 * `$scope.replace`: puts another function into the place of one that the module declares.
 */
export function toOpened(direct: string): string {
  const { tree, cuts } = parsed(direct)
  const scope = scopeIn(tree.body, '$scope', tree.body.flatMap(namesOf), cuts)
  const text = blank(direct, cuts)
  const end = text.lastIndexOf('\n//# sourceMappingURL')
  if (scope === '') return text
  return `${text.slice(0, end < 0 ? text.length : end)}\n${scope}${end < 0 ? '' : text.slice(end)}`
}

/** The same of many modules in one file, each of which begins with a comment that names it. Lines keep their numbers. */
export function toOpenedBundle(direct: string): string {
  const { tree, cuts, modules } = parsed(direct)
  const all = new Set(tree.body.flatMap(namesOf))
  for (const [index, start] of modules.entries()) {
    const next = modules[index + 1] ?? direct.length
    const body = tree.body.filter((node) => node.start > start && node.start < next && !isList(node))
    const scope = scopeIn(body, `$scope${index}`, [...namesUsedIn(body, all)], cuts)
    const end = body.at(-1)?.end ?? 0
    if (scope !== '') cuts.push([end, end, ` ${scope}`])
  }
  return blank(direct, cuts)
}

/** A module as a tree, its private names, and the comments that begin a module of several. */
function parsed(text: string): { readonly tree: Program; readonly cuts: Cut[]; readonly modules: readonly number[] } {
  const cuts: Cut[] = []
  const modules: number[] = []
  const tree = parse(text, {
    ecmaVersion: 'latest',
    sourceType: 'module',
    onToken: ({ type, start }) => {
      if (type === tokTypes.privateId) cuts.push([start, start + 1, '$'])
    },
    onComment: (isBlock, comment, start) => {
      const isFirstInLine = start === 0 || text[start - 1] === '\n'
      if (!isBlock && isFirstInLine && comment.endsWith('.js')) modules.push(start)
    },
  })
  return { tree, cuts, modules }
}

/** `export { a, b }` of all modules together. */
const isList = (node: TopLevel): boolean => node.type === 'ExportNamedDeclaration' && !node.declaration

/** Those that modules declare, and this one uses: its own, and those that it imported. */
function namesUsedIn(body: readonly TopLevel[], all: ReadonlySet<string>): Set<string> {
  const used = new Set(body.flatMap(namesOf))
  for (const node of body) {
    full(node, (inner) => {
      if (inner.type === 'Identifier' && all.has(inner.name)) used.add(inner.name)
    })
  }
  return used
}

/** What makes the scope of a module; what its tables need is put into `cuts`. Empty: it has neither classes, functions nor literals. */
function scopeIn(body: readonly TopLevel[], scope: string, names: readonly string[], cuts: Cut[]): string {
  const callable = body.flatMap(callableIn)
  const classes = body.flatMap(classesIn)
  const tables = body.flatMap(tablesIn)
  const makers = body.flatMap(makersIn)
  const literals = body.flatMap(literalsIn)
  for (const { params, body } of makers) {
    const given = params.flatMap(boundIn).join(', ')
    cuts.push([body.start, body.start + 1, `${scope}.opened({`])
    cuts.push([body.end - 1, body.end, `}, () => ({ ${given} }))`])
  }
  if (callable.length + literals.length === 0) return ''
  return [
    `const ${scope} = () => ({ ${[...names, ...classes.flatMap(innerName)].join(', ')} });`,
    `${scope}.changes = ${JSON.stringify(changesIn(body))};`,
    `${scope}.replace = { ${body.flatMap(functionsIn).map(replacing).join(', ')} };`,
    ...(makers.length === 0 ? [] : [opened(scope)]),
    ...callable.map((name) => `${name}.$scope = ${scope};`),
    ...classes.map(([name, node]) => `${name}.$assigns = ${JSON.stringify(changedByClass(node))};`),
    ...tables.flatMap(({ name, functions }) => functions.map((key) => `${name}[${key}].$scope ??= ${scope};`)),
    ...(literals.length === 0 ? [] : [freeze(scope), ...literals.map((name) => `${scope}.freeze(${name});`)]),
  ].join(' ')
}

/** The functions of a table that a function makes see what that was given as well. */
const opened = (scope: string) =>
  `${scope}.opened = ($table, $names) => { const $inner = Object.assign(() => ({ ...${scope}(), ...$names() }), ${scope}); for (const $f of Object.values($table)) if (typeof $f === 'function') $f.$scope ??= $inner; return $table; };`

/** A module keeps no state. What it writes as a literal is a constant of compiled code, and a change of it throws. */
const freeze = (scope: string) =>
  `${scope}.freeze = ($o) => { if (typeof $o !== "object" || $o === null || Object.isFrozen($o)) return; if (!Array.isArray($o) && Object.getPrototypeOf($o) !== Object.prototype) return; Object.freeze($o); for (const $v of Object.values($o)) ${scope}.freeze($v); };`

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
    id.type === 'Identifier' && /^(ArrowFunction|Class)Expression$/.test(init?.type ?? '') ? [id.name] : [],
  )
}

/** Classes, with the names that their module has for them. */
function classesIn(node: TopLevel): (readonly [string, Class])[] {
  const inner = declarationIn(node)
  if (inner.type === 'ClassDeclaration') return [[inner.id.name, inner]]
  if (inner.type !== 'VariableDeclaration') return []
  return inner.declarations.flatMap(({ id, init }) =>
    id.type === 'Identifier' && init?.type === 'ClassExpression' ? [[id.name, init] as const] : [],
  )
}

/** A class in a file of many modules may call itself by another name. */
const innerName = ([name, { id }]: readonly [string, Class]): string[] =>
  id && id.name !== name ? [`${id.name}: ${name}`] : []

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

/** The names of what the module changes, but not what a class of the module changes of `this`. */
function changesIn(body: readonly TopLevel[]): string[] {
  const classes = body.flatMap(classesIn)
  const isShown = (at: number) => classes.some(([, { start, end }]) => start <= at && at < end)
  const changed = body.flatMap(changedMembers).filter(({ isOfThis, at }) => !(isOfThis && isShown(at)))
  return [...new Set(changed.map(({ name }) => name))].sort()
}
