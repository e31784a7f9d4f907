;; Calls itself in place of returning, without ever needing more stack. Expected: refused, for tail calls.
(core module $policy
  (import "base" "pass" (func $pass (param i32) (result i32)))
  (func $again
    (return_call $again))
  (func (export "post-auth") (param $login i32) (result i32)
    (call $pass (local.get $login))))
