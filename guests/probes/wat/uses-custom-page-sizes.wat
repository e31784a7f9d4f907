;; Has a memory with pages of one byte. Expected: refused, for custom page sizes.
(core module $policy
  (import "base" "pass" (func $pass (param i32) (result i32)))
  (memory 1 (pagesize 1))
  (func (export "post-auth") (param $login i32) (result i32)
    (call $pass (local.get $login))))
