;; Addresses a table by 64 bits, a part of the proposal for 64-bit memories. Expected: refused, for `memory64`.
(core module $policy
  (import "base" "pass" (func $pass (param i32) (result i32)))
  (table i64 1 funcref)
  (func (export "post-auth") (param $login i32) (result i32)
    (call $pass (local.get $login))))
