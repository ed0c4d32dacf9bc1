import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { shellWord } from '../errors/shell-word.ts'
import type { Subject } from '../protocols/kernel.ts'
import type { Kvm } from '../protocols/kvm.ts'
import { DOOR } from './rules/world.ts'
import type { Closure } from './sources/closure.ts'
import { FunctionSources } from './sources/find-function.ts'

const TABLE = fileURLToPath(new URL('../../src/protocols/kvm.ts', import.meta.url))
const WIDTH = 120

/** The origin of a new patch. */
export type Beginning = {
  /** The name of its runs. */
  readonly name: string
  /** The path of its file. */
  readonly file: string
  /** How `faultline/kvm` calls the kernel that it changes, and what that is called outside. */
  readonly kernel: { readonly exported: string; readonly name: string; readonly kvm: Kvm }
  /** The variant that it is made from, if it is not the kernel itself. */
  readonly from: string
  readonly says: string
  /** The scenario and the check that run the replaced functions. */
  readonly subject: Subject
  /** The functions that it replaces, as they are now. */
  readonly functions: Readonly<Record<string, unknown>>
}

/** An entry as it is written in a patch, and the declarations that it needs. */
type Written = { readonly text: string; readonly closures: readonly Closure[] }

/** The text of a patch that behaves like its origin, for the user to change. */
export async function skeletonOf(beginning: Beginning): Promise<string> {
  const { name, file, kernel, from, says, subject, functions } = beginning
  const sources = new FunctionSources([], ['versions', 'variants', 'broken'])
  const entries: Written[] = []
  for (const [entry, own] of Object.entries(functions)) {
    const base = kernel.kvm[entry as keyof typeof kernel.kvm]
    entries.push(await writtenEntry(entry, own, base, `${kernel.exported}.kvm.${entry}`, sources))
  }
  const closures = entries.flatMap((entry) => entry.closures)
  return [
    importOf([...closures.flatMap(({ imports }) => imports), value('patch'), value(kernel.exported)]),
    head(from, subject, /[/\\]/.test(file) ? file : `./${file}`),
    ...declarationsOf(closures, (text) => !isHoisted(text)),
    `export default patch({
  name: '${name}',
  on: ${kernel.exported},
  says: '${says.replaceAll("'", "\\'")}',
  replaces: ${written(entries.map(({ text }) => text))},
})`,
    ...declarationsOf(closures, isHoisted),
    `// The other functions of ${kernel.name}, which can be replaced in the same way. This command adds their text:
//   faultline new patch FILE --from ${kernel.name} --functions a,b
//
${tableOf(new Set(Object.keys(functions)))}`,
  ]
    .join('\n\n')
    .concat('\n')
}

async function writtenEntry(
  entry: string,
  own: unknown,
  base: unknown,
  baseText: string,
  sources: FunctionSources,
): Promise<Written> {
  if (typeof own === 'function') {
    const source = await sources.of(own as (...args: never[]) => unknown)
    if (source === undefined) throw new Error(`the source of ${entry} is not here`)
    if (source.isInline) {
      const [first, ...others] = source.declarations
      return { text: `${entry}: ${first!.text}`, closures: [{ ...source, declarations: others }] }
    }
    return { text: entry === source.name ? entry : `${entry}: ${source.name}`, closures: [source] }
  }
  if (typeof own !== 'object' || own === null) return { text: `${entry}: ${JSON.stringify(own)}`, closures: [] }
  // A nested table: the kernel's with the differences.
  const parts: Written[] = []
  for (const [part, value] of Object.entries(own)) {
    const ours = (base as Readonly<Record<string, unknown>>)[part]
    if (value !== ours) parts.push(await writtenEntry(part, value, ours, `${baseText}.${part}`, sources))
  }
  const texts = [`...${baseText}`, ...parts.map(({ text }) => text)]
  return { text: `${entry}: { ${texts.join(', ')} }`, closures: parts.flatMap(({ closures }) => closures) }
}

function written(texts: readonly string[]): string {
  const line = texts.length === 0 ? '{}' : `{ ${texts.join(', ')} }`
  return line.length <= WIDTH - 14 ? line : `{\n${texts.map((text) => `    ${text},\n`).join('')}  }`
}

const value = (name: string) => ({ name, isType: false })

const head = (
  from: string,
  subject: Subject,
  file: string,
) => `// A patch for faultline: whole functions of a kernel, replaced. It begins as ${from}; change it.
//
//   faultline bench -s ${subject} --variant ${shellWord(`${from},${file}`)}        what it costs, measured
//   faultline bench -s ${subject} --variant ${shellWord(`${from},${file}`)} -m altra-64
//   faultline check ${subject} --variant ${shellWord(file)}                what can go wrong in it
//   faultline diff ${from} ${shellWord(file)}
//
// Each \`yield*\` is a point where another CPU may act, and everything that touches shared memory is one. docs/your-own-patch.md
// A letter and a number in a comment, F7, are a step of src/protocols/STEPS.md.`

function importOf(imports: readonly { readonly name: string; readonly isType: boolean }[]): string {
  const byName = new Map(imports.map((one) => [one.name, one.isType]))
  const names = [...byName]
    .sort(([a], [b]) => (a.toLowerCase() < b.toLowerCase() ? -1 : 1))
    .map(([name, isType]) => (isType ? `type ${name}` : name))
  const line = `import { ${names.join(', ')} } from '${DOOR}'`
  return line.length <= WIDTH ? line : `import {\n${names.map((name) => `  ${name},\n`).join('')}} from '${DOOR}'`
}

/** Functions and types may stand below the place where they are named. */
const isHoisted = (text: string) =>
  !/^(?:const|class) /m.test(
    text
      .replace(/\/\*[\s\S]*?\*\//g, '')
      .trimStart()
      .split('\n')[0]!,
  )

/** Each once, although two functions may need the same. */
function declarationsOf(closures: readonly Closure[], isWanted: (text: string) => boolean): string[] {
  const texts = closures.flatMap(({ declarations }) => declarations.map(({ text }) => text))
  return [...new Set(texts)].filter(isWanted)
}

/** The functions of the table with their descriptions, by kernel file, as comments. */
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
