import { FaultlineError } from '../../errors/faultline-error.ts'

/** A system error on a file, in words. */
const SAYS: Readonly<Record<string, string>> = {
  EACCES: 'permission is denied',
  EPERM: 'the system does not permit it',
  ENOENT: 'there is no such file or folder',
  ENOTDIR: 'a part of its path is not a folder',
  EISDIR: 'it is a folder',
  EEXIST: 'it exists already',
  EROFS: 'its file system is read-only',
  ELOOP: 'its links form a loop',
  ENAMETOOLONG: 'its name is too long',
  EBUSY: 'it is in use',
  ENOTEMPTY: 'its folder is not empty',
  EINVAL: 'its name is not a file name',
  ERR_INVALID_ARG_VALUE: 'its name is not a file name',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the quota of the disk is used up',
  EFBIG: 'it would exceed the largest file size that is allowed here',
  EIO: 'the disk does not answer as it should',
  EMFILE: 'too many files are open',
  ENFILE: 'too many files are open',
  ENOMEM: 'there is not enough memory',
  ENXIO: 'the device does not exist',
  ENODEV: 'the device does not exist',
  ERR_FS_FILE_TOO_LARGE: 'it is larger than 2 GiB',
  ERR_STRING_TOO_LONG: 'it is larger than the longest text that Node can hold',
}

/** Conditions of the host, not of the request: a later attempt may succeed. */
const OF_THE_HOST = ['ENOSPC', 'EDQUOT', 'EFBIG', 'EIO', 'EMFILE', 'ENFILE', 'ENOMEM']

const codeOf = (cause: unknown) => (cause as NodeJS.ErrnoException | null)?.code ?? ''

/** Whether this is an error of the system about a file, and not a fault of the program. */
export const isOfSystem = (cause: unknown): cause is NodeJS.ErrnoException =>
  cause instanceof Error && SAYS[codeOf(cause)] !== undefined

const isDiskFull = (cause: unknown): boolean => ['ENOSPC', 'EDQUOT', 'EFBIG'].includes(codeOf(cause))

/** The reason alone, for the end of a sentence. */
export const reasonOf = (cause: unknown): string =>
  SAYS[codeOf(cause)] ?? (cause instanceof Error ? cause.message : String(cause))

export function notWritten(path: string, cause: unknown, how = 'with --out FILE'): FaultlineError {
  return new FaultlineError('NOT_SAVED', kindOf(cause), `${path} cannot be written: ${reasonOf(cause)}`, {
    hint: isDiskFull(cause)
      ? `Make room, or give a place on another disk ${how}.`
      : `Give another place ${how}; its folder must exist.`,
    cause,
  })
}

/** For what nothing nearer to it has explained. */
export function ofSystem(cause: NodeJS.ErrnoException): FaultlineError {
  const what = cause.path ?? cause.syscall ?? 'a file'
  return new FaultlineError('SYSTEM', kindOf(cause), `${what}: ${reasonOf(cause)}`, {
    hint: 'Look at its path and its permissions.',
    cause,
  })
}

const kindOf = (cause: unknown) => (OF_THE_HOST.includes(codeOf(cause)) ? 'run' : 'usage')
