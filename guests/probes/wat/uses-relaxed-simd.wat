;; Uses instructions whose result differs from processor to processor. Expected: refused, for relaxed SIMD.
(core module $policy
  (import "base" "pass" (func $pass (param i32) (result i32)))
  (func (param v128 v128) (result v128)
    (i8x16.relaxed_swizzle (local.get 0) (local.get 1)))
  (func (export "post-auth") (param $login i32) (result i32)
    (call $pass (local.get $login))))
