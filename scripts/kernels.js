// Writes docs/kernels.md: which function of the kernel is what in which version, from the tables of functions themselves.
import { readFileSync, writeFileSync } from 'node:fs'

export const PAGE = 'docs/kernels.md'
/** Where the part begins that `npm run kernels:figures` writes. */
export const FIGURES = '## Figures of each version'
const TYPES = 'src/protocols/kvm.ts'

/** What each entry of the table is in the kernel: the name that its comment begins with. */
function namesIn(types) {
  const entries = [...types.matchAll(/\/\*\*\s*(?:\* )?((?:(?!\*\/)[\s\S])*)\*\/\s*readonly (\w+):/g)]
  return new Map(entries.map(([, comment, entry]) => [entry, comment.match(/`([^`]+)`/)?.[1] ?? '']))
}

const row = (cells) => `| ${cells.join(' | ')} |`

/** One row for each function that any version has changed: since when it is what it is. */
function functionRows(versions, names) {
  const changed = new Set(versions.flatMap(({ changes }) => changes.map(({ entry }) => entry)))
  return [...changed].map((entry) => {
    const states = versions.map(({ changes }, at) => {
      const change = changes.find((one) => one.entry === entry)
      return at === 0 ? 'a' : change === undefined ? '' : letter(versions, entry, at)
    })
    return row([`\`${entry}\``, names.get(entry) ? `\`${names.get(entry)}\`` : '', ...states])
  })
}

/** a, b, c: the forms that a function has had. */
const letter = (versions, entry, at) => {
  const before = versions.slice(1, at + 1).filter(({ changes }) => changes.some((one) => one.entry === entry))
  return 'abcdefgh'[before.length]
}

const changeRows = (versions) =>
  versions.flatMap(({ name, changes }) =>
    changes.map(({ entry, commit, says }) => row([name, `\`${entry}\``, commit, says.replaceAll('|', '\\|')])),
  )

export function kernelsPage(versions, types) {
  const names = namesIn(types)
  const columns = versions.map(({ name }) => name)
  return `# Kernels

A kernel version is a table of functions (\`src/protocols/kvm.ts\`); each version is the one before with its changes
(\`src/protocols/kernels.ts\`). \`npm run kernels\` writes this page from these tables, and a test compares the two.
\`list kernels\` prints the versions, and \`list v6.12\` the changes of one of them.

## The form of each function by version

\`a\` is the form in v5.11, \`b\` the next, and so on. An empty cell means: as in the version before. These differences are not re-created:

- In v5.11 walks yielded only right after a zap, and always flushed first. Here they yield as in v6.5.
- Up to v5.15 a fault continued in an invalid root (a955cad84cda). Here it retries in every version.
- Up to v5.17 the zap of a valid root whose last reference is dropped did not yield (8351779ce65f). Here it may in every version.
- Since v6.9 a zap in an invalid root needs no flush (fcdffe97f80e). Here it does.
- v6.8 did its pre-check before it checked whether the memslot is INVALID. Here the memslot is checked first, as since v6.10 (cd272fc439b5).
- Up to v6.14 \`kvm_test_age_gfn()\` checked the shadow MMU first, and every root even after a hit. Here it stops at the first used mapping.

${row(['function here', 'in the kernel', ...columns])}
${row(['function here', 'in the kernel', ...columns].map(() => '---'))}
${functionRows(versions, names).join('\n')}

## The changes

| since | function | commit | |
| --- | --- | --- | --- |
${changeRows(versions).join('\n')}
`
}

/** The page as the tables have it; its figures stay as they are. */
export async function currentPage() {
  const { VERSIONS } = await import('../dist/protocols/kernels.js')
  const [, figures] = readFileSync(PAGE, 'utf8').split(`\n${FIGURES}\n`)
  const tables = kernelsPage(VERSIONS, readFileSync(TYPES, 'utf8'))
  return figures === undefined ? tables : `${tables}\n${FIGURES}\n${figures}`
}

if (process.argv[1] === import.meta.filename) writeFileSync(PAGE, await currentPage())
