;; Uses an atomic instruction. Expected: refused, for `threads`.
(core module $policy
  (import "base" "pass" (func $pass (param i32) (result i32)))
  (import "base" "memory" (memory 1))
  (func (result i32)
    (i32.atomic.rmw.add (i32.const 0) (i32.const 1)))
  (func (export "post-auth") (param $login i32) (result i32)
    (call $pass (local.get $login))))
