import { readFileSync } from 'node:fs'
import { type AnyNode, type Node, type Program, parse } from 'acorn'
import { full } from 'acorn-walk'
import { boundIn } from '../../builds/names.ts'

/** Something that a module declares at its top. */
export type Declaration = {
  readonly name: string
  readonly isExported: boolean
  /** With the comment above it, and without `export`. */
  readonly text: string
  readonly line: number
  /** The names of the module, or of its imports, that it uses. */
  readonly uses: ReadonlySet<string>
}

/** A name that a module takes from elsewhere; `written` as the import has it: `tdpMmuNextRoot as nextRoot`. */
type Imported = { readonly local: string; readonly written: string; readonly isType: boolean }

/** A TypeScript module, taken apart into its declarations. */
export type ModuleSource = {
  readonly file: string
  readonly declarations: ReadonlyMap<string, Declaration>
  /** The nth inline function within a declaration. */
  readonly functionIn: (name: string, at: number) => Declaration | undefined
  readonly imports: readonly Imported[]
}

/** `code` is the JavaScript of `text`, place by place the same. */
export function moduleSource(file: string, text: string, code: string): ModuleSource {
  const tree = parse(code, { ecmaVersion: 'latest', sourceType: 'module', locations: true })
  const imports = importsIn(text, tree)
  const values = tree.body.flatMap((node) => declaredBy(node).map((name) => ({ name, node })))
  const types = typesIn(text, code)
  const names = [...imports.map(({ local }) => local), ...values.map(({ name }) => name), ...types.keys()]
  const declarations = values.map(({ name, node }): [string, Declaration] => {
    const start = commentAbove(text, node.start)
    const whole = text.slice(node.start, endIn(text, code, node.end))
    const own = whole.replace(/^export (default )?/, '')
    const isExported = node.type.startsWith('Export')
    const uses = usesOf(node, whole, names, name)
    return [name, { name, isExported, text: text.slice(start, node.start) + own, line: node.loc!.start.line, uses }]
  })
  for (const [name, declared] of types) {
    const uses = wordsIn(declared.text, names, name)
    declarations.push([name, { name, ...declared, uses }])
  }
  const functionIn = (name: string, at: number): Declaration | undefined => {
    const fn = functionsIn(values.find((value) => value.name === name)!.node)[at]
    if (fn === undefined) return undefined
    const own = text.slice(fn.start, fn.end)
    return { name: '', isExported: false, text: own, line: fn.loc!.start.line, uses: usesOf(fn, own, names, '') }
  }
  return { file, declarations: new Map(declarations), functionIn, imports }
}

/** The end of a statement whose code ends there: a type may follow, `as Gfn`, which is not part of the code. */
function endIn(text: string, code: string, end: number): number {
  const [blank = ''] = /^\s*/.exec(code.slice(end)) ?? []
  const [types = ''] = text.slice(end, end + blank.length).split('\n\n')
  return end + types.trimEnd().length
}

/** Functions in a declaration that is not itself one of them. */
export function functionsIn(statement: AnyNode): AnyNode[] {
  const found: AnyNode[] = []
  full(statement, (node) => {
    if (/Function/.test(node.type)) found.push(node as AnyNode)
  })
  const whole = wholeOf(statement)
  return found.filter((node) => node !== whole).sort((a, b) => a.start - b.start)
}

/** The declared function of a statement: `function f() {}`, `const f = () => 1`. */
function wholeOf(statement: AnyNode): AnyNode | undefined {
  if (statement.type === 'ExportNamedDeclaration')
    return statement.declaration ? wholeOf(statement.declaration) : undefined
  if (statement.type === 'FunctionDeclaration') return statement
  if (statement.type !== 'VariableDeclaration') return undefined
  return (statement.declarations[0]?.init ?? undefined) as AnyNode | undefined
}

export const readText = (file: string): string => readFileSync(file, 'utf8')

export function declaredBy(node: AnyNode): string[] {
  if (node.type === 'ExportNamedDeclaration') return node.declaration ? declaredBy(node.declaration) : []
  if (node.type === 'FunctionDeclaration' || node.type === 'ClassDeclaration') return node.id ? [node.id.name] : []
  if (node.type !== 'VariableDeclaration') return []
  return node.declarations.flatMap(({ id }) => boundIn(id))
}

function importsIn(text: string, tree: Program): Imported[] {
  const values = new Set<string>()
  for (const node of tree.body) {
    if (node.type === 'ImportDeclaration') for (const { local } of node.specifiers) values.add(local.name)
  }
  const clauses = [...text.matchAll(/^import (?:type )?\{([^}]*)\} from /gm)].map(([, names = '']) => names)
  return clauses
    .flatMap((names) => names.split(','))
    .map((part) => part.trim().replace(/^type /, ''))
    .filter((part) => part !== '')
    .map((written) => {
      const local = /\w+$/.exec(written)![0]
      return { local, written, isType: !values.has(local) }
    })
}

/** Types leave blanks in the JavaScript. Each ends before an empty line, the next type or the next code. */
function typesIn(text: string, code: string): Map<string, Pick<Declaration, 'text' | 'line' | 'isExported'>> {
  const found = [
    ...text.matchAll(
      /^(export )?(?:type|interface) (\w+)[\s\S]*?(?=\n\n|\n(?:export )?(?:type|interface) \w|\n?$(?![\s\S]))/gm,
    ),
  ].filter(({ index }) => code.slice(index, index + 'type'.length).trim() === '')
  return new Map(
    found.map(({ 0: upTo, 1: exported, 2: name = '', index }) => {
      const blank = /^\s*/.exec(code.slice(index, index + upTo.length))![0].length
      const whole = text.slice(index, index + blank).trimEnd()
      const start = commentAbove(text, index)
      const line = text.slice(0, index).split('\n').length
      const own = text.slice(start, index) + whole.replace(/^export /, '')
      return [name, { text: own, line, isExported: exported !== undefined }]
    }),
  )
}

/** The start of a comment that ends on the line above a place, or the place itself. */
function commentAbove(text: string, start: number): number {
  const above = text.slice(0, start)
  const [comment] = /\/\*\*(?:(?!\*\/)[\s\S])*\*\/\n$/.exec(above) ?? /(?:^\/\/.*\n)+(?![\s\S])/m.exec(above) ?? ['']
  return start - comment.length
}

/** Values are found in the code, types in the words of the text. */
function usesOf(node: Node, text: string, names: readonly string[], own: string): Set<string> {
  const named = new Set<string>()
  full(node, (inner) => {
    if (inner.type === 'Identifier') named.add(inner.name)
  })
  const types = wordsIn(text, names, own)
  return new Set([...names.filter((name) => named.has(name) && name !== own), ...types])
}

function wordsIn(text: string, names: readonly string[], own: string): Set<string> {
  const bare = text.replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '')
  const words = new Set([...bare.matchAll(/(?<![.\w'"`])[A-Z]\w*/g)].map(([word]) => word))
  return new Set(names.filter((name) => words.has(name) && name !== own))
}
