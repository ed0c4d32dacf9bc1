import type { WhyNot } from '../why-not.ts'

const ONLY_GIVEN_UP =
  'roots are given up in the configuration given-up of elision only, which has too many states to be scored; nx/obsolete-roots.test.ts fails without the step'

const PASSED_OVER =
  'roots are given up in the configuration given-up of elision only, which has too many states to be scored; nx/given-up-roots.test.ts fails without the step'

const FIRST_IS_FREE =
  'a vCPU drops its root before it makes the next, so the first slot is free in the small configurations that make roots'

/** Why no check notices that a step of system 1, the recovery of NX huge pages, is left out. */
export const OF_NX_RECOVERY: readonly WhyNot[] = [
  {
    file: 'protocols/nx/root-walk.js',
    in: 'tdpMmuNextRoot',
    code: /^roots\.isInvalid/,
    verdict: 'survived',
    why: PASSED_OVER,
  },
  {
    file: 'protocols/nx/roots.js',
    in: 'isInvalid',
    code: /this\.invalid/,
    verdict: 'survived',
    why: PASSED_OVER,
  },
  {
    file: 'protocols/nx/mmu-pages.js',
    in: 'begin',
    code: /^cpu\.write\(this\.disallowed\(table\), 0\)/,
    verdict: 'equivalent',
    why: 'the CPU that tears down a page has cleared its flag; only the flag of a page that was not linked stays set, and it is read only where a huge page is possible, and is set there again',
  },
  {
    file: 'protocols/nx/possible-nx.js',
    in: 'remove',
    code: /^cpu\.write\(this\.#pages\.next\(page\), UNLISTED\)/,
    verdict: 'equivalent',
    why: 'list_del() for list_del_init(): the flag is cleared under the same lock, and without the flag no CPU removes or adds a page',
  },
  {
    file: 'protocols/nx/root-walk.js',
    in: 'makeRoot',
    code: /^nx\.pages\.begin\(/,
    verdict: 'equivalent',
    why: 'a root is on no list, and it is empty when it is freed: its fields are never read',
  },
  {
    file: 'protocols/nx/nx.js',
    in: 'clear',
    code: /^cpu\.read\(this\.pages\.level\(table\)\)/,
    verdict: 'equivalent',
    why: 'the level says how many entries can be in use: without it all 512 are cleared: two-tables and used-up hold, in others it takes more than 240,000 states, the bound',
  },
  {
    file: 'protocols/guest-access.js',
    in: 'walkThroughPsc',
    code: /^cpu\.loadAcquire\(vm\.tables\.sptep\(cached, gfn, LEVEL_4K\)\)/,
    verdict: 'equivalent',
    why: 'the hardware finds no entry, drops its cached entry, faults, and walks from the root: one more spurious fault',
  },
  {
    file: 'protocols/zap.js',
    in: 'rmapCondResched',
    code: /^condReschedRwlockWrite\(/,
    verdict: 'equivalent',
    why: 'no yield: that is the variant no-yield, which is correct',
  },
  {
    file: 'protocols/versions/v6.8.js',
    in: 'rwlockNeedbreak',
    code: /^vm\.mmuLock\.isContended\(/,
    verdict: 'equivalent',
    why: 'no yield: that is the variant no-yield, which is correct',
  },
  {
    file: 'protocols/nx/nx-pages.js',
    in: 'isRootObsolete',
    code: /^cpu\.load\(this\.roots\.invalid/,
    verdict: 'survived',
    why: ONLY_GIVEN_UP,
  },
  {
    file: 'protocols/retry.js',
    in: 'isPageFaultStale',
    code: /^vm\.pages\.isRootObsolete\(/,
    verdict: 'survived',
    why: ONLY_GIVEN_UP,
  },
  {
    file: 'protocols/nx/root-walk.js',
    in: 'putRoot',
    code: /^cpu\.load\(nx\.roots\.invalid\(root\)\)/,
    verdict: 'survived',
    why: ONLY_GIVEN_UP,
  },
  {
    file: 'protocols/nx/root-walk.js',
    in: 'getRootOf',
    code: /nx\.roots\.invalid\(root\)/,
    verdict: 'survived',
    why: ONLY_GIVEN_UP,
  },
  {
    file: 'protocols/nx/root-walk.js',
    in: 'makeRoot',
    code: /nx\.roots\.invalid\(free\)/,
    verdict: 'survived',
    why: ONLY_GIVEN_UP,
  },
  {
    file: 'protocols/nx/root-walk.js',
    in: 'getRootOf',
    code: /^cpu\.read\(nx\.roots\.role\(root\)\)/,
    verdict: 'survived',
    why: 'with role 0 for all roots the first is taken, and in both-roots, the only small configuration with several roots, that is the root of role 0',
  },
  {
    file: 'protocols/nx/root-walk.js',
    in: 'makeRoot',
    code: /^freeSlot\(/,
    verdict: 'survived',
    why: FIRST_IS_FREE,
  },
  {
    file: 'protocols/nx/root-walk.js',
    in: 'freeSlot',
    code: /^cpu\.load\(nx\.roots\.table\(root\)\)/,
    verdict: 'survived',
    why: FIRST_IS_FREE,
  },
]
