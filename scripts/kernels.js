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

A version of the kernel is a table of its functions (\`src/protocols/kvm.ts\`), and each is the version before with what has changed since (\`src/protocols/kernels.ts\`).
This page is written by \`npm run kernels\` from these tables, and a test holds it to them. \`list kernels\` prints the versions, and \`list v6.12\` what one of them changed.

## Which function is what in which version

\`a\` is the form that v5.11 has, \`b\` the next, and so on; an empty cell: as in the version before.
What v5.11 had otherwise and is not re-created: its walks yielded right after a zap only, and always flushed first; here they yield as those of v6.5 do.
Nor does a fault go on in a root that was given up, as it did up to v5.15 (a955cad84cda): here it retries in every version. Nor does a zap in such a root owe no flush, as since v6.9 (fcdffe97f80e).
Nor is the order of two looks: v6.8 made its pre-check before it looked whether the memslot is INVALID, and here it looks at the memslot first, as since v6.10 (cd272fc439b5);
and up to v6.14 \`kvm_test_age_gfn()\` asked the shadow MMU first, and every root whatever the one before said; here it stops at the first that was used.

${row(['function here', 'in the kernel', ...columns])}
${row(['function here', 'in the kernel', ...columns].map(() => '---'))}
${functionRows(versions, names).join('\n')}

## What changed it

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
