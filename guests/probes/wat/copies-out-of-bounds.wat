;; Copies from beyond its memory in one instruction. Expected: `trap`.
(core module $policy
  (import "base" "memory" (memory 1))
  (func (export "post-auth") (param $login i32) (result i32)
    (memory.copy (i32.const 0) (i32.const 131000) (i32.const 1000))
    (local.get $login)))
