;; Has a future in one of its types. Expected: refused, for asynchronous components.
(core module $policy
  (import "base" "pass" (func $pass (param i32) (result i32)))
  (func (export "post-auth") (param $login i32) (result i32)
    (call $pass (local.get $login))))

(type $later (future u32))
