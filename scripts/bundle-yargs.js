// The parser of the command line in one file. Its own 50 take longer to load than the rest of `--help`, and most of that goes
// into the widths of emoji, of which no help of ours has any: columns are counted as in the rest of the program.
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const modules = join(root, 'node_modules')
const folder = join(root, 'dist', 'bundled')
const outfile = join(folder, 'yargs.js')
const widths = join(root, 'dist', 'report', 'tones.js')

const plugin = {
  name: 'faultline',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^string-width$/ }, () => ({ path: 'string-width', namespace: 'ours' }))
    onLoad({ filter: /.*/, namespace: 'ours' }, () => ({
      contents: `export { widthOf as default } from ${JSON.stringify(widths)}`,
      resolveDir: root,
    }))
    // It reads its sentences from a folder that it names from where it lies.
    onLoad({ filter: /platform-shims[/\\]esm\.mjs$/ }, ({ path }) => ({
      contents: replaced(readFileSync(path, 'utf8'), "'../../../locales'", "'../locales'"),
    }))
    // It makes the help of each command that runs, for one that fails; ours fail without help.
    onLoad({ filter: /yargs[/\\]build[/\\]lib[/\\]command\.js$/ }, ({ path }) => ({
      contents: replaced(readFileSync(path, 'utf8'), /[\w.()]+\.cacheHelpMessage\(\);/, ''),
    }))
  },
}

/** Writes `dist/bundled/yargs.js`, unless it is newer than what it is made of. */
export async function bundleYargs() {
  const from = [fileURLToPath(import.meta.url), join(root, 'package-lock.json'), widths]
  const ageOf = (file) => (existsSync(file) ? statSync(file).mtimeMs : 0)
  if (ageOf(outfile) > Math.max(...from.map(ageOf))) return
  const { build } = await import('esbuild')
  const options = {
    entryPoints: [join(modules, 'yargs', 'index.mjs')],
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'esnext',
    minifyWhitespace: true,
    minifySyntax: true,
    plugins: [plugin],
    logLevel: 'warning',
  }
  const { metafile } = await build({ ...options, write: false, outfile, metafile: true })
  const banner = { js: `/*!\n${licencesOf(Object.keys(metafile.inputs))}*/` }
  await build({ ...options, outfile, banner })
  mkdirSync(join(folder, 'locales'), { recursive: true })
  copyFileSync(join(modules, 'yargs', 'locales', 'en.json'), join(folder, 'locales', 'en.json'))
}

function replaced(text, from, to) {
  const changed = text.replace(from, to)
  if (changed === text) throw new Error(`yargs has no ${from} any more`)
  return changed
}

/** The licences of the packages ask to go with them. */
function licencesOf(files) {
  const packages = files.flatMap((file) => /^(?:.*\/)?node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(file)?.[1] ?? [])
  return [...new Set(packages)]
    .sort()
    .map((name) => {
      const file = readdirSync(join(modules, name)).find((one) => /^licen[cs]e/i.test(one))
      return `${name}\n\n${readFileSync(join(modules, name, file), 'utf8').trim()}\n\n`
    })
    .join('')
}
