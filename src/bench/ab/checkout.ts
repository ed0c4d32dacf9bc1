import { execFile } from 'node:child_process'
import { existsSync, readFileSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { FaultlineError } from '../../errors/faultline-error.ts'
import { type Builder, ChildFailed, runChild } from './child.ts'
import { gitIn, sweep, withWorktree } from './worktree.ts'

const PACKAGE = fileURLToPath(new URL('../../..', import.meta.url))
const exec = promisify(execFile)

/** A tree that can be run. */
export type Tree = { readonly folder: string; readonly git: string; readonly dirty: boolean }

/** The tree that this program runs from, rebuilt if its sources are newer. */
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
  await build(PACKAGE, builder, false)
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

/** The commit at which the current tree branched off `ref`: later changes of that branch are not this tree's. */
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

/** Builds a revision in a separate worktree for as long as `use` runs. `folder` is for other files. */
export async function withTree<T>(
  git: string,
  builder: Builder,
  use: (tree: Tree, folder: string) => Promise<T>,
): Promise<T> {
  const inRepository = gitIn(PACKAGE, builder)
  await sweep(inRepository)
  return await withWorktree(inRepository, git, builder.owner, async (folder) => {
    const tree = join(folder, 'tree')
    await install(tree, builder)
    await build(tree, builder)
    return await use({ folder: tree, git, dirty: false }, folder)
  })
}

/** The packages of this tree, if the other one wants the same. */
async function install(folder: string, builder: Builder): Promise<void> {
  const lock = (root: string) => readFileSync(join(root, 'package-lock.json'), 'utf8')
  if (lock(folder) === lock(PACKAGE)) symlinkSync(join(PACKAGE, 'node_modules'), join(folder, 'node_modules'))
  else await runChild('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], builder, { cwd: folder })
}

/** `mayEnd` false: a tree that the user works in is not left half built. */
async function build(folder: string, builder: Builder, mayEnd = true): Promise<void> {
  try {
    await runChild(builder.node, [join('scripts', 'build.js')], builder, { cwd: folder, mayEnd })
  } catch (cause) {
    if (!(cause instanceof ChildFailed) || builder.signal.aborted) throw cause
    throw new FaultlineError('NOT_BUILT', 'usage', `${folder} does not build: ${cause.message}`, {
      hint: 'Both sides must compile before they can be compared.',
      cause,
    })
  }
}
