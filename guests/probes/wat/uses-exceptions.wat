;; Throws an exception. Expected: refused, for `exceptions`.
(core module $policy
  (import "base" "pass" (func $pass (param i32) (result i32)))
  (tag $problem)
  (func
    (throw $problem))
  (func (export "post-auth") (param $login i32) (result i32)
    (call $pass (local.get $login))))
