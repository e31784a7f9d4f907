;; Has two memories. Expected: refused, for its memories.
(core module $policy
  (import "base" "pass" (func $pass (param i32) (result i32)))
  (memory 1)
  (func (export "post-auth") (param $login i32) (result i32)
    (call $pass (local.get $login))))
