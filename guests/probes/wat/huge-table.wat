;; Begins with a table of a hundred million elements. Expected: refused, for its table.
(core module $policy
  (import "base" "pass" (func $pass (param i32) (result i32)))
  (table 100000000 funcref)
  (func (export "post-auth") (param $login i32) (result i32)
    (call $pass (local.get $login))))
