;; Fills more than its fuel is worth in one instruction. Expected: `out-of-fuel`, before the first byte.
(core module $policy
  (import "base" "memory" (memory 1))
  (func (export "post-auth") (param $login i32) (result i32)
    (drop (memory.grow (i32.const 896)))
    (memory.fill (i32.const 131072) (local.get $login) (i32.const 58720256))
    (local.get $login)))
