;; Adds numbers of 128 bits. Expected: refused, for wide arithmetic.
(core module $policy
  (import "base" "pass" (func $pass (param i32) (result i32)))
  (func (param i64 i64 i64 i64) (result i64 i64)
    (i64.add128 (local.get 0) (local.get 1) (local.get 2) (local.get 3)))
  (func (export "post-auth") (param $login i32) (result i32)
    (call $pass (local.get $login))))
