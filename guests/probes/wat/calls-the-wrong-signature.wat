;; Calls a function through a table as if it took other arguments. Expected: `trap`.
(core module $policy
  (type $claimed (func (param i64) (result i32)))
  (table funcref (elem $post-auth))
  (func $post-auth (export "post-auth") (param $login i32) (result i32)
    (call_indirect (type $claimed) (i64.const 7) (i32.const 0))))
