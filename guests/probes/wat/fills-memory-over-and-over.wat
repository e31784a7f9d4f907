;; Fills four megabytes in one instruction, over and over. Expected: `out-of-fuel`.
(core module $policy
  (import "base" "memory" (memory 1))
  (func (export "post-auth") (param $login i32) (result i32)
    (drop (memory.grow (i32.const 64)))
    (loop $again
      (memory.fill (i32.const 131072) (local.get $login) (i32.const 4194304))
      (br $again))
    unreachable))
