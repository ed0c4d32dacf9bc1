// For the tests of the checks: a small project in a folder of its own, with whatever is planted in it.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

const SETTINGS = {
  compilerOptions: {
    target: 'es2023',
    lib: ['es2024', 'dom'],
    module: 'nodenext',
    types: [],
    strict: true,
    noEmit: true,
    allowImportingTsExtensions: true,
  },
  include: ['src'],
}

/**
 * Runs `check` over a project with these sources.
 *
 * @param {Record<string, string>} sources text by path below `src`
 * @param {(root: string) => string[]} check
 * @returns {string[]} what it found
 */
export function checkPlanted(sources, check) {
  const root = mkdtempSync(join(tmpdir(), 'faultline-planted-'))
  try {
    writeFileSync(join(root, 'tsconfig.json'), JSON.stringify(SETTINGS))
    for (const [path, text] of Object.entries(sources)) {
      const file = join(root, 'src', path)
      mkdirSync(dirname(file), { recursive: true })
      writeFileSync(file, text)
    }
    return check(root)
  } finally {
    rmSync(root, { recursive: true })
  }
}
