;; Is two programs in one, each with a memory. Expected: refused, for its memories.
(core module $policy
  (import "base" "pass" (func $pass (param i32) (result i32)))
  (func (export "post-auth") (param $login i32) (result i32)
    (call $pass (local.get $login))))

(component $other
  (core module $program (memory 1))
  (core instance (instantiate $program)))
(instance (instantiate $other))
