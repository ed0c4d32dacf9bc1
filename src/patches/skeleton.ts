import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { DOOR } from './rules/world.ts'
import type { Closure } from './sources/closure.ts'
import { FunctionSources } from './sources/find-function.ts'

const TABLE = fileURLToPath(new URL('../../src/protocols/kvm.ts', import.meta.url))
const WIDTH = 120

/** What a new patch begins as. */
export type Beginning = {
  /** What its runs are called. */
  readonly name: string
  /** Where it will lie. */
  readonly file: string
  /** How `faultline/kvm` calls the kernel that it changes, and what that is called outside. */
  readonly kernel: { readonly exported: string; readonly name: string }
  /** The variant that it is made from, if it is not the kernel itself. */
  readonly from: string
  readonly says: string
  /** The functions that it replaces, as they are now. */
  readonly functions: Readonly<Record<string, unknown>>
}

/** The text of a patch that does what it was made from does, for the user to change. */
export async function skeletonOf(beginning: Beginning): Promise<string> {
  const { name, file, kernel, from, says, functions } = beginning
  const sources = new FunctionSources([])
  const entries = Object.entries(functions)
  const found = await Promise.all(
    entries.map(async ([entry, value]) => {
      if (typeof value !== 'function') return { entry, value: JSON.stringify(value), closure: undefined }
      const closure = await sources.of(value as (...args: never[]) => unknown)
      if (closure === undefined) throw new Error(`the source of ${entry} is not here`)
      return { entry, value: closure.name, closure }
    }),
  )
  const closures = found.flatMap(({ closure }) => closure ?? [])
  const replaces = found.map(({ entry, value }) => (entry === value ? entry : `${entry}: ${value}`))
  return [
    importOf([...closures.flatMap(({ imports }) => imports), value('patch'), value(kernel.exported)]),
    head(from, /[/\\]/.test(file) ? file : `./${file}`),
    `export default patch({
  name: '${name}',
  on: ${kernel.exported},
  says: '${says.replaceAll("'", "\\'")}',
  replaces: { ${replaces.join(', ')} },
})`.replace('{  }', '{}'),
    ...declarationsOf(closures),
    `// What else ${kernel.name} has, to be replaced in the same way: \`faultline new patch FILE --from ${kernel.name} --functions a,b\`\n// writes them as they are.\n//\n${tableOf(new Set(Object.keys(functions)))}`,
  ]
    .join('\n\n')
    .concat('\n')
}

const value = (name: string) => ({ name, isType: false })

const head = (
  from: string,
  file: string,
) => `// A patch for faultline: whole functions of a kernel, replaced. It begins as ${from}; change it.
//
//   faultline bench -s precheck --variant ${from},${file}        what it costs, measured
//   faultline bench -s precheck --variant ${from},${file} -m altra-64
//   faultline check precheck --variant ${file}                what can go wrong in it
//   faultline diff ${from} ${file}
//
// Each \`yield*\` is a point where another CPU may act, and everything that touches shared memory is one. docs/your-own-patch.md`

function importOf(imports: readonly { readonly name: string; readonly isType: boolean }[]): string {
  const byName = new Map(imports.map((one) => [one.name, one.isType]))
  const names = [...byName]
    .sort(([a], [b]) => (a.toLowerCase() < b.toLowerCase() ? -1 : 1))
    .map(([name, isType]) => (isType ? `type ${name}` : name))
  const line = `import { ${names.join(', ')} } from '${DOOR}'`
  return line.length <= WIDTH ? line : `import {\n${names.map((name) => `  ${name},\n`).join('')}} from '${DOOR}'`
}

/** Each once, although two functions may need the same. */
function declarationsOf(closures: readonly Closure[]): string[] {
  const texts = closures.flatMap(({ declarations }) => declarations.map(({ text }) => text))
  return [...new Set(texts)]
}

/** The functions of the table with what they are, by the files of the kernel, as comments. */
function tableOf(without: ReadonlySet<string>): string {
  const [, table = ''] = /export type Kvm = \{\n([\s\S]*?)\n\}/.exec(readFileSync(TABLE, 'utf8')) ?? []
  const parts = table.matchAll(/^ {2}\/\/ (.*)$|^ {2}(?:\/\*\* ([\s\S]*?) \*\/\n {2})?readonly (\w+):/gm)
  const lines = [...parts].flatMap(([, file, says, entry]) => {
    if (file !== undefined) return ['//', `// ${file}`]
    if (entry === undefined || without.has(entry)) return []
    return [`//   ${entry}${says === undefined ? '' : `: ${says.replace(/\s*\n\s*\*\s*/g, ' ')}`}`]
  })
  return lines.join('\n').replace(/^\/\/\n/, '')
}
