// Files whose types know each other, and may. A circle that is not among these is refused: put the types that it hangs on into a file of
// their own, or hand over what is needed. One that is no longer there, or not as it is said here, is refused too.
export const CIRCLES = [
  [
    // an instruction, the CPU that takes it and the step that it is
    'shared-memory/cpu.ts',
    'shared-memory/op.ts',
    'shared-memory/steps.ts',
  ],
  [
    // `struct kvm`, the table of its functions, and that of its pages: each function takes the struct, as in the kernel
    'protocols/kvm.ts',
    'protocols/page-lifetime.ts',
    'protocols/vm.ts',
  ],
  ['workers/accesses.ts', 'workers/executing-accesses.ts'],
]
