import { execFile } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import os from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { FaultlineError } from '../error.ts'

const PACKAGE = fileURLToPath(new URL('../../..', import.meta.url))
const exec = promisify(execFile)

/** A tree that can be run. */
export type Tree = { readonly folder: string; readonly git: string; readonly dirty: boolean }

/** How trees are built: the same way for both sides. */
export type Builder = { readonly node: string; readonly signal: AbortSignal }

/** The tree that this program runs from, built anew if its sources are newer. */
export async function ownTree(builder: Builder): Promise<Tree> {
  if (!existsSync(join(PACKAGE, '.git')) || !existsSync(join(PACKAGE, 'src'))) {
    throw new FaultlineError(
      'NO_REPOSITORY',
      'usage',
      'only a git tree of faultline can be compared with its revisions',
      {
        hint: 'Clone it and run `npm run bench -- --ab REF` there; `faultline compare` compares result files.',
      },
    )
  }
  const git = await revision('HEAD')
  const { stdout } = await exec('git', ['-C', PACKAGE, 'status', '--porcelain'])
  await build(PACKAGE, builder)
  return { folder: PACKAGE, git, dirty: stdout !== '' }
}

/** The full name of a revision. */
export async function revision(ref: string): Promise<string> {
  try {
    const name = ['rev-parse', '--verify', '--quiet', '--end-of-options', `${ref}^{commit}`]
    const { stdout } = await exec('git', ['-C', PACKAGE, ...name])
    return stdout.trim()
  } catch (cause) {
    throw new FaultlineError('UNKNOWN_REVISION', 'usage', `there is no revision '${ref}'`, {
      hint: 'Name a branch, a tag or a commit; a shallow clone knows few: `git fetch --unshallow`.',
      cause,
    })
  }
}

/** Where the current tree left the line of `ref`: what that line did since is not this tree's doing. */
export async function mergeBase(ref: string): Promise<string> {
  const other = await revision(ref)
  const { stdout } = await exec('git', ['-C', PACKAGE, 'merge-base', 'HEAD', other]).catch((cause: unknown) => {
    throw new FaultlineError('NO_MERGE_BASE', 'usage', `this tree and '${ref}' have no commit in common here`, {
      hint: 'A shallow clone knows few commits: `git fetch --unshallow`.',
      cause,
    })
  })
  return stdout.trim()
}

/** Builds a revision in a tree of its own, lends it to `use`, and takes it away again. */
export async function withTree<T>(git: string, builder: Builder, use: (tree: Tree) => Promise<T>): Promise<T> {
  const folder = join(mkdtempSync(join(os.tmpdir(), 'faultline-ab-')), 'tree')
  try {
    await exec('git', ['-C', PACKAGE, 'worktree', 'add', '--quiet', '--detach', folder, git])
    await install(folder)
    await build(folder, builder)
    return await use({ folder, git, dirty: false })
  } finally {
    rmSync(join(folder, '..'), { recursive: true, force: true })
    await exec('git', ['-C', PACKAGE, 'worktree', 'prune'])
  }
}

/** The packages of this tree, if the other one wants the same. */
async function install(folder: string): Promise<void> {
  const lock = (root: string) => readFileSync(join(root, 'package-lock.json'), 'utf8')
  if (lock(folder) === lock(PACKAGE)) symlinkSync(join(PACKAGE, 'node_modules'), join(folder, 'node_modules'))
  else await exec('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: folder })
}

async function build(folder: string, { node, signal }: Builder): Promise<void> {
  try {
    await exec(node, [join('scripts', 'build.js')], { cwd: folder, signal })
  } catch (cause) {
    const { stdout, stderr } = cause as { stdout?: string; stderr?: string }
    const first = `${stdout ?? ''}${stderr ?? ''}`.trim().split('\n')[0] ?? ''
    throw new FaultlineError('NOT_BUILT', 'usage', `${folder} does not build: ${first}`, {
      hint: 'Both sides must compile before they can be compared.',
      cause,
    })
  }
}
