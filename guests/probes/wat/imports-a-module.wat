;; Asks the host for a module to run in its place. Expected: refused, naming `code`.
(core module $policy
  (import "base" "pass" (func $pass (param i32) (result i32)))
  (func (export "post-auth") (param $login i32) (result i32)
    (call $pass (local.get $login))))

(import "code" (core module $code))
