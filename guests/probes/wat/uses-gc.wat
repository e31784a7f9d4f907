;; Uses garbage-collected structs. Expected: refused, for `gc`.
(core module $policy
  (import "base" "pass" (func $pass (param i32) (result i32)))
  (type $pair (struct (field i32) (field i32)))
  (func (result (ref $pair))
    (struct.new $pair (i32.const 1) (i32.const 2)))
  (func (export "post-auth") (param $login i32) (result i32)
    (call $pass (local.get $login))))
