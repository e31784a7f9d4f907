;; Has a memory that threads share. Expected: refused, for `threads`.
(core module $policy
  (import "base" "pass" (func $pass (param i32) (result i32)))
  (memory 1 1 shared)
  (func (export "post-auth") (param $login i32) (result i32)
    (call $pass (local.get $login))))
