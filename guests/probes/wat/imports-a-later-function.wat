;; Imports a function that a later version of its track may add. Expected: refused, naming `watch`.
(core module $policy
  (import "base" "pass" (func $pass (param i32) (result i32)))
  (func (export "post-auth") (param $login i32) (result i32)
    (call $pass (local.get $login))))

(import "vestibule:policy/config@0.1.9" (instance (export "watch" (func (param "name" string) (result bool)))))
