;; Declares something that is suspended and resumed later. Expected: refused, for stack switching.
(core module $policy
  (import "base" "pass" (func $pass (param i32) (result i32)))
  (type $work (func))
  (type $later (cont $work))
  (func (export "post-auth") (param $login i32) (result i32)
    (call $pass (local.get $login))))
