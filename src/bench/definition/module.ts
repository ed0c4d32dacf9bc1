import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { type AnyNode, type Node, parse, type Token } from 'acorn'
import { full } from 'acorn-walk'

/** A statement at the top of a module: its text without comments, and the names that it uses. */
export type Unit = { readonly text: string; readonly uses: Iterable<string> }

/** The origin of a name: its file, and its name there; `*`: the whole module. */
export type Origin = { readonly file: string; readonly name: string }

/** A compiled module, statement by statement. */
export type ModuleUnits = {
  readonly units: ReadonlyMap<string, Unit>
  /** Statements with effects at load time, other than declarations. */
  readonly effects: readonly Unit[]
  readonly imports: ReadonlyMap<string, Origin>
  /** Names that it exports without declaring them. */
  readonly exports: ReadonlyMap<string, Origin>
  /** Files of which it exports everything. */
  readonly stars: readonly string[]
}

/** Reads a module. Only files of this program are followed. */
export function readUnits(file: string, text = readFileSync(file, 'utf8')): ModuleUnits {
  const tokens: Token[] = []
  const tree = parse(text, { ecmaVersion: 'latest', sourceType: 'module', onToken: tokens })
  const units = new Map<string, Unit>()
  const effects: Unit[] = []
  const imports = new Map<string, Origin>()
  const exports = new Map<string, Origin>()
  const stars: string[] = []
  const from = (source: unknown) => resolve(dirname(file), String(source))
  const isOurs = (source: unknown) => /^\.\.?\//.test(String(source))
  let at = 0
  const unitOf = (node: Node): Unit => {
    while (at < tokens.length && tokens[at]!.start < node.start) at += 1
    const own: string[] = []
    for (; at < tokens.length && tokens[at]!.end <= node.end; at += 1) {
      own.push(text.slice(tokens[at]!.start, tokens[at]!.end))
    }
    let uses: Iterable<string> | undefined
    return {
      text: own.join(' '),
      get uses() {
        uses ??= namesIn(node)
        return uses
      },
    }
  }
  for (const node of tree.body) {
    if (node.type === 'ImportDeclaration') {
      if (!isOurs(node.source.value)) continue
      for (const one of node.specifiers) {
        const name =
          one.type === 'ImportSpecifier'
            ? nameOf(one.imported)
            : one.type === 'ImportDefaultSpecifier'
              ? 'default'
              : '*'
        imports.set(one.local.name, { file: from(node.source.value), name })
      }
    } else if (node.type === 'ExportAllDeclaration') {
      if (isOurs(node.source.value)) stars.push(from(node.source.value))
    } else if (node.type === 'ExportNamedDeclaration' && !node.declaration) {
      for (const { local, exported } of node.specifiers) {
        const origin = node.source ? from(node.source.value) : file
        exports.set(nameOf(exported), { file: origin, name: nameOf(local) })
      }
    } else {
      const unit = unitOf(node)
      const names = declaredIn(node)
      if (names.length === 0) effects.push(unit)
      for (const name of names) units.set(name, unit)
    }
  }
  return { units, effects, imports, exports, stars }
}

const nameOf = (node: AnyNode): string =>
  node.type === 'Identifier' ? node.name : String((node as { value?: unknown }).value)

function declaredIn(node: AnyNode): string[] {
  if (node.type === 'ExportDefaultDeclaration') return ['default']
  if (node.type === 'ExportNamedDeclaration') return node.declaration ? declaredIn(node.declaration) : []
  if (node.type === 'FunctionDeclaration' || node.type === 'ClassDeclaration') return node.id ? [node.id.name] : []
  return node.type === 'VariableDeclaration' ? node.declarations.flatMap(({ id }) => [...namesIn(id)]) : []
}

function namesIn(node: Node): Set<string> {
  const names = new Set<string>()
  full(node, (inner) => {
    if (inner.type === 'Identifier') names.add((inner as Node & { readonly name: string }).name)
  })
  return names
}
