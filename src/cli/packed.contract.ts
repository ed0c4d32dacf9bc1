import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, readdirSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/**
 * A folder in which faultline is installed as `npm pack` packs it: the package is unpacked, and finds what it depends on where it is
 * installed already.
 */
export function installPacked(folder: string): void {
  const [packed] = JSON.parse(
    execFileSync('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', folder], {
      cwd: ROOT,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }),
  ) as readonly { readonly filename: string }[]
  const archive = join(folder, packed!.filename)
  const modules = join(folder, 'node_modules')
  const own = join(modules, 'faultline')
  mkdirSync(own, { recursive: true })
  execFileSync('tar', ['-xzf', archive, '--strip-components=1', '-C', own])
  rmSync(archive)
  for (const name of readdirSync(join(ROOT, 'node_modules'))) {
    if (!name.startsWith('.')) symlinkSync(join(ROOT, 'node_modules', name), join(modules, name))
  }
  mkdirSync(join(modules, '.bin'))
  symlinkSync('../faultline/dist/cli/main.js', join(modules, '.bin', 'faultline'))
  chmodSync(join(own, 'dist', 'cli', 'main.js'), 0o755)
}
