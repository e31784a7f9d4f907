;; Divides by zero. Expected: `trap`.
(core module $policy
  (func (export "post-auth") (param $login i32) (result i32)
    (i32.div_u (local.get $login) (i32.const 0))))
