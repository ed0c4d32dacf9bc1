import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import os from 'node:os'
import { basename, dirname, join } from 'node:path'
import { type Builder, runChild } from './child.ts'
import { isGone, OWNER } from './owner.ts'

const PREFIX = 'faultline-ab-'
const OURS = new RegExp(`^${PREFIX}(${OWNER})-`)
/** The reason of the lock that our worktrees have: it names the process that owns them, and keeps others from pruning them. */
const LOCKED = new RegExp(`^locked faultline (${OWNER})$`, 'm')

export type Git = (...args: string[]) => Promise<string>

/**
 * Runs git in that repository. A git command finishes even on a signal, except a checkout, which may take long: git
 * undoes it, and the remaining worktree is removed like any other of ours.
 */
export const gitIn =
  (repository: string, builder: Pick<Builder, 'signal' | 'end'>): Git =>
  (...args) =>
    runChild('git', ['-C', repository, ...args], builder, { mayEnd: args[1] === 'add' })

/** Lends `use` a folder that holds the revision in `tree`, and takes it away again. Of the repository's other worktrees none is touched. */
export async function withWorktree<T>(
  git: Git,
  revision: string,
  owner: string,
  use: (folder: string) => Promise<T>,
): Promise<T> {
  const folder = mkdtempSync(join(os.tmpdir(), `${PREFIX}${owner}-`))
  const tree = join(folder, 'tree')
  try {
    const lock = ['--lock', '--reason', `faultline ${owner}`]
    await git('worktree', 'add', '--quiet', '--detach', ...lock, tree, revision)
    return await use(folder)
  } finally {
    await remove(git, tree)
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Takes away what runs that were killed have left: here, and in the folder for temporary files. */
export async function sweep(git: Git): Promise<void> {
  for (const entry of (await git('worktree', 'list', '--porcelain')).split('\n\n')) {
    const tree = /^worktree (.*)$/m.exec(entry)?.[1]
    const owner = LOCKED.exec(entry)?.[1]
    if (tree === undefined || owner === undefined || !isGone(owner)) continue
    await remove(git, tree)
    if (OURS.test(basename(dirname(tree)))) rmSync(dirname(tree), { recursive: true, force: true })
  }
  for (const name of readdirSync(os.tmpdir())) {
    const owner = OURS.exec(name)?.[1]
    if (owner !== undefined && isGone(owner)) rmSync(join(os.tmpdir(), name), { recursive: true, force: true })
  }
}

/** Forced twice: once because of built files in it, once because of our lock. */
async function remove(git: Git, tree: string): Promise<void> {
  const registered = await git('worktree', 'list', '--porcelain')
  if (!registered.split('\n').includes(`worktree ${tree}`)) return
  // Without its folder only the registration is left, and git does not mind.
  if (existsSync(tree)) rmSync(tree, { recursive: true, force: true })
  await git('worktree', 'remove', '--force', '--force', tree)
}
